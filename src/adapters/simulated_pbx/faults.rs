//! What the box does wrong on request, and what of its behaviour nobody is sure about: one switch for each.

use std::str::FromStr;
use std::time::Duration;

/// As a healthy box has it by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// Before each answer.
    pub latency: Duration,
    /// In how many of a hundred requests the answer is lost after the request was carried out.
    pub lost: u8,
    /// In how many of a hundred requests HTTP 500 comes instead, and nothing is carried out.
    pub broken: u8,
    /// In how many of a hundred requests a page comes instead, with HTTP 200.
    pub page: u8,
    /// After how many of a hundred answers the connection is closed, as the real box often does.
    pub close: u8,
    /// Every answer comes in pieces of odd lengths.
    pub chunks: bool,
    /// Sessions end when they are not used for so long.
    pub idle: Option<Duration>,
    /// Sessions end at this age.
    pub lifetime: Option<Duration>,
    /// Sessions end after so many calls.
    pub kill_after: Option<u64>,
    /// A wrong token is told as a lost session instead of HTTP 403.
    pub soft_token: bool,
    /// What a wrong password is told.
    pub login_error: i64,
    /// What every method that shows data answers instead.
    pub error: Option<i64>,
    /// Methods that the account has no right to; `*` is all that show data.
    pub forbidden: Vec<String>,
    /// Methods that this version of the box does not know.
    pub missing: Vec<String>,
    pub timestamps: Timestamps,
    /// Rows that an answer holds at most, whatever was asked for.
    pub cap: Option<usize>,
    /// New rows that each page of the log is followed by.
    pub shift: u32,
    /// How often a download is told to be under way before it is ready.
    pub progress: u32,
    pub audio: Audio,
    /// How far the box's clock is ahead.
    pub skew_secs: i64,
    /// Numbers as texts, keys more and fewer, names that are null.
    pub loose: bool,
    /// In how many of a hundred rows the status is one that nobody knows.
    pub unknown: u8,
}

/// Whether conditions on TIMESTAMP work, which nobody has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timestamps {
    Honoured,
    /// As if they were not there.
    Ignored,
    /// Wrong parameters.
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audio {
    Whole,
    /// Breaks off in the middle.
    Truncated,
    /// The length that was announced is another.
    WrongLength,
    /// A page instead.
    Page,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            lost: 0,
            broken: 0,
            page: 0,
            close: 0,
            chunks: false,
            idle: None,
            lifetime: None,
            kill_after: None,
            soft_token: false,
            login_error: 1000,
            error: None,
            forbidden: vec![],
            missing: vec![],
            timestamps: Timestamps::Honoured,
            cap: None,
            shift: 0,
            progress: 1,
            audio: Audio::Whole,
            skew_secs: 0,
            loose: false,
            unknown: 0,
        }
    }
}

/// Why that is no list of faults.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFaults {
    #[error(
        "`{0}` is no fault; they are lost, 500, html, close, latency, chunks, idle, expire, kill, softtoken, badlogin, error, forbidden, missing, ignore, refuse, cap, shift, progress, truncated, length, page, skew, loose, unknown"
    )]
    Unknown(String),
    #[error("`{0}` needs a number after a colon that fits it")]
    Number(String),
    #[error("`{0}` needs no more than its name")]
    Bare(String),
}

impl FromStr for Faults {
    type Err = BadFaults;

    /// `lost:5,expire:600,loose` or the like.
    fn from_str(text: &str) -> Result<Self, BadFaults> {
        let mut faults = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) =
                part.split_once(':').map_or((part, None), |(name, value)| (name, Some(value)));
            match value {
                None => faults.switch(part, name)?,
                Some(value) => faults.set(part, name, value)?,
            }
        }
        Ok(faults)
    }
}

