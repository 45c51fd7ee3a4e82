//! One visit to one endpoint: first what waits and is due, then what is new, until there is nothing left or it has taken long enough.
//! Each round is written down as a whole, with the endpoint's place. Events of one stream go one after another; streams go beside each other.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use domain::fact::{Circumstances, Position};
use domain::ids::StreamId;
use domain::policy::delivering::{self, Next, Verdict, WAITING_MAX, Waiting};
use domain::webhook_endpoint::{Command, Error as Refused, Fault, Sending, Standing, WebhookEndpoint};
use futures_util::stream::{self, StreamExt as _};

use super::Options;
use super::lanes::{begun, is_due, lanes, lost};
use super::lease::Lease;
use crate::dispatch::webhooks::{Delivery, EndpointName, Message, State, Tried, shown};
use crate::dispatch::{Done, Failure, Meta, reports};
use crate::journal::{self, webhooks as kept};
use crate::ports::receivers::Letter;

/// The next visit goes on.
const VISIT_MAX: Duration = Duration::from_secs(30);
/// Events of one round.
const PAGE: usize = 64;
/// Streams that are sent beside each other.
const LANES_AT_ONCE: usize = 8;
/// Where nothing was wanted for so long, how far the journal was looked through is written down all the same.
const SCANNED_MAX: u64 = 10_000;

/// What a visit leaves behind for the next one. It is a memory and no truth: that stands beside the journal.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Memo {
    /// Whether it surely has a place.
    begun: bool,
    /// Where the endpoint stood, and how far the journal was looked through from there.
    from: Position,
    pub(super) scanned: Position,
    /// When the next try is due.
    pub(super) due: Option<DateTime<Utc>>,
    pub(super) waiting: u32,
    /// Whether so much waits that nothing further is begun with.
    pub(super) full: bool,
    pub(super) looked: Option<Instant>,
}

pub(super) struct Visit {
    pub(super) options: Arc<Options>,
    pub(super) lease: Lease,
    pub(super) name: EndpointName,
    /// Where the endpoint was registered.
    pub(super) registered: Position,
    pub(super) memo: Memo,
}

/// An endpoint as it is sent to.
struct Receiver {
    standing: Standing,
    secrets: Vec<String>,
}

/// An event to be sent, with what became of it before. Without a message there is no such event any more.
struct Item {
    delivery: Delivery,
    message: Option<Message>,
}

