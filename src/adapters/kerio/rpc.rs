//! One request and its answer, as the box writes them: what an error's number asks for, and nothing of its words, which may
//! hold names and numbers.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use super::session::Session;
use crate::adapters::exchange::loose::{self, Loose};
use crate::adapters::exchange::{Door, away, senseless, told_at, trouble, unfit, whole};
use crate::ports::pbx::PbxTrouble;

pub(super) const PATH: &str = "/admin/api/jsonrpc/";

const EXPIRED: i64 = -32001;
const TIMED_OUT: i64 = -32002;
const UNKNOWN_METHOD: i64 = -32601;
/// There is no such thing at the box.
pub(super) const NOT_THERE: i64 = 1002;
pub(super) const DENIED: [i64; 2] = [1003, 1004];

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) result: Value,
    /// The box's clock.
    pub(super) told_at: Option<DateTime<Utc>>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failed {
    /// The box does not know the session, or takes its token for somebody else's.
    Lost {
        forbidden: bool,
    },
    /// It understood, and said no.
    Fault {
        code: i64,
    },
    Trouble(PbxTrouble),
}

impl From<PbxTrouble> for Failed {
    fn from(trouble: PbxTrouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl Failed {
    /// What to do about it, where it was this method that failed.
    pub(super) fn of(self, method: &str) -> PbxTrouble {
        let what = || method.to_owned();
        match self {
            // In a session that is new, so that it is not the token that was wrong.
            Self::Lost { forbidden: true } => PbxTrouble::Rights { what: what() },
            Self::Lost { forbidden: false } => away("the exchange forgets its sessions at once"),
            Self::Fault { code: TIMED_OUT } => away("the exchange took too long by its own clock"),
            Self::Fault { code: UNKNOWN_METHOD } => PbxTrouble::Unsupported { what: what() },
            Self::Fault { code } if DENIED.contains(&code) => PbxTrouble::Rights { what: what() },
            Self::Fault { code } => senseless(format!("error {code} to {method}")),
            Self::Trouble(trouble) => trouble,
        }
    }
}

/// Asks in a session, whose cookies the answer may change.
pub(super) async fn ask(
    door: &Door,
    session: &Session,
    asked: (u64, &str, &Value),
    within: Duration,
) -> Result<Answer, Failed> {
    send(door, session, true, asked, within).await
}

/// Asks for what a session is made of.
pub(super) async fn begin(
    door: &Door,
    blank: &Session,
    asked: (u64, &str, &Value),
    within: Duration,
) -> Result<Answer, Failed> {
    send(door, blank, false, asked, within).await
}

async fn send(
    door: &Door,
    session: &Session,
    signed: bool,
    (id, method, params): (u64, &str, &Value),
    within: Duration,
) -> Result<Answer, Failed> {
    let url = door.at(PATH).ok_or_else(|| senseless("it has no such address"))?;
    let asked = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    let request = door
        .client
        .post(url.clone())
        .header(ACCEPT, "application/json-rpc")
        .header(ACCEPT_ENCODING, "identity")
        .header(CONTENT_TYPE, "application/json-rpc; charset=UTF-8")
        .body(asked.to_string())
        .timeout(within);
    let request = if signed { session.sign(request, &url) } else { request };
    let answer = request.send().await.map_err(|why| trouble(&why))?;
    session.keep(answer.headers(), &url);
    understood(answer, id).await
}

/// An answer that has a body at all.
async fn understood(answer: Response, id: u64) -> Result<Answer, Failed> {
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => return Err(Failed::Lost { forbidden: true }),
        _ => return Err(unfit(&answer).into()),
    }
    let told_at = told_at(answer.headers());
    let body = whole(answer).await?;
    let said: Value = serde_json::from_slice(&body).map_err(|_| senseless("it is no JSON"))?;
    result(said, id).map(|result| Answer { result, told_at })
}

fn result(mut said: Value, id: u64) -> Result<Value, Failed> {
    let answer = Loose::new(&said).ok_or_else(|| senseless("it is no object"))?;
    // A box that could not read the request cannot know its number.
    if let Some(error) = answer.object(&["error"]) {
        return Err(match error.number(&["code"]) {
            Some(EXPIRED) => Failed::Lost { forbidden: false },
            Some(code) => Failed::Fault { code },
            None => senseless("its error has no number").into(),
        });
    }
    if answer.get(&["id"]).and_then(loose::number) != i64::try_from(id).ok() {
        return Err(senseless("it answers another request").into());
    }
    let found = said.get_mut("result").map(Value::take).filter(|result| !result.is_null());
    found.ok_or_else(|| senseless("it holds no result").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(said: Value) -> Result<Value, PbxTrouble> {
        result(said, 7).map_err(|failed| failed.of("Status.getCalls"))
    }

    #[test]
    fn an_answer_is_the_one_to_the_request() {
        for id in [json!(7), json!(7.0), json!("7")] {
            assert_eq!(told(json!({ "id": id, "result": { "a": 1 } })), Ok(json!({ "a": 1 })));
        }
        for said in [json!({ "id": 8, "result": {} }), json!({ "result": {} }), json!({ "id": 7 }), json!([])]
        {
            assert!(matches!(told(said), Err(PbxTrouble::Senseless { .. })));
        }
    }

    #[test]
    fn an_error_asks_for_what_its_number_says() {
        let failed =
            |code: Value| told(json!({ "id": 7, "error": { "code": code, "message": "998000000001" } }));
        let rights = Err(PbxTrouble::Rights { what: "Status.getCalls".to_owned() });
        assert_eq!((failed(json!(1003)), failed(json!("1004"))), (rights.clone(), rights));
        let unsupported = PbxTrouble::Unsupported { what: "Status.getCalls".to_owned() };
        assert_eq!(failed(json!(-32601)), Err(unsupported));
        assert!(matches!(failed(json!(-32002)), Err(PbxTrouble::Away { .. })));
        let why = failed(json!(1000)).unwrap_err().to_string();
        assert!(why.contains("1000") && !why.contains("998"), "{why}");
    }
}
