//! What campaigns did hour by hour: one row a campaign and hour of UTC in which it called, counters only. Fed by `target`'s calls;
//! table `campaign_hours`, for operators of PostgreSQL the view `auto_campaign_hours`.
//! A call counts in the hour in which it was placed, what came of it in the hour in which that was learnt. Where an outcome is corrected
//! the unconfirmed one is taken back in the hour of the correction: sums over all hours hold, a single hour may be short of one.

use chrono::{DateTime, Utc};
use domain::conversation::status::{Class, Reason, Status};
use domain::conversation::{Counts, Outcome, Reach, Upshot};
use domain::fact::{Event, Fact, Position};
use domain::ids::Organization;
use domain::target;
use uuid::Uuid;

use crate::error::Error;
use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::{Cell, row};
use crate::screens::Screens;

const HOUR_SECS: i64 = 3_600;

row! {
    /// An hour of a campaign.
    #[derive(Debug)]
    pub struct HourRow {
        /// The campaign's stream and the hour's first second.
        pub stream: String,
        pub organization: String,
        pub campaign: Uuid,
        pub hour: DateTime<Utc>,
        pub calls: i64,
        pub conversations: i64,
        pub successes: i64,
        pub talk_secs: i64,
        pub succeeded: i64,
        pub failed: i64,
        pub promised: i64,
        pub callbacks: i64,
        pub refused: i64,
        pub opted_out: i64,
        pub dropped: i64,
        pub busy: i64,
        pub no_answer: i64,
        pub rejected: i64,
        pub unavailable: i64,
        pub invalid_number: i64,
        pub network_error: i64,
        pub agent_refused: i64,
        pub unconfirmed: i64,
        pub first_call_at: Option<DateTime<Utc>>,
        pub last_call_at: Option<DateTime<Utc>>,
        /// Of its first event.
        pub position: Position,
    }
}

impl HourRow {
    fn new(fact: &Fact, campaign: Uuid, at: DateTime<Utc>) -> Self {
        Self {
            stream: key(fact, at),
            organization: fact.stream.organization().to_owned(),
            campaign,
            hour: DateTime::from_timestamp(begin(at), 0).unwrap_or(at),
            calls: 0,
            conversations: 0,
            successes: 0,
            talk_secs: 0,
            succeeded: 0,
            failed: 0,
            promised: 0,
            callbacks: 0,
            refused: 0,
            opted_out: 0,
            dropped: 0,
            busy: 0,
            no_answer: 0,
            rejected: 0,
            unavailable: 0,
            invalid_number: 0,
            network_error: 0,
            agent_refused: 0,
            unconfirmed: 0,
            first_call_at: None,
            last_call_at: None,
            position: fact.position,
        }
    }

    fn dialled(&mut self, at: DateTime<Utc>) {
        self.calls += 1;
        self.first_call_at = self.first_call_at.into_iter().chain([at]).min();
        self.last_call_at = self.last_call_at.into_iter().chain([at]).max();
    }

    /// So many times: once more, or once less where it is known otherwise now.
    fn learn(&mut self, outcome: &Outcome, times: i64) {
        *self.of(&outcome.reach) += times;
        self.talk_secs += times * outcome.talk_secs.map_or(0, i64::from);
        self.conversations += times * i64::from(outcome.counts() == Counts::Conversation);
        self.successes += times * i64::from(outcome.shown().status.class() == Class::Success);
    }

    /// How many calls came to what, as clients know it.
    pub fn outcomes(&self) -> [(Status, Option<Reason>, i64); 15] {
        [
            (Status::Success, None, self.succeeded),
            (Status::PromiseToPay, None, self.promised),
            (Status::CallbackRequested, None, self.callbacks),
            (Status::Refused, None, self.refused),
            (Status::Refused, Some(Reason::OptedOut), self.opted_out),
            (Status::NoAnswer, None, self.no_answer),
            (Status::Busy, None, self.busy),
            (Status::Failed, None, self.failed),
            (Status::Failed, Some(Reason::Dropped), self.dropped),
            (Status::Failed, Some(Reason::Rejected), self.rejected),
            (Status::Failed, Some(Reason::Unavailable), self.unavailable),
            (Status::Failed, Some(Reason::InvalidNumber), self.invalid_number),
            (Status::Failed, Some(Reason::NetworkError), self.network_error),
            (Status::Failed, Some(Reason::AgentRefused), self.agent_refused),
            (Status::Failed, Some(Reason::Unconfirmed), self.unconfirmed),
        ]
    }

