//! A list that was uploaded wants to lie on the remote host. One that was made for a session is put there at its start.

use serde::{Deserialize, Serialize};

use crate::fact::{Event, Fact};
use crate::ids::Organization;
use crate::number_list::{self, Origin};
use crate::policy::{Intent, Policy};

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Placing;

impl Policy for Placing {
    const NAME: &'static str = "placing";

    fn react(&mut self, fact: &Fact) -> Vec<Intent> {
        let Event::NumberList(number_list::Event::Accepted {
            id,
            origin: Origin::Workbook | Origin::Text,
            ..
        }) = &fact.event
        else {
            return vec![];
        };
        let organization = Organization::parse(fact.stream.organization()).ok();
        organization.map(|organization| Intent::PlaceList { organization, list: *id }).into_iter().collect()
    }
}
