//! How contacts in campaigns are asked for: a campaign's, all of them or filtered, page by page; who is due; who was put off; which of
//! several are in any.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::conversation::status::Status;
use domain::fact::Position;
use domain::ids::{Organization, StreamId};
use uuid::Uuid;

use super::{State, TargetRow, Targets, Turn};
use crate::error::Error;
use crate::projection::Projection;
use crate::row::{Begun, Cell, row};
use crate::screens::Screens;
use crate::text::{Page, Text};

/// Which contacts of a campaign; all that are in it by default.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// One or several; any where there are none.
    pub statuses: Vec<Status>,
}

/// A campaign's contacts in the order in which they joined.
pub async fn list(
    screens: &Screens,
    (organization, campaign): (&Organization, Uuid),
    filter: &Filter,
    (page, limit): (Page, u32),
) -> Result<Vec<TargetRow>, Error> {
    let mut text = filtered((organization, campaign), filter);
    text.oldest((page, limit));
    let (rest, args) = text.into_parts();
    screens.query(Targets::NAME, &rest, args, false).await
}

/// How many there are.
pub async fn count(screens: &Screens, of: (&Organization, Uuid), filter: &Filter) -> Result<u64, Error> {
    let (rest, args) = filtered(of, filter).into_parts();
    screens.count(Targets::NAME, &rest, args).await
}

fn filtered((organization, campaign): (&Organization, Uuid), filter: &Filter) -> Text {
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization.as_str()))
        .push(" and campaign = ")
        .arg(Cell::text(campaign.to_string()));
    text.push(" and state <> 'dropped'");
    if !filter.statuses.is_empty() {
        text.push(" and call_status in ")
            .list(filter.statuses.iter().map(|status| Cell::text(status.as_str())));
    }
    text
}

/// A campaign's contacts in the order in which they joined, from after a cursor (0: from the beginning).
pub async fn of_campaign(
    screens: &Screens,
    organization: &Organization,
    campaign: Uuid,
    (after, limit): (Position, u32),
) -> Result<Vec<TargetRow>, Error> {
    let args = vec![
        Cell::text(organization.as_str()),
        Cell::text(campaign.to_string()),
        Cell::position(after),
        Cell::int(i64::from(limit)),
    ];
    let rest = "where organization = $1 and campaign = $2 and position > $3 and state <> 'dropped' \
                order by position limit $4";
    screens.query(Targets::NAME, rest, args, false).await
}

/// Where the contacts of a campaign stand that joined after a position and by another, those that left included.
pub async fn begun(
    screens: &Screens,
    (organization, campaign): (&Organization, Uuid),
    (after, until): (Position, Position),
    limit: u32,
) -> Result<Vec<Begun>, Error> {
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization.as_str()))
        .push(" and campaign = ")
        .arg(Cell::text(campaign.to_string()));
    text.begun((after, until), limit);
    let (rest, args) = text.into_parts();
    screens.query(Targets::NAME, &rest, args, false).await
}

/// Who is due in a campaign, those of one turn, the longest due first.
pub async fn due(
    screens: &Screens,
    campaign: Uuid,
    turn: Turn,
    (now, limit): (DateTime<Utc>, u32),
) -> Result<Vec<TargetRow>, Error> {
    let args = vec![
        Cell::text(campaign.to_string()),
        Cell::text(turn.as_str()),
        Cell::int(now.timestamp_micros()),
        Cell::int(i64::from(limit)),
    ];
    let rest = "where campaign = $1 and state = 'waiting' and turn = $2 and due_at <= $3 \
                order by due_at, position limit $4";
    screens.query(Targets::NAME, rest, args, false).await
}

row! {
    struct Due {
        pub due_at: Option<DateTime<Utc>>,
    }
}

/// When somebody is due next; none where nobody waits.
pub async fn next_due(screens: &Screens, campaign: Uuid) -> Result<Option<DateTime<Utc>>, Error> {
    let mut next: Option<DateTime<Utc>> = None;
    for turn in Turn::ALL {
        let args = vec![Cell::text(campaign.to_string()), Cell::text(turn.as_str())];
        let rest = "where campaign = $1 and state = 'waiting' and turn = $2 order by due_at limit 1";
        let found: Vec<Due> = screens.query(Targets::NAME, rest, args, false).await?;
        let due = found.first().and_then(|due| due.due_at);
        next = next.into_iter().chain(due).min();
    }
    Ok(next)
}

row! {
    struct Newest {
        pub dialled_at: Option<DateTime<Utc>>,
    }
}