    fn of(&mut self, reach: &Reach) -> &mut i64 {
        match reach {
            Reach::Reached(Upshot::Success) => &mut self.succeeded,
            Reach::Reached(Upshot::Failed) => &mut self.failed,
            Reach::Reached(Upshot::PromiseToPay(_)) => &mut self.promised,
            Reach::Reached(Upshot::CallbackRequested { .. }) => &mut self.callbacks,
            Reach::Reached(Upshot::Refused) => &mut self.refused,
            Reach::Reached(Upshot::OptedOut) => &mut self.opted_out,
            Reach::Reached(Upshot::Dropped) => &mut self.dropped,
            Reach::Busy => &mut self.busy,
            Reach::NoAnswer => &mut self.no_answer,
            Reach::Rejected => &mut self.rejected,
            Reach::Unavailable => &mut self.unavailable,
            Reach::InvalidNumber => &mut self.invalid_number,
            Reach::NetworkError => &mut self.network_error,
            Reach::AgentRefused => &mut self.agent_refused,
            Reach::Unconfirmed => &mut self.unconfirmed,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct CampaignHours;

impl Projection for CampaignHours {
    const NAME: &'static str = "campaign_hours";
    const VERSION: i64 = 1;
    const PERSONAL: bool = false;
    const KINDS: &'static [&'static str] = &["target"];
    const KEY: &'static str = "stream";
    const INDEXES: &'static [Index] =
        &[Index { name: "of_campaign", columns: "organization, campaign, hour" }];
    const VIEW: &'static str = "auto_campaign_hours";
    const CACHED: usize = 1_024;

    type Key = String;
    type Row = HourRow;

    fn key(row: &HourRow) -> String {
        row.stream.clone()
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        counted(fact).map(|(_, at)| Touch::Existing(key(fact, at)))
    }

    fn fold(row: &mut Option<HourRow>, fact: &Fact) -> Result<(), Unfoldable> {
        let Some((event, at)) = counted(fact) else { return Ok(()) };
        let (campaign, _) = fact.stream.of_target().ok_or(Unfoldable("the stream's name holds no ids"))?;
        let hour = row.get_or_insert_with(|| HourRow::new(fact, campaign, at));
        match event {
            target::Event::Dialled { .. } => hour.dialled(at),
            target::Event::Withdrawn { .. } => hour.calls -= 1,
            target::Event::Ended { outcome, .. } => hour.learn(outcome, 1),
            target::Event::Corrected { outcome, was, .. } => {
                match was {
                    Some(was) => hour.learn(&was.outcome, -1),
                    None => hour.unconfirmed -= 1,
                }
                hour.learn(outcome, 1);
            }
            target::Event::Enlisted { .. }
            | target::Event::Accepted { .. }
            | target::Event::Deferred { .. }
            | target::Event::Dropped { .. } => {}
        }
        Ok(())
    }
}

/// What is counted, and when it was.
fn counted(fact: &Fact) -> Option<(&target::Event, DateTime<Utc>)> {
    let Event::Target(event) = &fact.event else { return None };
    match event {
        target::Event::Dialled { at, .. }
        | target::Event::Withdrawn { at, .. }
        | target::Event::Ended { at, .. } => Some((event, *at)),
        // In the hour in which it was counted first.
        target::Event::Corrected { was, at, .. } => {
            Some((event, was.as_ref().map_or(*at, |was| was.ended_at)))
        }
        target::Event::Enlisted { .. }
        | target::Event::Accepted { .. }
        | target::Event::Deferred { .. }
        | target::Event::Dropped { .. } => None,
    }
}

fn begin(at: DateTime<Utc>) -> i64 {
    let secs = at.timestamp();
    secs - secs.rem_euclid(HOUR_SECS)
}

fn key(fact: &Fact, at: DateTime<Utc>) -> String {
    format!("{}/{}", fact.stream.of_session(), begin(at))
}

/// A campaign's hours from its first call on, at most so many.
pub async fn of_campaign(
    screens: &Screens,
    organization: &Organization,
    campaign: Uuid,
    limit: u32,
) -> Result<Vec<HourRow>, Error> {
    let args = vec![
        Cell::text(organization.as_str()),
        Cell::text(campaign.to_string()),
        Cell::int(i64::from(limit)),
    ];
    let rest = "where organization = $1 and campaign = $2 order by hour limit $3";
    screens.query(CampaignHours::NAME, rest, args, false).await
}

#[cfg(test)]
mod tests;
