//! What each method answers to whoever is logged in. The words are the box's own, written down by hand from what is known about it.

use serde_json::{Value, json};

use super::super::dice::Dice;
use super::call::status;
use super::core::State;
use super::directory;
use super::faults::Timestamps;
use super::loose;
use super::query::{Listed, Page, Query, Table};
use crate::ports::Ids;

pub(super) const INVALID_REQUEST: i64 = -32600;
pub(super) const UNKNOWN_METHOD: i64 = -32601;
pub(super) const WRONG_PARAMS: i64 = -32602;
pub(super) const TOO_MANY: i64 = -32606;
const NOT_THERE: i64 = 1002;
const NO_RIGHT: i64 = 1004;

/// Commands in a batch.
const BATCH_MAX: usize = 100;
/// 2.0.0.
const API_VERSION: u32 = 33_554_432;

/// What a method may look at beside the state.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) now: i64,
    pub(super) seed: u64,
    pub(super) ids: &'a dyn Ids,
    pub(super) session: Option<&'a str>,
}

type Answer = Result<Value, i64>;

pub(super) fn call(state: &mut State, asked: Asked<'_>, method: &str, params: &Value) -> Answer {
    if state.faults.lacks(method) {
        return Err(UNKNOWN_METHOD);
    }
    match method {
        "Session.logout" => {
            state.sessions.end(asked.session);
            return Ok(json!({}));
        }
        "Session.whoAmI" => {
            return Ok(json!({ "userDetails": { "USERNAME": super::USER, "FULL_NAME": "Monitor" } }));
        }
        "Version.getApiVersion" => return Ok(json!({ "apiVersion": API_VERSION })),
        _ => {}
    }
    if state.faults.forbids(method) && is_known(method) {
        return Err(NO_RIGHT);
    }
    if let Some(code) = state.faults.error.filter(|_| is_known(method)) {
        return Err(code);
    }
    match method {
        "Batch.run" => batch(state, asked, params),
        "Recordings.downloadAudioContent" => download(state, asked, params),
        "Server.getConstantList" => Ok(json!({ "constantList": constants() })),
        "Server.getInternalDirectoryList" => numbers(params, state, asked),
        "Status.getCalls" => {
            let calls = state.exchange.live(asked.now);
            listed("calls", page(state, params, &calls), state, asked)
        }
        "Status.getQueueAgents" => queue_agents(params, state, asked),
        "CallHistory.get" => history(state, asked, params),
        "Recordings.get" => listed("recordingList", page(state, params, &state.exchange.tapes), state, asked),
        "Users.get" => rows("userList", directory::users(), params, state, asked),
        "Extensions.get" => rows("sipExtensionList", directory::lines(), params, state, asked),
        "CallQueues.get" => rows("callQueueList", directory::queues(), params, state, asked),
        "RingingGroups.get" => rows("ringingGroupList", directory::ring_groups(), params, state, asked),
        _ => Err(UNKNOWN_METHOD),
    }
}

/// Whether an account may lack the right to it.
fn is_known(method: &str) -> bool {
    [
        "Batch.",
        "Recordings.",
        "Server.get",
        "Status.",
        "CallHistory.",
        "Users.",
        "Extensions.",
        "CallQueues.",
        "RingingGroups.",
    ]
    .iter()
    .any(|head| method.starts_with(head))
}

fn page(state: &State, params: &Value, table: &dyn Table) -> Result<Page, i64> {
    let mut query = Query::read(params.get("query").ok_or(WRONG_PARAMS)?).ok_or(WRONG_PARAMS)?;
    if query.asks_about("TIMESTAMP") {
        match state.faults.timestamps {
            Timestamps::Honoured => {}
            Timestamps::Ignored => query.forget("TIMESTAMP"),
            Timestamps::Refused => return Err(WRONG_PARAMS),
        }
    }
    if let Some(rows) = state.faults.cap {
        query.cap(rows);
    }
    query.page(table).ok_or(WRONG_PARAMS)
}