/// When a campaign's newest call was begun.
pub async fn newest_call(
    screens: &Screens,
    organization: &Organization,
    campaign: Uuid,
) -> Result<Option<DateTime<Utc>>, Error> {
    let args = vec![Cell::text(organization.as_str()), Cell::text(campaign.to_string())];
    let rest = "where organization = $1 and campaign = $2 and dialled_at is not null \
                order by dialled_at desc limit 1";
    let found: Vec<Newest> = screens.query(Targets::NAME, rest, args, false).await?;
    Ok(found.first().and_then(|newest| newest.dialled_at))
}

/// Who was put off in a campaign by a rule, for a while or for good, in the order in which they joined, from after a cursor.
pub async fn put_off(
    screens: &Screens,
    organization: &Organization,
    campaign: Uuid,
    (after, limit): (Position, u32),
) -> Result<Vec<TargetRow>, Error> {
    let args = vec![
        Cell::text(organization.as_str()),
        Cell::text(campaign.to_string()),
        Cell::position(after),
        Cell::int(i64::from(limit)),
    ];
    let rest = "where organization = $1 and campaign = $2 and position > $3 and rule is not null \
                and state in ('skipped', 'waiting') order by position limit $4";
    screens.query(Targets::NAME, rest, args, false).await
}

/// The campaigns in which a contact waits, or may not be called.
pub async fn waiting_of(
    screens: &Screens,
    organization: &Organization,
    contact: Uuid,
) -> Result<Vec<TargetRow>, Error> {
    let args = vec![Cell::text(organization.as_str()), Cell::text(contact.to_string())];
    let rest =
        "where organization = $1 and contact = $2 and state in ('skipped', 'waiting') order by position";
    screens.query(Targets::NAME, rest, args, false).await
}

/// The contact of a campaign whose call the agent calls so.
pub async fn of_reference(screens: &Screens, reference: &str) -> Result<Referred, Error> {
    // An agent may use a name again: the call that goes on is meant.
    let rest =
        "where reference = $1 order by case state when 'calling' then 0 else 1 end, dialled_at desc limit 2";
    let found = screens.query(Targets::NAME, rest, vec![Cell::text(reference.to_owned())], false).await?;
    if found.iter().filter(|row: &&TargetRow| row.state == State::Calling).count() > 1 {
        return Ok(Referred::Several);
    }
    Ok(found.into_iter().next().map_or(Referred::Nobody, |row| Referred::One(Box::new(row))))
}

/// Whom an agent's own name for a call leads to.
#[derive(Debug)]
pub enum Referred {
    Nobody,
    One(Box<TargetRow>),
    /// More than one of these calls goes on: which is meant, nobody can tell.
    Several,
}

row! {
    /// All that has to be read of a contact in a campaign to know that it is in one.
    struct Member {
        pub contact: Uuid,
    }
}

row! {
    /// Which stream tells of a contact in a campaign.
    struct Place {
        pub stream: String,
    }
}

/// These contacts' streams in every campaign that they are in or were in. As many contacts as a query may name.
pub async fn of_contacts(
    screens: &Screens,
    organization: &Organization,
    contacts: &[Uuid],
) -> Result<Vec<StreamId>, Error> {
    if contacts.is_empty() {
        return Ok(vec![]);
    }
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization.as_str())).push(" and contact in ");
    text.list(contacts.iter().map(|contact| Cell::text(contact.to_string())));
    text.push(" order by position");
    let (rest, args) = text.into_parts();
    let places: Vec<Place> = screens.query(Targets::NAME, &rest, args, false).await?;
    Ok(places.into_iter().map(|place| StreamId::stored(place.stream)).collect())
}

/// The contacts of a campaign, as a part of another screen's query.
pub(crate) fn members(text: &mut Text, screens: &Screens, (organization, campaign): (&Organization, Uuid)) {
    let view = format!("{}{}", screens.backend().dialect().prefix(), Targets::NAME);
    text.push(&format!("select contact from {view} where organization = "))
        .arg(Cell::text(organization.as_str()));
    text.push(" and campaign = ").arg(Cell::text(campaign.to_string())).push(" and state <> 'dropped'");
}

/// Those of these contacts that are in a campaign. As many as a query may name.
pub async fn in_campaigns(
    screens: &Screens,
    organization: &Organization,
    contacts: &[Uuid],
) -> Result<HashSet<Uuid>, Error> {
    if contacts.is_empty() {
        return Ok(HashSet::new());
    }
    let mut text = Text::new("where organization = ");
    text.arg(Cell::text(organization.as_str())).push(" and state <> 'dropped' and contact in ");
    text.list(contacts.iter().map(|contact| Cell::text(contact.to_string())));
    let (rest, args) = text.into_parts();
    let members: Vec<Member> = screens.query(Targets::NAME, &rest, args, false).await?;
    Ok(members.into_iter().map(|member| member.contact).collect())
}
