//! An agent that makes up everything that may be said, callbacks above all: at any hour, weeks ahead, in the very nights in which clocks
//! are changed, with a zone and without.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::super::{Asked, Spoken};

/// An hour before clocks are changed somewhere.
const NIGHTS: [&str; 6] = [
    "2026-10-03T15:00:00Z",
    "2026-10-25T00:00:00Z",
    "2026-11-01T05:00:00Z",
    "2027-03-14T06:00:00Z",
    "2027-03-28T00:00:00Z",
    "2027-04-03T15:00:00Z",
];

pub(super) struct Invented {
    dice: u64,
    /// Which instant was meant, by the end of what asked for it and the number.
    pub(super) wanted: HashMap<(String, DateTime<Utc>), DateTime<Utc>>,
}

impl Invented {
    pub(super) fn new(seed: u64) -> Self {
        Self { dice: seed, wanted: HashMap::new() }
    }

    pub(super) fn speak(&mut self, asked: Asked) -> Spoken {
        let secs = u32::try_from(self.below(200) + 1).unwrap();
        let ends = asked.at + TimeDelta::seconds(secs.into());
        let talked =
            |success: bool, outcome: &str| json!({ "success": success, "outcome": outcome, "duration": 60 });
        let told = match self.below(100) {
            0..45 => self.callback(&asked, ends),
            45..52 => self.promise(ends),
            52..56 => json!({ "success": false, "optOut": true, "duration": 20 }),
            56..60 => talked(true, "SUCCESS"),
            60..62 => talked(false, "REFUSED"),
            62..70 => json!({ "success": false, "outcome": "NO_ANSWER" }),
            70..78 => json!({ "success": false, "outcome": "BUSY" }),
            78..82 => json!({ "success": false, "cause": "REJECTED" }),
            82..88 => json!({ "success": false, "cause": "SWITCHED_OFF" }),
            88..93 => json!({ "success": false, "duration": 4 }),
            93..98 => json!({ "success": false, "cause": "NETWORK_ERROR" }),
            _ => json!({ "success": false, "cause": "INVALID_NUMBER" }),
        };
        Spoken { secs, answer: serde_json::from_value(told).unwrap() }
    }

    fn callback(&mut self, asked: &Asked, ends: DateTime<Utc>) -> Value {
        let answer =
            |at: Value| json!({ "success": true, "outcome": "CALLBACK_REQUESTED", "callbackAt": at });
        let zone: Tz = asked.details.zone.as_deref().unwrap().parse().unwrap();
        let night: DateTime<Utc> = NIGHTS[self.below(6)].parse().unwrap();
        let night = night + TimeDelta::minutes(i64::try_from(self.below(180)).unwrap());
        let soon = ends + TimeDelta::minutes(i64::try_from(self.below(40 * 1_440)).unwrap());
        let wanted = if self.below(3) == 0 && night > ends { night } else { soon };
        let wall = wanted.with_timezone(&zone);
        match self.below(10) {
            0 => answer(Value::Null),
            1..5 => {
                let text = wall.format("%Y-%m-%dT%H:%M:%S").to_string();
                // Of an hour that there is twice the first is meant.
                let meant = zone.from_local_datetime(&wall.naive_local()).earliest().unwrap();
                let meant = meant.to_utc() - TimeDelta::nanoseconds(meant.timestamp_subsec_nanos().into());
                self.wanted.insert((asked.details.phone.clone(), ends), meant);
                answer(text.into())
            }
            _ => {
                self.wanted.insert((asked.details.phone.clone(), ends), wanted);
                answer(wall.to_rfc3339().into())
            }
        }
    }

    fn promise(&mut self, ends: DateTime<Utc>) -> Value {
        let due = (ends + TimeDelta::days(i64::try_from(self.below(14)).unwrap())).date_naive();
        json!({ "success": true, "outcome": "PROMISE_TO_PAY", "promise": { "amount": 100, "dueDate": due } })
    }

    fn below(&mut self, bound: u64) -> usize {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.dice >> 33) % bound).unwrap()
    }
}
