//! From what the exchange's log told of a call to when it was seen. Which reading of the log brought a row, no event says.

use cqrs_es::Aggregate as _;
use domain::fact::{Event, Fact};
use domain::ids::StreamId;
use domain::pbx_call::{self, PbxCall, Row};

use super::{Chain, What, texts};
use crate::http::problem::Problem;

impl Chain<'_> {
    pub(super) async fn seen(&mut self, stream: &StreamId) -> Result<(), Problem> {
        let facts = self.facts(PbxCall::TYPE, stream).await?;
        let name = stream.as_str().rsplit('/').next().unwrap_or_default();
        let id = || ("pbx-call", name.to_owned());
        if let Some(found) = facts.iter().rev().find(|fact| is_recording(fact)) {
            self.event(What::Recording, id(), found);
        }
        let told = facts.iter().rev().find_map(|fact| Some((fact, row(fact)?)));
        if let Some((fact, row)) = told {
            self.event(What::Log, ("pbx-call", row.key.to_string()), fact);
        }
        match facts.iter().find(|fact| is_sight(fact)) {
            Some(seen) => self.event(What::Seen, id(), seen),
            None => self.end(texts::UNSEEN),
        }
        Ok(())
    }
}

fn is_recording(fact: &Fact) -> bool {
    matches!(fact.event, Event::PbxCall(pbx_call::Event::RecordingFound { .. }))
}

fn is_sight(fact: &Fact) -> bool {
    matches!(fact.event, Event::PbxCall(pbx_call::Event::Seen { .. }))
}

/// The row of the log that an event goes by.
fn row(fact: &Fact) -> Option<&Row> {
    let Event::PbxCall(event) = &fact.event else { return None };
    match event {
        pbx_call::Event::Logged { row, .. }
        | pbx_call::Event::Confirmed { row, .. }
        | pbx_call::Event::Corrected { row, .. } => Some(row),
        pbx_call::Event::Seen { .. }
        | pbx_call::Event::Answered { .. }
        | pbx_call::Event::Ended { .. }
        | pbx_call::Event::Missed { .. }
        | pbx_call::Event::Matched { .. }
        | pbx_call::Event::RecordingFound { .. }
        | pbx_call::Event::Listened { .. } => None,
    }
}
