//! The calls of an exchange as clients meet them: lists and filters, one call, its recording, the watch over it, and the history that
//! shows them beside the others. Nobody watches here: what a watcher would say is said to the calls themselves.

mod history;
mod listening;
mod watch;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::fact::{Circumstances, Position};
use domain::ids::{Organization, PbxCallId, StreamId};
use domain::pbx_call::{Command, Course, Direction, Entry, Missing, Parties, Row, Sight, Status};
use domain::phone::Phone;
use karnay::dispatch::{Dispatch, Meta};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http_world::{Floor, bearer, near};

pub(crate) const OUTSIDE: &str = "+998 90 123-45-67";
const OTHER: &str = "998935550000";

/// Whoever tells the engine what an exchange says.
pub(crate) struct Exchange {
    pub(crate) dispatch: Dispatch,
    pub(crate) organization: Organization,
}

/// A call, in seconds from the beginning of the story.
pub(crate) struct Call {
    exchange: Arc<Exchange>,
    pub(crate) name: PbxCallId,
    began: i64,
}

pub(crate) fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_759_775_400, 0).unwrap() + TimeDelta::seconds(secs)
}

impl Exchange {
    pub(crate) fn new(dispatch: &Dispatch) -> Arc<Self> {
        let organization = Organization::parse("1").unwrap();
        Arc::new(Self { dispatch: dispatch.clone(), organization })
    }

    async fn say(&self, call: &PbxCallId, command: Command) -> Position {
        let person = self.dispatch.fingerprint(&self.organization, &Phone::stored("+998901234567"));
        let stream = StreamId::pbx_call(&self.organization, call);
        let meta = Meta { circumstances: Arc::new(Circumstances::default()), command: None };
        self.dispatch.pbx_call(stream, Some(person), command, meta).await.unwrap()
    }

    /// A call that is seen as it begins; its parties are from where to where.
    pub(crate) async fn seen(
        self: &Arc<Self>,
        name: &str,
        began: i64,
        (from, to): (&str, &str),
        talking: bool,
    ) -> Call {
        let name = PbxCallId::parse(name).unwrap();
        let short = |text: &str| text.len() < 6;
        let direction = if short(from) { Direction::Outgoing } else { Direction::Incoming };
        let sight = Sight {
            id: Uuid::from_u128(u128::try_from(began).unwrap() + 1),
            call: name.clone(),
            course: Course { direction, internal: short(from) && short(to) },
            extension: Some(if short(from) { from } else { to }.to_owned()),
            talking,
            started_at: at(began),
            parties: Parties { from: from.to_owned(), to: to.to_owned() },
            at: at(began),
        };
        self.say(&name, Command::See(Box::new(sight))).await;
        Call { exchange: Arc::clone(self), name, began }
    }

    /// A call that only the log knows.
    pub(crate) async fn logged(self: &Arc<Self>, ordinal: u32, began: i64, status: Status) -> Call {
        let row = row(ordinal, began, status);
        let name = row.key.clone();
        let entry = Entry {
            id: Uuid::from_u128(u128::try_from(began).unwrap() + 1),
            row,
            course: Course { direction: Direction::Outgoing, internal: false },
            extension: Some("1002".to_owned()),
            parties: Parties { from: "1002".to_owned(), to: OTHER.to_owned() },
            at: at(9_000),
        };
        self.say(&name, Command::Log(Box::new(entry))).await;
        Call { exchange: Arc::clone(self), name, began }
    }
}

fn row(ordinal: u32, began: i64, status: Status) -> Row {
    Row {
        key: PbxCallId::parse(&format!("k1:5f2a-{ordinal}")).unwrap(),
        mark: None,
        started_at: at(began),
        ring_secs: 5,
        talk_secs: if status == Status::Answered { 30 } else { 0 },
        status,
        voicemail: false,
        code: "4".to_owned(),
    }
}

impl Call {
    async fn say(&self, command: Command) -> Position {
        self.exchange.say(&self.name, command).await
    }

    pub(crate) async fn answered(&self, secs: i64) {
        let at = at(self.began + secs);
        self.say(Command::Answer { extension: Some("1001".to_owned()), answered_at: at, at }).await;
    }

