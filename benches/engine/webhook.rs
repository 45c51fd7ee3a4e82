//! What the call server would send: the documented example of a report, with a number and a session of its own each time.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// Numbers of the operators that they are taken from, one after another: each has ten million.
const OPERATORS: [&str; 4] = ["90", "91", "93", "94"];
const NUMBERS_OF_ONE: u64 = 10_000_000;
/// Calls of one list that are under way at a time, and therefore end in another order than they began.
/// Lists are a multiple of it long.
const AT_ONCE: u64 = 32;

/// Sessions that reports are spread over, and the numbers they are about.
#[derive(Debug, Clone)]
pub(crate) struct Reports {
    sessions: Vec<String>,
    first_number: u64,
    /// How many numbers each session's list has; none where the sessions have no lists.
    list_len: Option<u64>,
}

impl Reports {
    /// Sessions that nobody started. `first_number` keeps the numbers of one run apart from those of another.
    pub(crate) fn unlisted(sessions: usize, first_number: u64) -> Self {
        let name = |index| session_name(first_number.wrapping_mul(31).wrapping_add(index));
        let count = u64::try_from(sessions).unwrap_or(1).max(1);
        Self { sessions: (0..count).map(name).collect(), first_number, list_len: None }
    }

    /// Sessions with a list each. The first one's begins at `first_number`, each other one's where another ends.
    pub(crate) fn listed(sessions: Vec<String>, first_number: u64, list_len: u64) -> Self {
        Self { sessions, first_number, list_len: Some(list_len) }
    }

    pub(crate) fn sessions(&self) -> &[String] {
        &self.sessions
    }

    /// The session that the report `number` is sent for.
    pub(crate) fn session(&self, number: u64) -> usize {
        usize::try_from(number % self.count()).unwrap_or(0)
    }

    pub(crate) fn phone(&self, number: u64) -> String {
        let at = match self.list_len {
            Some(len) => number % self.count() * len + place(number / self.count()),
            None => number,
        };
        phone(self.first_number + at)
    }

    /// Whether the report `number` is about a number that the session was started with, where it was started with any.
    pub(crate) fn is_listed(&self, number: u64) -> bool {
        self.list_len.is_none_or(|len| number / self.count() < len)
    }

    fn count(&self) -> u64 {
        u64::try_from(self.sessions.len()).unwrap_or(1).max(1)
    }

    pub(crate) fn body(&self, number: u64) -> String {
        let session = self.sessions.get(self.session(number)).map_or("", String::as_str);
        let phone = self.phone(number);
        format!(
            r#"{{"sessionId":"{session}","phoneNumber":"{phone}","callStatus":"ANSWERED","callDuration":45,"operatorName":"Alisher Valijonov","operatorId":"uuid","callStartTime":"2025-10-06T18:30:00.000Z","callEndTime":"2025-10-06T18:30:45.000Z","recordingUrl":"https://recordings.example.com/call-12345.mp3","notes":"Mijoz mahsulot haqida so'radi"}}"#
        )
    }

    /// Writes the whole request.
    pub(crate) fn request(&self, number: u64, out: &mut String) {
        post("/calls/result", &self.body(number), out);
    }

    /// The same, in the name of whoever has the token.
    pub(crate) fn request_by(&self, token: &str, number: u64, out: &mut String) {
        let body = self.body(number);
        let len = body.len();
        // Writing into a string cannot fail.
        let _ = write!(
            out,
            "POST /calls/result HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {len}\r\n\r\n{body}"
        );
    }
}

/// Where on its list the number stands whose call ends as the list's `nth`: further down by and by, yet not in the list's order.
fn place(nth: u64) -> u64 {
    let (before, within) = (nth / AT_ONCE, nth % AT_ONCE);
    // An odd factor and any shift reach each of them once.
    before * AT_ONCE + (within * 13 + before) % AT_ONCE
}

pub(crate) fn phone(number: u64) -> String {
    let operator = usize::try_from(number / NUMBERS_OF_ONE).unwrap_or(0) % OPERATORS.len();
    let operator = OPERATORS.get(operator).copied().unwrap_or_default();
    format!("+998{operator}{:07}", number % NUMBERS_OF_ONE)
}

pub(crate) fn post(path: &str, body: &str, out: &mut String) {
    let len = body.len();
    // Writing into a string cannot fail.
    let _ = write!(
        out,
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len}\r\n\r\n{body}"
    );
}

pub(crate) fn get(path: &str, out: &mut String) {
    let _ = write!(out, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
}

/// The same, in the name of whoever has the token.
pub(crate) fn get_as(token: &str, path: &str, out: &mut String) {
    let _ = write!(out, "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n");
}

/// The same number for the same one, and nothing in common with its neighbours.
pub(crate) fn mixed(number: u64) -> u64 {
    let mixed = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 1
}

/// `session-<unix ms>-<6 base36>`, the same shape as the engine's own.
pub(crate) fn session_name(salt: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut mixed = salt.wrapping_add(u64::from(now.subsec_nanos())).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut tag = String::new();
    for _ in 0..6 {
        let digit = u32::try_from((mixed >> 33) % 36).unwrap_or(0);
        tag.push(char::from_digit(digit, 36).unwrap_or('0'));
        mixed = mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
    }
    format!("session-{}-{tag}", now.as_millis())
}
