//! A call that was decided on wants the voice agent asked; one that the agent took and will report on wants waiting for.

use serde::{Deserialize, Serialize};

use crate::fact::{Event, Fact};
use crate::ids::Organization;
use crate::policy::{Intent, Policy};
use crate::target;

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Calling;

impl Policy for Calling {
    const NAME: &'static str = "calling";

    fn react(&mut self, fact: &Fact) -> Vec<Intent> {
        let Event::Target(event) = &fact.event else { return vec![] };
        intent(fact, event).into_iter().collect()
    }
}

fn intent(fact: &Fact, event: &target::Event) -> Option<Intent> {
    let organization = || Organization::parse(fact.stream.organization()).ok();
    match event {
        target::Event::Dialled { call, .. } => {
            let ((campaign, contact), call) = (fact.stream.of_target()?, *call);
            Some(Intent::PlaceCall { organization: organization()?, campaign, contact, call })
        }
        target::Event::Accepted { call, .. } => {
            let ((campaign, contact), call) = (fact.stream.of_target()?, *call);
            Some(Intent::AwaitCall { organization: organization()?, campaign, contact, call })
        }
        target::Event::Enlisted { .. }
        | target::Event::Ended { .. }
        | target::Event::Corrected { .. }
        | target::Event::Withdrawn { .. }
        | target::Event::Deferred { .. }
        | target::Event::Dropped { .. } => None,
    }
}
