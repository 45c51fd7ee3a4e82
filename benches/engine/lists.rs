//! Lists of numbers and sessions that dial them, made as a dashboard makes them: uploaded, then started.

use std::fmt::Write as _;
use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::webhook::{self, Reports};
use crate::wire::Wire;

const BOUNDARY: &str = "a-line-that-no-list-contains";

/// Sessions that run, each with a list of `len` numbers of its own.
pub(crate) async fn started(
    engine: SocketAddr,
    sessions: usize,
    len: u64,
    first_number: u64,
) -> Result<Reports> {
    let mut wire = Wire::connect(engine).await?;
    let (mut names, mut first) = (vec![], first_number);
    for _ in 0..sessions {
        let list = uploaded(&mut wire, &form("numbers.txt", numbers(first, len).as_bytes())).await?;
        ensure!(list.total_numbers == len, "{} of {len} numbers are on the list", list.total_numbers);
        names.push(start(&mut wire, &list.id).await?);
        first += len;
    }
    Ok(Reports::listed(names, first_number, len))
}

fn numbers(first: u64, len: u64) -> String {
    let mut text = String::new();
    for number in first..first + len {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{}", webhook::phone(number));
    }
    text
}

/// The whole request that uploads a file.
pub(crate) fn form(name: &str, file: &[u8]) -> Vec<u8> {
    let head = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         content-type: application/octet-stream\r\n\r\n"
    );
    let tail = format!("\r\n--{BOUNDARY}--\r\n");
    let len = head.len() + file.len() + tail.len();
    let request = format!(
        "POST /calls/upload HTTP/1.1\r\nhost: localhost\r\n\
         content-type: multipart/form-data; boundary={BOUNDARY}\r\ncontent-length: {len}\r\n\r\n{head}"
    );
    [request.as_bytes(), file, tail.as_bytes()].concat()
}

/// A list that is stored, and lies where the call server reads it.
#[derive(Debug)]
pub(crate) struct List {
    id: String,
    pub(crate) total_numbers: u64,
}

pub(crate) async fn uploaded(wire: &mut Wire, form: &[u8]) -> Result<List> {
    let said = answered(wire, form).await?;
    let placed = said.get("placement").and_then(Value::as_str) == Some("placed");
    ensure!(placed, "the list is not where it is dialled: {said}");
    let total_numbers = said.get("totalNumbers").and_then(Value::as_u64).context("no totalNumbers")?;
    Ok(List { id: text(&said, "uploadId")?, total_numbers })
}

/// The session's name.
async fn start(wire: &mut Wire, list: &str) -> Result<String> {
    let mut request = String::new();
    webhook::post("/calls/start", &json!({ "uploadId": list }).to_string(), &mut request);
    let said = answered(wire, request.as_bytes()).await?;
    ensure!(said.get("ok") == Some(&Value::Bool(true)), "the session does not start: {said}");
    text(&said, "sessionId")
}

async fn answered(wire: &mut Wire, request: &[u8]) -> Result<Value> {
    let answer = wire.exchange(request).await?;
    ensure!(
        answer.status == 200,
        "answered with {}: {}",
        answer.status,
        String::from_utf8_lossy(answer.body)
    );
    Ok(serde_json::from_slice(answer.body)?)
}

fn text(said: &Value, name: &str) -> Result<String> {
    let text = said.get(name).and_then(Value::as_str);
    text.map(str::to_owned).with_context(|| format!("no {name}"))
}