fn listed(name: &str, page: Result<Page, i64>, state: &State, asked: Asked<'_>) -> Answer {
    let Page { total, rows } = page?;
    Ok(json!({ "totalItems": total, name: loose::spoken(rows, asked.seed, &state.faults) }))
}

fn rows(name: &str, rows: Vec<Value>, params: &Value, state: &State, asked: Asked<'_>) -> Answer {
    listed(name, page(state, params, &Listed(rows)), state, asked)
}

fn history(state: &mut State, asked: Asked<'_>, params: &Value) -> Answer {
    let page = page(state, params, &state.exchange.log);
    let answer = listed("callHistory", page, state, asked);
    for _ in 0..state.faults.shift {
        call_meanwhile(state, asked);
    }
    answer
}

/// A call that nobody saw: it began and ended since the last look.
fn call_meanwhile(state: &mut State, asked: Asked<'_>) {
    const LASTED: i64 = 1_500;
    let mut dice = Dice::new(asked.seed, &format!("meanwhile/{}/{:?}", asked.now, state.counts.requests));
    let (from, to) = directory::parties(&mut dice);
    let began = (asked.now - LASTED, state.skew());
    let id = state.exchange.begin((&from, &to), began, status::RINGING);
    state.exchange.step(&id, asked.now, None, None);
}

fn numbers(params: &Value, state: &State, asked: Asked<'_>) -> Answer {
    let only_lines = params.get("onlyExtensions").is_some_and(|only| *only == true);
    let mut numbers = directory::numbers();
    numbers.retain(|number| !only_lines || number.get("EXTENSION_TYPE_ID") == Some(&json!(1)));
    rows("numberList", numbers, params, state, asked)
}

fn queue_agents(params: &Value, state: &State, asked: Asked<'_>) -> Answer {
    let queue = params.get("extension").and_then(Value::as_str).ok_or(WRONG_PARAMS)?;
    rows("agents", directory::agents(queue).ok_or(NOT_THERE)?, params, state, asked)
}

fn download(state: &mut State, asked: Asked<'_>, params: &Value) -> Answer {
    let id = params.get("id").and_then(Value::as_str).ok_or(WRONG_PARAMS)?;
    let transcode = params.get("transcode").and_then(Value::as_bool).ok_or(WRONG_PARAMS)?;
    let tape = state.exchange.tapes.shown().find(|tape| tape.id == id).ok_or(NOT_THERE)?.clone();
    Ok(state.downloads.ask(tape, transcode, (&state.faults, asked.ids, asked.now)))
}

fn batch(state: &mut State, asked: Asked<'_>, params: &Value) -> Answer {
    let commands = params.get("commandList").and_then(Value::as_array).ok_or(WRONG_PARAMS)?;
    if commands.len() > BATCH_MAX {
        return Err(TOO_MANY);
    }
    let one = |command: &Value| {
        let method = command.get("method").and_then(Value::as_str).filter(|method| *method != "Batch.run");
        let nothing = json!({});
        let answer = method.ok_or(INVALID_REQUEST).and_then(|method| {
            state.count(method);
            call(state, asked, method, command.get("params").unwrap_or(&nothing))
        });
        match answer {
            Ok(result) => json!({ "result": result }),
            Err(code) => json!({ "error": super::rpc::error(code) }),
        }
    };
    Ok(commands.iter().map(one).collect())
}

fn constants() -> Value {
    let named = [
        ("KTS_PRODUCT_NAME", json!("Kerio Operator (SIMULATED)")),
        ("KTS_PRODUCT_VERSION", json!("2.6.4")),
        ("KTS_CALL_STATUS_RINGING", json!(2)),
        ("KTS_CALL_STATUS_CONNECTED", json!(3)),
        ("KTS_Auditor", json!(2)),
    ];
    named.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}
