//! Rules as their text says them, and plain arithmetic on them.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use serde_json::Value;

#[derive(Debug)]
pub(super) struct Law {
    windows: Option<Vec<Window>>,
    holidays: Vec<String>,
    caps: Vec<Cap>,
    /// How long, and whether who asked to be called is spared. None where the text says nothing of it.
    quiet: Option<(Option<TimeDelta>, bool)>,
    pub(super) grace: TimeDelta,
}

#[derive(Debug)]
struct Window {
    days: Vec<String>,
    from: u32,
    until: u32,
}

#[derive(Debug)]
struct Cap {
    conversations: bool,
    within: TimeDelta,
    at_most: usize,
}

/// A call as it was counted, by when it began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rang {
    pub(super) at: DateTime<Utc>,
    pub(super) spoke: bool,
}

impl Law {
    pub(super) fn read(text: &Value) -> Self {
        let list = |name: &str| text[name].as_array().cloned().unwrap_or_default();
        let windows = text["windows"].as_array().map(|all| all.iter().map(Window::read).collect());
        let cap = |cap: &Value| Cap {
            conversations: cap["count"] == "conversations",
            within: span(&cap["within"]).unwrap(),
            at_most: usize::try_from(cap["atMost"].as_u64().unwrap()).unwrap(),
        };
        let quiet = &text["quiet"];
        let quiet =
            quiet.is_object().then(|| (span(&quiet["afterConversation"]), quiet["sparesCallbacks"] == true));
        Self {
            windows,
            holidays: list("holidays").iter().map(|day| day.as_str().unwrap().to_owned()).collect(),
            caps: list("caps").iter().map(cap).collect(),
            quiet,
            grace: span(&text["promises"]["grace"]).unwrap_or_default(),
        }
    }

    /// Every one of them holds; and of silence the longest, which is broken only where each text that speaks of it allows that.
    pub(super) fn together(mut laws: Vec<Self>) -> Vec<Self> {
        let told: Vec<_> = laws.iter().filter_map(|law| law.quiet).collect();
        let long = told.iter().filter_map(|(long, _)| *long).max();
        let spares = told.iter().all(|(_, spares)| *spares);
        for law in &mut laws {
            law.quiet = Some((long, spares));
        }
        laws
    }

    /// What forbids a call at this instant. `tried` is in the order of time; `asked_for`: the person wants this very call.
    pub(super) fn forbids(
        &self,
        at: DateTime<Utc>,
        zone: Tz,
        tried: &[Rang],
        asked_for: bool,
    ) -> Option<&'static str> {
        let wall = at.with_timezone(&zone);
        let is_open = |windows: &Vec<Window>| windows.iter().any(|window| window.is_open(&wall));
        if !self.windows.as_ref().is_none_or(is_open) {
            return Some("the window");
        }
        let (day, every) = (wall.format("%Y-%m-%d").to_string(), wall.format("%m-%d").to_string());
        if self.holidays.iter().any(|holiday| *holiday == day || *holiday == every) {
            return Some("the holiday");
        }
        let counted = |cap: &Cap| {
            let mut within = tried.iter().filter(|rang| rang.at > at - cap.within).collect::<Vec<_>>();
            within.retain(|rang| rang.spoke || !cap.conversations);
            within.len()
        };
        if self.caps.iter().any(|cap| counted(cap) >= cap.at_most) {
            return Some("the cap");
        }
        let spoke = tried.iter().rfind(|rang| rang.spoke);
        let silent = |(long, spares): (Option<TimeDelta>, bool)| {
            let long = long.filter(|_| !(spares && asked_for));
            long.zip(spoke).is_some_and(|(long, rang)| rang.at + long > at)
        };
        self.quiet.is_some_and(silent).then_some("the quiet time")
    }
}

impl Window {
    fn read(text: &Value) -> Self {
        let minute = |name: &str| {
            let (hours, minutes) = text[name].as_str().unwrap().split_once(':').unwrap();
            hours.parse::<u32>().unwrap() * 60 + minutes.parse::<u32>().unwrap()
        };
        let days = text["days"].as_array().unwrap().iter().map(|day| day.as_str().unwrap().to_owned());
        Self { days: days.collect(), from: minute("from"), until: minute("until") }
    }

    fn is_open(&self, wall: &DateTime<Tz>) -> bool {
        let minute = wall.hour() * 60 + wall.minute();
        let on = |day: chrono::Weekday| self.days.contains(&day.to_string().to_lowercase());
        let (today, yesterday) = (wall.weekday(), wall.weekday().pred());
        if self.from < self.until {
            return on(today) && self.from <= minute && minute < self.until;
        }
        on(today) && minute >= self.from || on(yesterday) && minute < self.until
    }
}

/// `1d`, `1h30m`.
fn span(text: &Value) -> Option<TimeDelta> {
    let (mut sum, mut digits) = (0, String::new());
    for c in text.as_str()?.chars() {
        let unit = match c {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            digit => {
                digits.push(digit);
                continue;
            }
        };
        sum += unit * std::mem::take(&mut digits).parse::<i64>().unwrap();
    }
    Some(TimeDelta::seconds(sum))
}
