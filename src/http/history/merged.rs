//! The calls of the history from the screens of all that places calls, merged into one order. Whose number a campaign rang is asked
//! of the contact, and told only where the contact still has the number that was rung.

use std::collections::HashMap;

use domain::ids::Organization;
use domain::pbx_call::Direction;
use domain::phone::Phone;
use projections::call_history::{self, CallHistory, Place, ResultRow};
use projections::campaign_calls::{self, CallRow, CampaignCalls};
use projections::contact_book::{self, ContactBook};
use projections::pbx_calls::{self, PbxCallRow, PbxCalls};
use projections::projection::Projection;
use projections::{Error, Freshness};
use uuid::Uuid;

use crate::http::Engine;
use crate::http::sessions::Fresh;

/// What is looked for. None where nothing of the kind can be found.
#[derive(Debug, Default)]
pub(in crate::http) struct Wanted {
    pub(super) remote: Option<call_history::Filter>,
    pub(super) campaigns: Option<campaign_calls::Filter>,
    pub(super) exchange: Option<pbx_calls::Filter>,
}

/// A call, whoever placed it.
pub(in crate::http) struct Entry {
    pub(super) result: ResultRow,
    pub(super) origin: Origin,
}

/// What is known of a call beside its result.
pub(in crate::http) enum Origin {
    Remote,
    Campaign { campaign: Uuid, contact: Uuid },
    Exchange { call: String, direction: Direction, extension: Option<String> },
}

impl Entry {
    pub(super) fn place(&self) -> Place {
        self.result.place()
    }
}

pub(super) async fn wait(engine: &Engine, fresh: &Fresh) -> Freshness {
    fresh.wait_for(engine, &[CallHistory::NAME, CampaignCalls::NAME, ContactBook::NAME, PbxCalls::NAME]).await
}

/// The newest first, from below a place on.
pub(super) async fn read(
    engine: &Engine,
    organization: &Organization,
    wanted: &Wanted,
    (below, limit): (Option<Place>, u32),
) -> Result<Vec<Entry>, Error> {
    let (mut entries, of) = (vec![], (below, limit));
    if let Some(filter) = &wanted.remote {
        let rows = call_history::history(&engine.screens, organization.as_str(), filter, of).await?;
        entries.extend(rows.into_iter().map(|result| Entry { result, origin: Origin::Remote }));
    }
    if let Some(filter) = &wanted.campaigns {
        let rows = campaign_calls::history(&engine.screens, organization, filter, of).await?;
        entries.extend(told(engine, organization, rows).await?);
    }
    if let Some(filter) = &wanted.exchange {
        let rows = pbx_calls::history(&engine.screens, organization, filter, of).await?;
        entries.extend(rows.into_iter().filter_map(had));
    }
    entries.sort_by_key(|entry| {
        let Place { at, position } = entry.place();
        std::cmp::Reverse((at, position))
    });
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(entries)
}

/// A call of the exchange, once it is over.
fn had(row: PbxCallRow) -> Option<Entry> {
    let result = row.as_result()?;
    let PbxCallRow { call, direction, extension, .. } = row;
    Some(Entry { result, origin: Origin::Exchange { call, direction, extension } })
}

async fn told(engine: &Engine, organization: &Organization, rows: Vec<CallRow>) -> Result<Vec<Entry>, Error> {
    let contacts: Vec<Uuid> = rows.iter().map(|row| row.contact).collect();
    let phones = contact_book::phones(&engine.screens, organization, &contacts).await?;
    let entry = |row: &CallRow| {
        let result = row.as_result(rung(engine, organization, (row, &phones)))?;
        let origin = Origin::Campaign { campaign: row.campaign, contact: row.contact };
        Some(Entry { result, origin })
    };
    Ok(rows.iter().filter_map(entry).collect())
}

/// The number that was rung; nothing where nobody knows it any more.
fn rung(
    engine: &Engine,
    organization: &Organization,
    (row, phones): (&CallRow, &HashMap<Uuid, String>),
) -> String {
    let phone = phones.get(&row.contact);
    let same = |phone: &&String| {
        let number = engine.dispatch.fingerprint(organization, &Phone::stored(phone)).to_string();
        row.number.as_ref() == Some(&number)
    };
    phone.filter(same).cloned().unwrap_or_default()
}
