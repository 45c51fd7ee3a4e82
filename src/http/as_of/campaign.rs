//! A campaign as it was, with the first of its contacts.

use std::collections::{BTreeMap, HashMap};

use cqrs_es::Aggregate as _;
use domain::campaign::Campaign;
use domain::fact::Position;
use domain::ids::{Organization, StreamId};
use domain::target::Target;
use projections::campaign_board::{CampaignBoard, CampaignRow};
use projections::contact_book::ContactRow;
use projections::targets::{State, TargetRow, Targets};
use projections::then::Then;
use uuid::Uuid;

use super::contact::contacts;
use super::{each_beneath, fold, missing, reading, take};
use crate::http::Engine;
use crate::http::problem::Problem;

/// What a campaign's page shows.
pub(in crate::http) struct Whole {
    pub(in crate::http) row: CampaignRow,
    pub(in crate::http) targets: Vec<TargetRow>,
    pub(in crate::http) people: HashMap<Uuid, ContactRow>,
}

/// One that had not been removed, with so many of its contacts. `unknown` is said of one that nobody ever knew, and of one that was.
pub(in crate::http) async fn campaign(
    engine: &Engine,
    (organization, campaign): (&Organization, Uuid),
    first: usize,
    (until, unknown): (Position, Problem),
) -> Result<Whole, Problem> {
    let own = (Campaign::TYPE, StreamId::campaign(organization, campaign));
    let mut board: Then<CampaignBoard> = fold(engine, std::slice::from_ref(&own), until).await?;
    let mut shown: BTreeMap<Position, TargetRow> = BTreeMap::new();
    let beneath = (Target::TYPE, own.1.clone());
    each_beneath(engine, &beneath, (until, reading::<Targets>()), |facts, damaged| {
        take(&mut board, facts, damaged);
        let mut then = Then::<Targets>::default();
        take(&mut then, facts, damaged);
        for row in then.rows().filter(|row| row.state != State::Dropped) {
            shown.insert(row.position, row);
            if shown.len() > first {
                shown.pop_last();
            }
        }
    })
    .await?;
    let row = match board.rows().next() {
        Some(row) if row.removed == 0 => row,
        Some(_) => return Err(unknown),
        None => return Err(missing(engine, own, unknown).await),
    };
    let targets: Vec<TargetRow> = shown.into_values().collect();
    let ids: Vec<Uuid> = targets.iter().map(|row| row.contact).collect();
    let people = contacts(engine, organization, &ids, until).await?.rows().filter(|row| row.removed == 0);
    Ok(Whole { row, targets, people: people.map(|row| (row.id, row)).collect() })
}
