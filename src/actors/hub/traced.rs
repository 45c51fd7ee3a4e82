//! Spans of those requests of which something is told. How a session or a list stands is told later, of many at once, and in no trace.

use domain::fact::Position;
use tracing::{Span, field};

use super::board::Push;
use super::news::News;
use crate::journal::trail::{Step, Trail, signed};

/// From when it can be told until it was handed to those who watch.
pub(super) struct Pushing(Vec<(Step, Span)>);

impl Pushing {
    pub(super) fn begin(trail: &Trail, (from, to): (Position, Position), news: &[News]) -> Self {
        let told = |step: &Step| news.iter().any(|news| step.holds(news.position));
        let span = |step: Step| {
            let span = tracing::debug_span!("push", position = step.position(), pushes = field::Empty);
            let span = step.leads_to(span);
            (step, span)
        };
        Self(trail.between(from, to).into_iter().filter(told).map(span).collect())
    }

    pub(super) fn count(&self, pushes: &[Push]) {
        for (step, span) in &self.0 {
            let pushes = pushes.iter().filter(|push| step.holds(push.position)).count();
            span.record("pushes", signed(pushes));
        }
    }
}
