//! Where in the journal requests stand that are traced: what follows on their events, rows and pushes, goes on with their traces.
//! It is kept in memory beside the record and never in it. What is followed late, after a start or on another node is in no trace.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::fact::Position;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::batch::{Outcome, Waiter};

/// Units that are remembered. Whoever follows is rarely more than a batch behind.
const KEPT_MAX: usize = 4_096;

/// The newest units of requests that are traced, in the journal's order. Empty where nothing is.
#[derive(Debug, Default)]
pub struct Trail(Mutex<VecDeque<Step>>);

/// A unit's events, and the span in which they were appended.
#[derive(Debug, Clone)]
pub struct Step {
    pub first: Position,
    pub last: Position,
    span: SpanContext,
}

impl Trail {
    /// Takes in what is about to be seen: whoever follows the head finds it here.
    pub(super) fn mark(&self, waiting: &[Waiter], outcomes: &[Outcome]) {
        for (waiter, outcome) in waiting.iter().zip(outcomes) {
            if let Ok(appended) = outcome
                && !appended.repeated
                && let Some(span) = traced(&waiter.span)
            {
                let mut steps = self.lock();
                if steps.len() >= KEPT_MAX {
                    steps.pop_front();
                }
                steps.push_back(Step { first: appended.first, last: appended.last, span });
            }
        }
    }

    /// The units that stand after one position and up to another.
    pub fn between(&self, after: Position, last: Position) -> Vec<Step> {
        let steps = self.lock();
        let from = steps.partition_point(|step| step.last <= after);
        steps.iter().skip(from).take_while(|step| step.first <= last).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Step>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Step {
    /// What a span calls it by.
    pub fn position(&self) -> i64 {
        signed(self.last)
    }

    pub fn holds(&self, position: Position) -> bool {
        (self.first..=self.last).contains(&position)
    }

    /// Makes of a new span what follows on these events.
    pub fn leads_to(&self, span: Span) -> Span {
        // Where spans are not collected any more there is nothing to follow on.
        let _ = span.set_parent(Context::new().with_remote_span_context(self.span.clone()));
        span
    }
}

/// A span's numbers are signed; any other would be told as a text.
pub fn signed(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// None where nothing is collected, or not of this request.
fn traced(span: &Span) -> Option<SpanContext> {
    if span.is_disabled() {
        return None;
    }
    let context = span.context().span().span_context().clone();
    context.is_sampled().then_some(context)
}