    pub(crate) async fn ended(&self, secs: i64) {
        let at = at(self.began + secs);
        self.say(Command::End { ended_at: at, at }).await;
    }

    pub(crate) async fn missed(&self, secs: i64) {
        let at = at(self.began + secs);
        self.say(Command::Miss { how: Missing::Unanswered, ended_at: at, at }).await;
    }

    /// The log tells of it.
    pub(crate) async fn confirmed(&self, ordinal: u32, status: Status) {
        let row = row(ordinal, self.began, status);
        self.say(Command::Confirm { row, at: at(9_000) }).await;
    }

    async fn recorded(&self, recording: &str) {
        let recording = recording.to_owned();
        self.say(Command::FindRecording { recording, extension: None, at: at(9_001) }).await;
    }
}

/// One call of every sort.
async fn story(floor: &Floor) -> Arc<Exchange> {
    let exchange = Exchange::new(&floor.dispatch);
    let talked = exchange.seen("1700000000.1", 0, (OUTSIDE, "600"), false).await;
    talked.answered(5).await;
    talked.ended(40).await;
    talked.confirmed(1, Status::Answered).await;
    talked.recorded("42").await;
    exchange.seen("1700000000.2", 60, (OUTSIDE, "1001"), false).await.missed(20).await;
    exchange.logged(3, 120, Status::Busy).await;
    let within = exchange.seen("1700000000.4", 180, ("1001", "1002"), false).await;
    within.answered(2).await;
    exchange.seen("1700000000.5", 240, ("1001", OTHER), false).await;
    exchange
}

