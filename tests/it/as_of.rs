//! Looking back: whatever happened, what is told of an earlier position is what the screens showed when the journal stood there.

mod told;

use actix_web::http::Method;
use chrono::{DateTime, TimeDelta, Utc};
use domain::conversation::{Reach, Upshot};
use domain::ids::{Organization, SessionId, StreamId};
use domain::session::{Closing, Command};
use karnay::dispatch::Meta;
use karnay::journal::feed::Reading;
use projections::call_history::CallHistory;
use projections::campaign_board::CampaignBoard;
use projections::contact_book::ContactBook;
use projections::follow::{Follower, Page};
use projections::milestones;
use projections::projection::Projection;
use projections::session_stats::SessionStats;
use projections::targets::Targets;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::called::{Called, outcome};
use crate::http_world::{Floor, bearer, near, now};

const STATUSES: [&str; 8] = [
    "ANSWERED",
    "NO_ANSWER",
    "BUSY",
    "FAILED",
    "CONNECTED_TO_OPERATOR",
    "REJECTED",
    "INVALID_NUMBER",
    "NETWORK_ERROR",
];
const STEPS: u32 = 40;

/// A small generator: the same history for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, faces: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % faces
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(u64::try_from(of.len()).unwrap())).unwrap()]
    }
}

/// Somebody in the campaign, as far as a story has to know.
struct Somebody {
    id: Uuid,
    gone: bool,
}

async fn to_the_session(floor: &Floor, name: &str, command: Command) {
    let stream = StreamId::session(&Organization::parse("1").unwrap(), &SessionId::parse(name).unwrap());
    let meta = Meta { circumstances: std::sync::Arc::default(), command: None };
    // What makes no sense now is refused, and nothing happens.
    drop(floor.dispatch.session(stream, command, meta).await);
}

async fn a_report(floor: &Floor, dice: &mut Dice, session: &str) {
    let mut report = json!({
        "sessionId": session, "phoneNumber": format!("+99890123450{}", dice.below(4)), "callStatus": dice.pick(&STATUSES),
        "callStartTime": format!("2025-10-06T18:3{}:00Z", dice.below(2)), "callDuration": dice.below(90),
    });
    if dice.below(3) == 0 {
        report["notes"] = json!("izoh");
        report["recordingUrl"] = json!("https://calls.example/1.mp3");
    }
    assert_eq!(floor.report(&report).await.status, 200);
}

async fn a_contacts_step(floor: &Floor, called: &Called<'_>, dice: &mut Dice, who: &mut Somebody) {
    let at = now();
    match dice.below(8) {
        0 => called.skipped(who.id, at).await,
        1 => {
            let call = called.rung(who.id, at).await;
            called.withdrawn(who.id, call, at).await;
        }
        2 => {
            let call = called.rung(who.id, at).await;
            called.ended(who.id, call, outcome(Reach::Unconfirmed), at).await;
            called.ended(who.id, call, outcome(Reach::Reached(Upshot::Refused)), at).await;
            who.gone = true;
        }
        3 => {
            called.call(who.id, Reach::Reached(Upshot::Success), at).await;
            who.gone = true;
        }
        4 => {
            let path = format!("/auto-calling/contacts/{}", who.id);
            assert_eq!(ask(floor, Method::DELETE, &path).await.0, 200);
            who.gone = true;
        }
        5 => {
            let body = json!({ "notes": format!("{}", dice.below(100)) });
            let request = near(Method::PATCH, &format!("/auto-calling/contacts/{}", who.id));
            let request = request.insert_header(manager()).set_payload(body.to_string());
            assert_eq!(floor.ask(request).await.status, 200);
        }
        _ => drop(called.call(who.id, Reach::Busy, at).await),
    }
}

fn manager() -> (&'static str, String) {
    bearer(&json!({ "organizationId": 1, "role": "manager" }))
}

async fn ask(floor: &Floor, method: Method, path: &str) -> (u16, Value) {
    let answer = floor.ask(near(method, path).insert_header(manager())).await;
    (answer.status, answer.json())
}

