//! A campaign as it was, with the first of its contacts.

use std::collections::{BTreeMap, HashMap};

use cqrs_es::Aggregate as _;
use domain::campaign::Campaign;
use domain::fact::Position;
use domain::ids::{Organization, StreamId};
use domain::target::Target;
use projections::campaign_board::{CampaignBoard, CampaignRow};
use projections::contact_book::ContactRow;
use projections::projection::Projection;
use projections::targets::{self, State, TargetRow, Targets};
use projections::then::Then;
use uuid::Uuid;

use super::contact::contacts;
use super::{TOGETHER, each_beneath, fold, missing, reading, take, tells, whole};
use crate::dispatch::audit::Named;
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
    of: (&Organization, Uuid),
    first: usize,
    (until, unknown): (Position, Problem),
) -> Result<Whole, Problem> {
    let (organization, campaign) = of;
    let own = (Campaign::TYPE, StreamId::campaign(organization, campaign));
    let key = own.1.as_str().to_owned();
    let mut board: Then<CampaignBoard> = whole(engine, &key, (&own, Target::TYPE), until).await?;
    let row = match board.rows().next() {
        Some(row) if row.removed == 0 => row,
        Some(_) => return Err(unknown),
        None => return Err(missing(engine, own, unknown).await),
    };
    let targets = if tells(engine, Targets::NAME, until).await {
        joined(engine, of, until, first).await?
    } else {
        everybody(engine, &own.1, until, first).await?
    };
    let ids: Vec<Uuid> = targets.iter().map(|row| row.contact).collect();
    let people = contacts(engine, organization, &ids, until).await?.rows().filter(|row| row.removed == 0);
    Ok(Whole { row, targets, people: people.map(|row| (row.id, row)).collect() })
}

/// The first who were in it.
async fn joined(
    engine: &Engine,
    of: (&Organization, Uuid),
    until: Position,
    first: usize,
) -> Result<Vec<TargetRow>, Problem> {
    let (mut found, mut after) = (vec![], 0);
    while found.len() < first {
        let begun = targets::begun(&engine.screens, of, (after, until), TOGETHER).await?;
        let Some(last) = begun.last().map(|last| last.position) else { break };
        let stream = |stream| (Target::TYPE, StreamId::stored(stream));
        let streams: Vec<Named> = begun.into_iter().map(|begun| stream(begun.stream)).collect();
        let mut then: Then<Targets> = fold(engine, &streams, until).await?;
        let mut rows: Vec<_> = then.rows().filter(|row| row.state != State::Dropped).collect();
        rows.sort_unstable_by_key(|row| row.position);
        found.extend(rows);
        after = last;
    }
    found.truncate(first);
    Ok(found)
}

/// The same of all who ever were, where the screen cannot say who they are.
async fn everybody(
    engine: &Engine,
    campaign: &StreamId,
    until: Position,
    first: usize,
) -> Result<Vec<TargetRow>, Problem> {
    let mut shown: BTreeMap<Position, TargetRow> = BTreeMap::new();
    let beneath = (Target::TYPE, campaign.clone());
    each_beneath(engine, &beneath, (until, reading::<Targets>()), |facts, damaged| {
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
    Ok(shown.into_values().collect())
}
