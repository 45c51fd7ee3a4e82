//! Socket.IO's packets, in the protocol's fifth revision: read with full suspicion, written once. It knows no session and no socket.

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::engine_io::{Malformed, Packet};

/// Attachments of one event. Unbounded counts were what brought other servers down.
pub const ATTACHMENTS_MAX: usize = 10;

/// The namespace that needs no name.
pub const MAIN: &str = "/";

/// Names that clients' own libraries use for other things.
const RESERVED: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// What an event or its acknowledgement carries: arguments, with a placeholder where each attachment belongs.
#[derive(Clone, Default, PartialEq)]
pub struct Payload {
    pub args: Vec<Value>,
    pub attachments: Vec<Bytes>,
}

impl From<Value> for Payload {
    fn from(only: Value) -> Self {
        Self { args: vec![only], attachments: vec![] }
    }
}

/// What is in it may be about people.
impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Payload({} arguments, {} attachments)", self.args.len(), self.attachments.len())
    }
}

/// Where an attachment stands among the arguments.
pub fn placeholder(index: usize) -> Value {
    json!({ "_placeholder": true, "num": index })
}

/// A packet from a client, without its attachments, which follow it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Received {
    pub(super) namespace: String,
    pub(super) kind: Kind,
    pub(super) attachments: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Connect {
        auth: Value,
    },
    Disconnect,
    Event {
        name: String,
        args: Vec<Value>,
        ack: Option<u64>,
    },
    /// Nothing is asked of clients, so there is nothing to be done about their answers.
    Ack,
}

/// Reads what stands before the attachments: type, their count, namespace, id, data.
pub(super) fn parse(text: &str) -> Result<Received, Malformed> {
    let mut rest = text;
    let kind = head(&mut rest)?;
    let binary = matches!(kind, '5' | '6');
    let attachments = if binary { count(&mut rest)? } else { 0 };
    let namespace = namespace(&mut rest);
    let id = id(&mut rest)?;
    let data = if rest.is_empty() { None } else { Some(serde_json::from_str(rest).map_err(|_| Malformed)?) };
    let kind = match (kind, id) {
        ('0', None) => connect(data)?,
        ('1', None) if data.is_none() => Kind::Disconnect,
        ('2' | '5', ack) => event(list(data)?, ack, attachments)?,
        ('3' | '6', Some(_)) => list(data).map(|_| Kind::Ack)?,
        _ => return Err(Malformed),
    };
    Ok(Received { namespace, kind, attachments })
}

fn connect(data: Option<Value>) -> Result<Kind, Malformed> {
    let auth = data.unwrap_or_else(|| Value::Object(Map::new()));
    if auth.is_object() { Ok(Kind::Connect { auth }) } else { Err(Malformed) }
}

fn list(data: Option<Value>) -> Result<Vec<Value>, Malformed> {
    if let Some(Value::Array(items)) = data { Ok(items) } else { Err(Malformed) }
}

fn head(rest: &mut &str) -> Result<char, Malformed> {
    let mut characters = rest.chars();
    let kind = characters.next().ok_or(Malformed)?;
    *rest = characters.as_str();
    Ok(kind)
}

fn count(rest: &mut &str) -> Result<usize, Malformed> {
    let (digits, after) = rest.split_once('-').ok_or(Malformed)?;
    let count = number(digits)?;
    *rest = after;
    usize::try_from(count).ok().filter(|count| *count <= ATTACHMENTS_MAX).ok_or(Malformed)
}

fn namespace(rest: &mut &str) -> String {
    if !rest.starts_with('/') {
        return MAIN.to_owned();
    }
    let (name, after) = rest.split_once(',').unwrap_or((rest, ""));
    *rest = after;
    name.to_owned()
}

fn id(rest: &mut &str) -> Result<Option<u64>, Malformed> {
    let len = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(len);
    *rest = after;
    if digits.is_empty() { Ok(None) } else { number(digits).map(Some) }
}

/// Digits only: no sign and no blank.
fn number(digits: &str) -> Result<u64, Malformed> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain).ok_or(Malformed)
}

fn event(mut args: Vec<Value>, ack: Option<u64>, attachments: usize) -> Result<Kind, Malformed> {
    if attachments > 0 && !args.iter().all(|arg| placed(arg, attachments)) {
        return Err(Malformed);
    }
    if args.is_empty() {
        return Err(Malformed);
    }
    let name = match args.remove(0) {
        Value::String(name) if !RESERVED.contains(&name.as_str()) => name,
        // Clients may name events by numbers.
        Value::Number(name) => name.to_string(),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            return Err(Malformed);
        }
    };
    Ok(Kind::Event { name, args, ack })
}

/// Whether every placeholder has its attachment.
fn placed(value: &Value, attachments: usize) -> bool {
    match value {
        Value::Array(items) => items.iter().all(|item| placed(item, attachments)),
        Value::Object(fields) if fields.get("_placeholder") == Some(&Value::Bool(true)) => {
            let index = fields.get("num").and_then(Value::as_u64).and_then(|num| usize::try_from(num).ok());
            index.is_some_and(|index| index < attachments)
        }
        Value::Object(fields) => fields.values().all(|field| placed(field, attachments)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

pub(super) fn connected(namespace: &str, id: &str) -> Packet {
    Packet::message(&format!("0{}{}", prefix(namespace), json!({ "sid": id })))
}

pub(super) fn refused(namespace: &str, message: &str, data: Option<&Value>) -> Packet {
    let told = match data {
        Some(data) => json!({ "message": message, "data": data }),
        None => json!({ "message": message }),
    };
    Packet::message(&format!("4{}{told}", prefix(namespace)))
}

pub(super) fn disconnected(namespace: &str) -> Packet {
    // Without a comma clients would read on.
    Packet::message(&format!("1{}", prefix(namespace)))
}

/// An event and what is attached to it.
pub(super) fn event_packets(namespace: &str, name: &str, payload: &Payload) -> Vec<Packet> {
    let mut args = vec![Value::String(name.to_owned())];
    args.extend(payload.args.iter().cloned());
    packets(('2', '5'), namespace, "", &Value::Array(args).to_string(), &payload.attachments)
}

/// An event whose one argument is JSON already.
pub(super) fn raw_event_packet(namespace: &str, name: &str, data: &RawValue) -> Packet {
    Packet::message(&format!("2{}[{},{}]", prefix(namespace), Value::String(name.to_owned()), data.get()))
}

pub(super) fn ack_packets(namespace: &str, id: u64, payload: &Payload) -> Vec<Packet> {
    let args = Value::Array(payload.args.clone()).to_string();
    packets(('3', '6'), namespace, &id.to_string(), &args, &payload.attachments)
}

fn packets(
    (plain, binary): (char, char),
    namespace: &str,
    id: &str,
    args: &str,
    attachments: &[Bytes],
) -> Vec<Packet> {
    let kind =
        if attachments.is_empty() { plain.to_string() } else { format!("{binary}{}-", attachments.len()) };
    let text = Packet::message(&format!("{kind}{}{id}{args}", prefix(namespace)));
    std::iter::once(text).chain(attachments.iter().map(|bytes| Packet::binary(bytes))).collect()
}

fn prefix(namespace: &str) -> String {
    if namespace == MAIN { String::new() } else { format!("{namespace},") }
}

#[cfg(test)]
mod tests;