/// Two sessions and a campaign of five, in any order.
async fn history(floor: &Floor, dice: &mut Dice) -> Vec<String> {
    floor.session("1", "s-1").await;
    let called = Called::of(floor, "1").await;
    let mut people = vec![];
    for number in 0..5 {
        people.push(Somebody { id: called.contact(&format!("+99893123450{number}")).await, gone: false });
    }
    floor.session("1", "s-2").await;
    for _ in 0..STEPS {
        let session = dice.pick(&["s-1", "s-2"]);
        match dice.below(9) {
            0..4 => a_report(floor, dice, session).await,
            4 => {
                let over = Command::Close { by: Closing::Hand, at: now() };
                let failed = Command::Fail { reason: "away".to_owned(), at: now() };
                to_the_session(floor, session, if dice.below(2) == 0 { over } else { failed }).await;
            }
            5 => to_the_session(floor, session, Command::Reopen { at: now() }).await,
            _ => {
                let who = usize::try_from(dice.below(5)).unwrap();
                if !people[who].gone {
                    a_contacts_step(floor, &called, dice, &mut people[who]).await;
                }
            }
        }
    }
    let mut paths: Vec<String> = ["s-1", "s-2"].map(|session| format!("/calls/session/{session}")).to_vec();
    for query in ["", "?limit=3", "?status=BUSY,ANSWERED"] {
        paths.push(format!("/calls/session/s-1/results{query}"));
    }
    paths.push(format!("/auto-calling/campaigns/{}", called.campaign));
    paths.extend(people.iter().map(|who| format!("/auto-calling/contacts/{}", who.id)));
    paths
}

/// Feeds one screen up to a position and no further.
async fn feed<P: Projection>(floor: &Floor, until: u64) {
    let mut follower = Follower::<P>::open(&floor.screens).await.unwrap();
    let after = follower.position();
    let read = floor.journal.facts(after, 100_000, Reading::Clear).await.unwrap();
    let facts: Vec<_> = read.facts.into_iter().filter(|fact| fact.position <= until).collect();
    follower.advance(Page { after, facts: &facts, unreadable: &[], last: until }).await.unwrap();
}

fn with(path: &str, query: &str) -> String {
    format!("{path}{}{query}", if path.contains('?') { '&' } else { '?' })
}

/// What runs has no end that could be compared: one answer was made then, the other now.
fn still(mut answer: Value) -> Value {
    if answer["isCompleted"] == false {
        answer["durationSeconds"].take();
    }
    answer
}

#[actix_web::test]
async fn what_is_told_of_a_position_is_what_the_screens_showed_there() {
    // Copies of rows at every event, at some, and at none.
    for (seed, every) in [(1, 1), (2, 5), (3, milestones::EVERY)] {
        let floor = Floor::copying(every).await;
        let mut dice = Dice(seed);
        let paths = history(&floor, &mut dice).await;
        let then = floor.beside().await;
        let mut seen = 0;
        for position in 1..=floor.journal.position() {
            feed::<SessionStats>(&then, position).await;
            feed::<CallHistory>(&then, position).await;
            feed::<CampaignBoard>(&then, position).await;
            feed::<Targets>(&then, position).await;
            feed::<ContactBook>(&then, position).await;
            // Every one of them at some positions, and some of them at every one.
            for path in paths.iter().filter(|_| dice.below(6) == 0) {
                let (status, shown) = ask(&then, Method::GET, &with(path, "minPosition=0")).await;
                let back = ask(&floor, Method::GET, &with(path, &format!("asOf={position}"))).await;
                assert_eq!(back.0, status, "seed {seed}, {path} at {position}: {} {shown}", back.1);
                if status == 200 {
                    assert_eq!(still(back.1), still(shown), "seed {seed}, {path} at {position}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 50, "{seen}");
    }
}

pub(crate) fn later(at: DateTime<Utc>, millis: i64) -> String {
    (at + TimeDelta::milliseconds(millis)).to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}