impl Faults {
    fn switch(&mut self, part: &str, name: &str) -> Result<(), BadFaults> {
        match name {
            "chunks" => self.chunks = true,
            "softtoken" => self.soft_token = true,
            "loose" => self.loose = true,
            "ignore" => self.timestamps = Timestamps::Ignored,
            "refuse" => self.timestamps = Timestamps::Refused,
            "truncated" => self.audio = Audio::Truncated,
            "length" => self.audio = Audio::WrongLength,
            "page" => self.audio = Audio::Page,
            "forbidden" => self.forbidden = vec!["*".to_owned()],
            "lost" => self.lost = 100,
            "500" => self.broken = 100,
            "html" => self.page = 100,
            "close" => self.close = 100,
            "unknown" => self.unknown = 100,
            "latency" | "idle" | "expire" | "kill" | "badlogin" | "error" | "cap" | "shift" | "progress"
            | "skew" | "missing" => return Err(BadFaults::Number(part.to_owned())),
            _ => return Err(BadFaults::Unknown(part.to_owned())),
        }
        Ok(())
    }

    fn set(&mut self, part: &str, name: &str, value: &str) -> Result<(), BadFaults> {
        match name {
            "lost" => self.lost = percent(part, value)?,
            "500" => self.broken = percent(part, value)?,
            "html" => self.page = percent(part, value)?,
            "close" => self.close = percent(part, value)?,
            "unknown" => self.unknown = percent(part, value)?,
            "latency" => self.latency = Duration::from_millis(number(part, value)?),
            "idle" => self.idle = Some(Duration::from_secs(number(part, value)?)),
            "expire" => self.lifetime = Some(Duration::from_secs(number(part, value)?)),
            "kill" => self.kill_after = Some(number(part, value)?),
            "badlogin" => self.login_error = number(part, value)?,
            "error" => self.error = Some(number(part, value)?),
            "cap" => self.cap = Some(number(part, value)?),
            "shift" => self.shift = number(part, value)?,
            "progress" => self.progress = number(part, value)?,
            "skew" => self.skew_secs = number(part, value)?,
            "forbidden" => self.forbidden.push(value.to_owned()),
            "missing" => self.missing.push(value.to_owned()),
            "chunks" | "softtoken" | "loose" | "ignore" | "refuse" | "truncated" | "length" | "page" => {
                return Err(BadFaults::Bare(part.to_owned()));
            }
            _ => return Err(BadFaults::Unknown(part.to_owned())),
        }
        Ok(())
    }

    /// Whether the account has no right to a method.
    pub(super) fn forbids(&self, method: &str) -> bool {
        self.forbidden.iter().any(|known| known == method || known == "*")
    }

    pub(super) fn lacks(&self, method: &str) -> bool {
        self.missing.iter().any(|known| known == method)
    }
}

fn number<T: FromStr>(part: &str, value: &str) -> Result<T, BadFaults> {
    value.parse().map_err(|_| BadFaults::Number(part.to_owned()))
}

fn percent(part: &str, value: &str) -> Result<u8, BadFaults> {
    number(part, value)
        .ok()
        .filter(|share| (0..=100).contains(share))
        .ok_or_else(|| BadFaults::Number(part.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_by_name_and_number() {
        let faults: Faults =
            "lost:5, expire:600,loose,forbidden:Recordings.get,missing:Batch.run,ignore,length,skew:-30"
                .parse()
                .unwrap();
        let expected = Faults {
            lost: 5,
            lifetime: Some(Duration::from_mins(10)),
            loose: true,
            forbidden: vec!["Recordings.get".to_owned()],
            missing: vec!["Batch.run".to_owned()],
            timestamps: Timestamps::Ignored,
            audio: Audio::WrongLength,
            skew_secs: -30,
            ..Faults::default()
        };
        assert_eq!(faults, expected);
        assert!(faults.forbids("Recordings.get") && !faults.forbids("CallHistory.get"));
        assert_eq!("".parse(), Ok(Faults::default()));
    }

    #[test]
    fn what_is_no_fault_is_refused_by_name() {
        for text in ["fire", "fire:3", "lost:101", "lost:x", "kill", "loose:3", "cap:-1"] {
            let why = text.parse::<Faults>().unwrap_err().to_string();
            assert!(why.contains(&format!("`{text}`")), "{why}");
        }
    }
}
