//! The administration interface: one request, one answer, with whoever asks looked at first.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::core::{Core, State};
use super::methods::{self, Asked, INVALID_REQUEST, WRONG_PARAMS};
use super::sessions::{Refusal, Shown};
use super::wire::{JSON, Reply};

pub(super) const SESSION_COOKIE: &str = "SESSION_OPERATOR_WEBADMIN";
pub(super) const TOKEN_COOKIE: &str = "TOKEN_OPERATOR_WEBADMIN";
const NOT_JSON: i64 = -32700;
const NO_SESSION: i64 = -32001;

pub(super) fn answer(core: &Core, shown: &Shown, body: &[u8]) -> Reply {
    let Ok(request) = serde_json::from_slice::<Value>(body) else {
        return told(&Value::Null, Err(NOT_JSON));
    };
    let id = request.get("id").cloned().unwrap_or_default();
    let method = request.get("method").and_then(Value::as_str);
    let Some(method) = method.filter(|_| request.get("jsonrpc") == Some(&json!("2.0"))) else {
        return told(&id, Err(INVALID_REQUEST));
    };
    let params = request.get("params").cloned().unwrap_or_else(|| json!({}));
    let (mut state, now) = core.now();
    state.count(method);
    if method == "Session.login" {
        return login(core, &mut state, now, (&id, &params));
    }
    let State { sessions, faults, .. } = &mut *state;
    match sessions.check(shown, now, faults) {
        Ok(()) => {}
        Err(Refusal::Token) if !faults.soft_token => return Reply::page(StatusCode::FORBIDDEN),
        Err(Refusal::Token | Refusal::Session) => return told(&id, Err(NO_SESSION)),
    }
    if !params.is_object() {
        return told(&id, Err(WRONG_PARAMS));
    }
    let asked = Asked { now, seed: core.seed(), ids: core.ids(), session: shown.session.as_deref() };
    told(&id, methods::call(&mut state, asked, method, &params))
}

fn login(core: &Core, state: &mut State, now: i64, (id, params): (&Value, &Value)) -> Reply {
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
    let named = params.get("application").is_some_and(|application| {
        ["name", "vendor", "version"].iter().all(|part| text(application, part).is_some())
    });
    let given = text(params, "userName").zip(text(params, "password")).filter(|_| named);
    let Some((user, password)) = given else { return told(id, Err(WRONG_PARAMS)) };
    let Some((cookies, token)) = enter(core, state, now, (&user, &password)) else {
        return told(id, Err(state.faults.login_error));
    };
    Reply { cookies, ..told(id, Ok(json!({ "token": token }))) }
}

/// The cookies of a new session, and its token; none where user or password are wrong.
pub(super) fn enter(
    core: &Core,
    state: &mut State,
    now: i64,
    (user, password): (&str, &str),
) -> Option<(Vec<String>, String)> {
    if !core.knows(user, password) {
        state.counts.refused_logins += 1;
        return None;
    }
    state.counts.logins += 1;
    let (session, token) = state.sessions.open(core.ids(), now);
    let cookies = vec![
        format!("{SESSION_COOKIE}={session}; HttpOnly; Secure; Path=/admin/"),
        format!("{TOKEN_COOKIE}={token}; Secure; Path=/admin/"),
    ];
    Some((cookies, token))
}

fn told(id: &Value, answer: Result<Value, i64>) -> Reply {
    let body = match answer {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(code) => json!({ "jsonrpc": "2.0", "id": id, "error": error(code) }),
    };
    Reply::new(StatusCode::OK, JSON, body.to_string())
}

pub(super) fn error(code: i64) -> Value {
    let message = match code {
        NO_SESSION => "Session expired. The user is not logged in",
        NOT_JSON => "Parse error",
        INVALID_REQUEST => "Invalid Request",
        methods::UNKNOWN_METHOD => "Method not found",
        WRONG_PARAMS => "Invalid params",
        methods::TOO_MANY => "Too many commands in the batch",
        1002 => "%1 does not exist",
        1004 => "Insufficient rights to perform the requested operation",
        _ => "Operation failed",
    };
    let holes = if code == 1002 { json!(["Recording"]) } else { json!([]) };
    json!({ "code": code, "message": message,
        "data": { "messageParameters": { "positionalParameters": holes, "plurality": 1 } } })
}
