//! The second step to a recording: an address that is told once it is ready, good for one time and a minute.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::core::State;
use super::faults::{Audio, Faults};
use super::sessions::{Shown, hex32};
use super::tapes::Tape;
use super::wire::{Reply, WAV};
use crate::ports::Ids;

pub(super) const FOLDER: &str = "/admin/api/download/";
const GOOD_FOR: i64 = 60_000;
/// Told to be ready and never fetched.
const READY_MAX: usize = 1_000;

#[derive(Debug)]
struct Ready {
    name: String,
    tape: Tape,
    transcode: bool,
    until: i64,
}

#[derive(Debug, Default)]
pub(super) struct Downloads {
    /// How often each was told to be under way.
    under_way: BTreeMap<String, u32>,
    ready: Vec<Ready>,
}

impl Downloads {
    pub(super) fn ask(
        &mut self,
        tape: Tape,
        transcode: bool,
        (faults, ids, now): (&Faults, &dyn Ids, i64),
    ) -> Value {
        let told = self.under_way.entry(tape.id.clone()).or_default();
        if *told < faults.progress {
            *told += 1;
            return json!({ "operationProgress": 100 * (*told) / (faults.progress + 1) });
        }
        self.under_way.remove(&tape.id);
        let length = tape.audio(transcode).len();
        let length = if faults.audio == Audio::WrongLength { length + 4_096 } else { length };
        let name = hex32(ids);
        let answer = json!({ "fileDownload": { "url": format!("{FOLDER}{name}"), "name": tape.name(), "length": length } });
        if self.ready.len() >= READY_MAX {
            self.ready.remove(0);
        }
        self.ready.push(Ready { name, tape, transcode, until: now + GOOD_FOR });
        answer
    }

    fn take(&mut self, name: &str, now: i64) -> Option<Ready> {
        let at = self.ready.iter().position(|ready| ready.name == name)?;
        Some(self.ready.remove(at)).filter(|ready| now < ready.until)
    }
}

pub(super) fn fetch(state: &mut State, now: i64, shown: &Shown, name: &str) -> Reply {
    let State { sessions, faults, downloads, .. } = state;
    if sessions.check(shown, now, faults).is_err() {
        return Reply::page(StatusCode::FORBIDDEN);
    }
    match downloads.take(name, now) {
        None => Reply::page(StatusCode::NOT_FOUND),
        Some(_) if faults.audio == Audio::Page => Reply::page(StatusCode::OK),
        Some(ready) => Reply {
            half: faults.audio == Audio::Truncated,
            ..Reply::new(StatusCode::OK, WAV, ready.tape.audio(ready.transcode))
        },
    }
}