/// What came of a round.
#[derive(Default)]
struct Sent {
    deliveries: Vec<Delivery>,
    taken: bool,
    /// The worst that was said.
    failed: Option<Verdict>,
    /// When the first try was made that failed.
    failed_at: Option<DateTime<Utc>>,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error(transparent)]
    Reading(#[from] reports::Error),
    #[error(transparent)]
    Endpoint(#[from] Failure<Refused>),
    #[error("the secret of the endpoint does not open with this data key")]
    Secret,
}

impl Receiver {
    /// What was tried before it began anew is due at once, and what failed then is forgotten.
    fn anew(&self, mut known: kept::Standing) -> kept::Standing {
        known.failing_since = self.standing.failing_since(known.failing_since);
        let begun = self.standing.anew_at;
        for one in &mut known.waiting {
            if one.tried.as_ref().is_some_and(|tried| tried.at < begun) {
                one.due_at = one.due_at.min(begun);
            }
        }
        known
    }
}

impl Visit {
    pub(super) async fn make(mut self) -> Memo {
        let began = Instant::now();
        loop {
            match self.round().await {
                Ok(true) if began.elapsed() < VISIT_MAX => {}
                Ok(_) => break,
                Err(why) => {
                    tracing::warn!(endpoint = %self.name.endpoint, cause = %why, "events cannot be sent at the moment");
                    break;
                }
            }
        }
        self.memo.looked = Some(Instant::now());
        self.memo
    }

    /// True where there may be more to be done at once.
    async fn round(&mut self) -> Result<bool, Error> {
        if !self.lease.holds() {
            return Ok(false);
        }
        let Some(receiver) = self.receiver().await? else { return Ok(false) };
        let now = self.options.clock.now();
        let known = receiver.anew(self.known(now).await?);
        if self.memo.from != known.position {
            (self.memo.from, self.memo.scanned) = (known.position, known.position);
        }
        self.memo.waiting = u32::try_from(known.waiting.len()).unwrap_or(u32::MAX);
        self.memo.full = known.waiting.len() >= WAITING_MAX;
        let lanes = lanes(&known.waiting);
        self.memo.due = lanes.values().filter_map(|lane| Some(lane.first()?.due_at)).min();
        let due: Vec<_> = lanes.values().filter(|lane| is_due(lane, now)).take(PAGE).collect();
        if due.is_empty() {
            self.further(&receiver, &known).await
        } else {
            self.again(&receiver, &known, &due).await
        }
    }

    /// How far it has come. Whoever writes a round down finds a place to be moved.
    async fn known(&mut self, now: DateTime<Utc>) -> Result<kept::Standing, Error> {
        let dispatch = &self.options.dispatch;
        if !self.memo.begun {
            dispatch.webhook_begin(&self.name, (self.registered, now)).await?;
            self.memo.begun = true;
        }
        Ok(dispatch.webhook_standing(&self.name, self.registered).await?)
    }

    /// None where nothing is to be sent there any more.
    async fn receiver(&self) -> Result<Option<Receiver>, Error> {
        let state = match self.tell(Command::Look).await {
            Ok(done) => done.state,
            Err(Failure::Refused(Refused::Unknown)) => return Ok(None),
            Err(why) => return Err(why.into()),
        };
        let Some(standing) = state.standing().filter(|it| it.sending == Sending::Active) else {
            return Ok(None);
        };
        let (endpoint, now) = (self.name.endpoint, self.options.clock.now());
        let secrets = self.options.dispatch.webhook_secrets(endpoint, standing, now);
        Ok(Some(Receiver { standing: standing.clone(), secrets: secrets.ok_or(Error::Secret)? }))
    }

    async fn tell(&self, command: Command) -> Result<Done<WebhookEndpoint>, Failure<Refused>> {
        let EndpointName { organization, endpoint } = &self.name;
        let circumstances = Circumstances {
            organization: organization.to_string(),
            actor: super::NAME.to_owned(),
            ..Circumstances::default()
        };
        let meta = Meta { circumstances: Arc::new(circumstances), command: None };
        let stream = StreamId::webhook_endpoint(organization, *endpoint);
        self.options.dispatch.webhook_endpoint(stream, command, meta).await
    }

    /// What waits and is due, each stream from its first on.
    async fn again(
        &mut self,
        receiver: &Receiver,
        known: &kept::Standing,
        due: &[&Vec<&Delivery>],
    ) -> Result<bool, Error> {
        let mut lanes = vec![];
        for lane in due {
            let mut items = vec![];
            for delivery in lane.iter().take(PAGE) {
                let message = self.options.dispatch.webhook_message(&self.name, delivery.position).await?;
                items.push(Item { delivery: (*delivery).clone(), message });
            }
            lanes.push(items);
        }
        let mut sent = self.send(receiver, lanes).await;
        let now = self.options.clock.now();
        if delivering::recovered(sent.taken, known.failing_since, now) {
            let seen: HashSet<Position> = sent.deliveries.iter().map(|one| one.position).collect();
            let rest = known.waiting.iter().filter(|one| !seen.contains(&one.position));
            sent.deliveries.extend(rest.map(|one| Delivery { due_at: now, ..one.clone() }));
        }
        self.settle(known, known.position, sent).await
    }

    /// What is new.
    async fn further(&mut self, receiver: &Receiver, known: &kept::Standing) -> Result<bool, Error> {
        let room = WAITING_MAX.saturating_sub(known.waiting.len());
        if room == 0 {
            // What is new waits in the journal. It is looked for again when what waits here is due.
            self.memo.scanned = Position::MAX;
            return self.make_room(receiver, known).await;
        }
        let from = if self.memo.scanned == Position::MAX { known.position } else { self.memo.scanned };
        let wanted = (from, room.min(PAGE));
        let types = &receiver.standing.terms.types;
        let stretch = self.options.dispatch.webhook_messages(&self.name, types, wanted).await?;
        self.memo.scanned = stretch.next;
        if stretch.messages.is_empty() {
            if stretch.next.saturating_sub(known.position) >= SCANNED_MAX {
                self.settle(known, stretch.next, Sent::default()).await?;
            }
            return Ok(stretch.next > from && stretch.next <= self.options.dispatch.head());
        }
        let now = self.options.clock.now();
        let behind: HashSet<i64> = known.waiting.iter().map(|one| one.lane).collect();
        let waiting: HashSet<Position> = known.waiting.iter().map(|one| one.position).collect();
        // After a replay something may be new that waits already.
        let new = stretch.messages.into_iter().filter(|message| !waiting.contains(&message.position));
        let (mut held, mut lanes) = (vec![], BTreeMap::<i64, Vec<Item>>::new());
        for message in new {
            let delivery = begun(&message, now);
            if behind.contains(&message.lane) {
                held.push(delivery);
            } else {
                lanes.entry(message.lane).or_default().push(Item { delivery, message: Some(message) });
            }
        }
        let mut sent = self.send(receiver, lanes.into_values().collect()).await;
        sent.deliveries.extend(held);
        self.settle(known, stretch.next, sent).await
    }

    /// What the receiver refuses gives way to the others, those that were sent first coming first. True where there is room now.
    async fn make_room(&mut self, receiver: &Receiver, known: &kept::Standing) -> Result<bool, Error> {
        let anew_at = receiver.standing.anew_at;
        let gives_way = |one: &&Delivery| delivering::gives_way(waiting(one), anew_at, known.failing_since);
        let refused = known.waiting.iter().filter(gives_way);
        let dead = |one: &Delivery| Delivery { state: State::Dead, ..one.clone() };
        let deliveries: Vec<Delivery> = refused.take(PAGE).map(dead).collect();
        if deliveries.is_empty() {
            return Ok(false);
        }
        counted("dead", u64::try_from(deliveries.len()).unwrap_or(u64::MAX));
        self.settle(known, known.position, Sent { deliveries, ..Sent::default() }).await
    }

    async fn send(&self, receiver: &Receiver, lanes: Vec<Vec<Item>>) -> Sent {
        let lanes = stream::iter(lanes).map(|items| self.lane(receiver, items));
        let all: Vec<Sent> = lanes.buffer_unordered(LANES_AT_ONCE).collect().await;
        all.into_iter().fold(Sent::default(), |mut all, one| {
            all.deliveries.extend(one.deliveries);
            all.taken |= one.taken;
            all.failed_at = all.failed_at.into_iter().chain(one.failed_at).min();
            all.failed =
                if one.failed == Some(Verdict::Gone) { one.failed } else { all.failed.or(one.failed) };
            all
        })
    }

    /// Events of one stream, up to the first that is not taken; those behind it wait for it.
    async fn lane(&self, receiver: &Receiver, items: Vec<Item>) -> Sent {
        let (mut sent, mut stopped) = (Sent::default(), false);
        for Item { mut delivery, message } in items {
            stopped |= !self.lease.holds();
            match message {
                _ if stopped => {}
                None => lost(&mut delivery, self.options.clock.now()),
                Some(message) => {
                    let verdict = self.attempt(receiver, &message, &mut delivery).await;
                    sent.taken |= verdict == Verdict::Taken;
                    if verdict != Verdict::Taken {
                        sent.failed = Some(verdict);
                        let failed_at = delivery.tried.as_ref().map(|tried| tried.at);
                        sent.failed_at = sent.failed_at.or(failed_at);
                    }
                    stopped |= delivery.state == State::Waiting;
                }
            }
            sent.deliveries.push(delivery);
        }
        sent
    }

    async fn attempt(&self, receiver: &Receiver, message: &Message, delivery: &mut Delivery) -> Verdict {
        let options = &self.options;
        let began = options.clock.now();
        let letter = Letter {
            id: message.id.clone(),
            at: began,
            body: message.body.clone().into(),
            secrets: receiver.secrets.clone(),
        };
        let receipt = options.receivers.hand_over(&receiver.standing.terms.url, letter).await;
        let (verdict, now) = (delivering::judge(receipt.status), options.clock.now());
        if delivery.tries == 0 {
            delivery.first_at = began;
        }
        delivery.tries = delivery.tries.saturating_add(1);
        delivery.message.clone_from(&message.id);
        delivery.tried = Some(Tried {
            at: began,
            status: receipt.status,
            took_ms: u32::try_from(receipt.took.as_millis()).unwrap_or(u32::MAX),
            answer: shown(&receipt.answer, options.home),
        });
        let outcome = match verdict {
            Verdict::Taken => {
                delivery.state = State::Delivered;
                "delivered"
            }
            Verdict::Gone | Verdict::Failed => {
                let mut chance = [0];
                options.ids.fill(&mut chance);
                let wish =
                    receipt.retry_after.map(|wish| TimeDelta::from_std(wish).unwrap_or(TimeDelta::MAX));
                match delivering::next(waiting(delivery), wish, now, u8::from_be_bytes(chance)) {
                    Next::Again(due) => {
                        delivery.due_at = due;
                        "failed"
                    }
                    Next::Dead => {
                        delivery.state = State::Dead;
                        "dead"
                    }
                }
            }
        };
        counted(outcome, 1);
        verdict
    }

    /// Writes a round down, and has the endpoint disabled where that follows. True where there may be more to be done at once.
    async fn settle(&mut self, known: &kept::Standing, to: Position, sent: Sent) -> Result<bool, Error> {
        let now = self.options.clock.now();
        let failing_since = match sent.failed {
            _ if sent.taken => None,
            Some(_) => known.failing_since.or(sent.failed_at),
            None => known.failing_since,
        };
        let round = kept::Round {
            name: self.name.clone(),
            from: known.position,
            seen_at: known.moved_at,
            to,
            failing_since,
            deliveries: sent.deliveries,
            at: now,
        };
        let written = self.options.journal.webhook_settle(round).await?;
        let fault = sent.failed.and_then(|verdict| delivering::fault(verdict, failing_since, now));
        if let Some(why) = fault {
            self.disable(why, now).await?;
        }
        // Where somebody has moved it meanwhile there surely is something to be done.
        self.memo.from = if written { to } else { 0 };
        self.memo.begun = written;
        self.memo.scanned = to;
        Ok(fault.is_none())
    }

    async fn disable(&self, why: Fault, at: DateTime<Utc>) -> Result<(), Error> {
        let done = self.tell(Command::Disable { why, at }).await?;
        if done.changed {
            metrics::counter!("karnay_webhook_disabled_total").increment(1);
            let why = why.as_str();
            tracing::warn!(endpoint = %self.name.endpoint, why, "nothing is sent to an endpoint any more until somebody resumes it");
        }
        Ok(())
    }
}

/// An event that was tried, as it is judged.
fn waiting(one: &Delivery) -> Waiting {
    let status = one.tried.as_ref().and_then(|tried| tried.status);
    Waiting { tries: one.tries, first_at: one.first_at, status }
}

fn counted(outcome: &'static str, times: u64) {
    metrics::counter!("karnay_webhook_deliveries_total", "outcome" => outcome).increment(times);
}