async fn list(floor: &Floor, query: &str) -> Vec<Value> {
    let answer = floor.get(&format!("/kerio/calls?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {answer:?}");
    answer.json().as_array().unwrap().clone()
}

/// The last number of each one's name.
async fn names(floor: &Floor, query: &str) -> String {
    let calls = list(floor, query).await;
    calls.iter().map(|call| call["callId"].as_str().unwrap().chars().last().unwrap()).collect()
}

#[actix_web::test]
async fn a_call_is_shown_as_the_contract_has_it() {
    let floor = Floor::new().await;
    story(&floor).await;
    let calls = list(&floor, "").await;
    let talked = json!({
        "id": Uuid::from_u128(1), "callId": "1700000000.1", "direction": "kiruvchi", "fromNumber": OUTSIDE, "toNumber": "600",
        "extension": "1001", "startTime": "2025-10-06T18:30:00.000Z", "endTime": "2025-10-06T18:30:35.000Z", "duration": 30,
        "status": "javob berildi", "recordingPath": format!("recordings/2025/10/06/{}.wav", Uuid::from_u128(1)),
        "createdAt": "2025-10-06T18:30:00.000Z", "updatedAt": "2025-10-06T21:00:01.000Z", "state": "yakunlandi",
        "internal": false, "confirmed": true, "ringDuration": 5, "answeredAt": "2025-10-06T18:30:05.000Z", "voicemail": false,
    });
    assert_eq!(calls[4], talked);
    let rings = json!({
        "id": Uuid::from_u128(241), "callId": "1700000000.5", "direction": "chiquvchi", "fromNumber": "1001", "toNumber": OTHER,
        "extension": "1001", "startTime": "2025-10-06T18:34:00.000Z", "createdAt": "2025-10-06T18:34:00.000Z",
        "updatedAt": "2025-10-06T18:34:00.000Z", "state": "kelyapti", "internal": false, "confirmed": false, "voicemail": false,
    });
    assert_eq!(calls[0], rings);
    let busy = ["status", "state", "direction", "confirmed"].map(|name| calls[2][name].clone());
    assert_eq!(busy, [json!("band"), json!("javobsiz"), json!("chiquvchi"), json!(true)]);
    let missed = ["status", "state", "confirmed"].map(|name| calls[3][name].clone());
    assert_eq!(missed, [json!("javobsiz"), json!("javobsiz"), json!(false)]);
}

#[actix_web::test]
async fn calls_are_filtered_and_paged() {
    let floor = Floor::new().await;
    story(&floor).await;
    for (query, wanted) in [
        ("", "54321"),
        ("direction=kiruvchi", "21"),
        ("direction=incoming", "21"),
        ("direction=chiquvchi", "543"),
        ("direction=outgoing&internal=false", "53"),
        ("internal=true", "4"),
        ("number=%2B998901234567", "21"),
        ("number=90%20123%2045%2067&status=javobsiz", "2"),
        ("number=4567", "21"),
        ("number=600", "1"),
        ("number=0000", "53"),
        ("extension=1001", "5421"),
        ("extension=1001&direction=kiruvchi", "21"),
        ("status=javob%20berildi", "1"),
        ("status=javobsiz,band", "32"),
        ("status=xatolik", ""),
        ("from=2025-10-06T18:31:00Z&to=2025-10-06T18:33:00Z", "32"),
        ("from=2025-10-06&to=2025-10-06", "54321"),
        ("from=2025-10-07", ""),
    ] {
        assert_eq!(names(&floor, query).await, wanted, "{query}");
    }
    let (mut read, mut next) = (vec![], Some("/kerio/calls?limit=2".to_owned()));
    while let Some(path) = next {
        let answer = floor.get(&path).await;
        read.push(answer.json().as_array().unwrap().len());
        next = answer.next_page();
    }
    assert_eq!(read, [2, 2, 1]);
    for query in
        ["direction=up", "status=BUSY", "number=x", "internal=1", "from=never", "limit=0", "cursor=1", "q=1"]
    {
        let answer = floor.get(&format!("/kerio/calls?{query}")).await;
        assert_eq!((answer.status, &*answer.problem()), (400, "bad-parameter"), "{query}");
    }
}

#[actix_web::test]
async fn calls_that_go_on_are_told_apart_and_one_is_found_by_either_name() {
    let floor = Floor::new().await;
    let exchange = story(&floor).await;
    let active = async || {
        let calls = floor.get("/kerio/calls/active").await.json();
        let of = |call: &Value| {
            format!("{} {}", call["callId"].as_str().unwrap(), call["state"].as_str().unwrap())
        };
        calls.as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(active().await, ["1700000000.5 kelyapti", "1700000000.4 suhbatda"]);
    let late = exchange.seen("1700000000.6", 300, (OUTSIDE, "1001"), true).await;
    assert_eq!(active().await[0], "1700000000.6 suhbatda");
    late.ended(9).await;
    assert_eq!(active().await.len(), 2);
    let named = floor.get("/kerio/calls/1700000000.1").await.json();
    assert_eq!(named["callId"], "1700000000.1");
    assert_eq!(floor.get(&format!("/kerio/calls/{}", Uuid::from_u128(1))).await.json(), named);
    assert_eq!(floor.get("/kerio/calls/k1:5f2a-3").await.json()["status"], "band");
    for unknown in ["1700000000.9", "k1:5f2a-1", "x%20y", &Uuid::from_u128(9).to_string()] {
        let answer = floor.get(&format!("/kerio/calls/{unknown}")).await;
        assert_eq!((answer.status, &*answer.problem()), (404, "call-unknown"), "{unknown}");
    }
}

#[actix_web::test]
async fn another_organization_has_no_exchange() {
    let floor = Floor::new().await;
    story(&floor).await;
    let theirs =
        bearer(&json!({ "organizationId": "2", "role": "admin", "exp": crate::http_world::in_seconds(60) }));
    let ask = async |path: &str| {
        floor.ask(near(actix_web::http::Method::GET, path).insert_header(theirs.clone())).await
    };
    for path in ["/kerio/calls", "/kerio/calls/active", "/calls/history?source=pbx"] {
        assert_eq!(ask(path).await.json(), json!([]), "{path}");
    }
    for path in [
        "/kerio/calls/1700000000.1".to_owned(),
        format!("/kerio/calls/{}", Uuid::from_u128(1)),
        "/kerio/calls/1700000000.1/recording".to_owned(),
    ] {
        assert_eq!(ask(&path).await.problem(), "call-unknown", "{path}");
    }
}
