//! A person who is to be forgotten is forgotten everywhere: keys destroyed, lists redacted, screens rewritten.

use serde::{Deserialize, Serialize};

use crate::contact;
use crate::fact::{Event, Fact};
use crate::ids::Organization;
use crate::policy::{Intent, Policy};

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Forgetting;

impl Policy for Forgetting {
    const NAME: &'static str = "forgetting";

    fn react(&mut self, fact: &Fact) -> Vec<Intent> {
        let Event::Contact(contact::Event::Forgotten { numbers, .. }) = &fact.event else { return vec![] };
        let organization = Organization::parse(fact.stream.organization()).ok();
        let contact = fact.stream.session_name().parse().ok();
        let (numbers, position) = (numbers.clone(), fact.position);
        let intent = organization.zip(contact);
        intent
            .map(|(organization, contact)| Intent::Forget { organization, contact, numbers, position })
            .into_iter()
            .collect()
    }
}
