//! A good body for each route that takes one.

use serde_json::{Value, json};

use super::{NOBODY, Route};

pub(super) const FORM: &str = "multipart/form-data; boundary=edge";

pub(super) enum Body {
    None,
    Json(Value),
    Form(Vec<u8>),
}

fn form(name: &str, text: &str) -> Body {
    let head =
        format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    Body::Form(format!("{head}{text}\r\n--edge--\r\n").into_bytes())
}

/// The first that is known of a kind.
fn first<'k>(known: &'k [(&str, Vec<String>)], kind: &str) -> &'k str {
    known.iter().find(|(prefix, _)| *prefix == kind).map_or(NOBODY, |(_, ids)| ids[0].as_str())
}

pub(super) fn of(route: &Route, known: &[(&str, Vec<String>)]) -> Body {
    let (contact, session) = (first(known, "/auto-calling/contacts/"), first(known, "/calls/session/"));
    let body = match (route.method.as_str(), route.path.as_str()) {
        ("POST", "/calls/upload") => return form("numbers.txt", "+998901112261\n"),
        ("POST", "/auto-calling/contacts/upload-excel") => {
            return form("some.csv", "firstName,lastName,phone\nNodira,Karimova,+998901112262\n");
        }
        ("POST", "/auth/login") => json!({ "username": "biri", "password": "uzun va maxfiy" }),
        ("POST", "/auto-calling/agent/callback") => json!({ "success": true, "callId": "nobody" }),
        ("POST", "/auto-calling/campaigns") => {
            json!({ "name": "Boshqa", "campaignType": "SURVEY", "contactIds": [contact] })
        }
        ("PATCH", "/auto-calling/campaigns/{id}") => json!({ "description": "boshqa" }),
        ("POST", "/auto-calling/campaigns/{id}/contacts") => json!({ "contactIds": [contact] }),
        ("POST", "/auto-calling/contacts") => {
            json!({ "firstName": "Jasur", "lastName": "Karimov", "phone": "+998901112263" })
        }
        ("PATCH", "/auto-calling/contacts/{id}") => json!({ "notes": "boshqa" }),
        ("POST", "/auto-calling/do-not-call") => json!({ "phone": "+998901112264" }),
        ("PATCH", "/auto-calling/promises/{id}") => json!({ "kept": true }),
        ("POST", "/calls/quarantine/{id}/bind") => json!({ "sessionId": session }),
        ("POST", "/calls/result") => {
            json!({ "sessionId": session, "phoneNumber": "+998901112265", "callStatus": "BUSY" })
        }
        ("POST", "/calls/start") => json!({ "uploadId": first(known, "/calls/uploads/") }),
        ("PUT", "/cursors/{name}") => json!({ "position": 1 }),
        ("POST", "/keys") => json!({ "name": "hisobot", "role": "operator", "scopes": ["read"] }),
        ("POST", "/replays") => json!({ "kind": "session", "id": session, "paused": true }),
        ("PATCH", "/replays/{id}") => json!({ "speed": 2 }),
        ("PATCH", "/settings/organization") => json!({ "RULES_PACK": "always" }),
        ("POST", "/users") => json!({ "name": "biri", "role": "operator", "password": "uzun va maxfiy" }),
        ("POST", "/webhooks/endpoints") => json!({ "url": "https://hooks.invalid/others" }),
        ("PATCH", "/webhooks/endpoints/{id}") => json!({ "description": "boshqa" }),
        ("POST", "/webhooks/endpoints/{id}/replay") => json!({ "from": 1 }),
        ("PATCH", "/users/{name}") => json!({ "role": "auditor" }),
        _ if route.has_body() => json!({}),
        _ => return Body::None,
    };
    Body::Json(body)
}
