//! Where values come from: flags before the environment before `.env` before the defaults.
//! A name that is written down and empty stands for the default. It finds misspelt names; it judges no value.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::{fmt, fs, io};

use domain::slip;

use super::Error;
use super::env_file;
use super::settings::{LATER_PREFIXES, Setting, settings};

/// Where a value was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Origin {
    Flag,
    Environment,
    /// The line of `.env`.
    File(usize),
    #[default]
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("from a flag"),
            Self::Environment => f.write_str("from the environment"),
            Self::File(line) => write!(f, "from .env, line {line}"),
            Self::Default => f.write_str("by default"),
        }
    }
}

/// A setting with what holds, for people.
#[derive(Debug, Clone)]
pub struct Said {
    pub setting: &'static Setting,
    /// None where it is a secret.
    pub value: Option<String>,
    pub origin: Origin,
}

/// Everything that was said, before it is understood.
#[derive(Default)]
pub struct Sources {
    flags: BTreeMap<&'static str, String>,
    environment: BTreeMap<String, OsString>,
    file: Vec<env_file::Line>,
}

/// It may hold secrets, so it shows how much there is of it and nothing else.
impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flags, environment, file } = self;
        write!(f, "Sources({} flags, {} variables, {} lines)", flags.len(), environment.len(), file.len())
    }
}

impl Sources {
    /// The process's environment and the `.env` of the folder it was started in, under the flags given.
    pub fn gather(flags: BTreeMap<&'static str, String>) -> Result<Self, Error> {
        Self::from_parts(flags, std::env::vars_os(), Path::new(".env"))
    }

    /// Nothing but these values. For tests and embedding programs.
    pub fn only<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let environment = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        Self { environment, ..Self::default() }
    }

    pub(super) fn from_parts(
        flags: BTreeMap<&'static str, String>,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        env_file: &Path,
    ) -> Result<Self, Error> {
        let named = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
        let file = match fs::read_to_string(env_file) {
            Ok(text) => env_file::parse(&text)
                .map_err(|fault| Error::EnvLine { line: fault.line, reason: fault.reason })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Error::EnvFile(error)),
        };
        let sources = Self { flags, environment: variables.into_iter().filter_map(named).collect(), file };
        sources.file.iter().try_for_each(check_spelling)?;
        Ok(sources)
    }

    /// The value of a setting and where it was found. Empty means unset.
    pub(super) fn value(&self, name: &'static str, default: &str) -> Result<(String, Origin), Error> {
        let (text, origin) = self.written(name)?.unwrap_or_default();
        let text = text.trim();
        Ok(if text.is_empty() { (default.to_owned(), Origin::Default) } else { (text.to_owned(), origin) })
    }

    pub(super) fn said(&self) -> Result<Vec<Said>, Error> {
        let said = settings().iter().map(|setting| {
            let (value, origin) = self.value(setting.name, setting.default)?;
            Ok(Said { setting, value: (!setting.secret).then_some(value), origin })
        });
        said.collect()
    }

    fn written(&self, name: &'static str) -> Result<Option<(String, Origin)>, Error> {
        if let Some(flag) = self.flags.get(name) {
            return Ok(Some((flag.clone(), Origin::Flag)));
        }
        if let Some(value) = self.environment.get(name) {
            let text = value.to_str().ok_or_else(|| Error::Wrong {
                name,
                reason: "is not UTF-8".to_owned(),
                origin: Origin::Environment,
            })?;
            return Ok(Some((text.to_owned(), Origin::Environment)));
        }
        let line = self.file.iter().rfind(|line| line.name == name);
        Ok(line.map(|line| (line.value.clone(), Origin::File(line.number))))
    }

    /// What is worth a line in the log at start: names that do nothing.
    pub(super) fn remarks(&self) -> Vec<String> {
        let in_environment =
            self.environment.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name);
        let mut idle: Vec<&str> = in_environment.map(String::as_str).filter(|name| is_later(name)).collect();
        let mut remarks = Vec::new();
        for line in &self.file {
            if is_later(&line.name) && !line.value.is_empty() && !idle.contains(&line.name.as_str()) {
                idle.push(&line.name);
            } else if !is_later(&line.name) && !is_setting(&line.name) {
                remarks
                    .push(format!("{} (.env, line {}) is no setting and is ignored", line.name, line.number));
            }
        }
        remarks.extend(idle.iter().map(|name| format!("{name} has no effect in this version")));
        remarks.extend(self.twice());
        remarks
    }

    fn twice(&self) -> Vec<String> {
        let is_last = |at: usize, name: &str| !self.file.iter().skip(at + 1).any(|later| later.name == name);
        let lines = self.file.iter().enumerate().filter(|(_, line)| is_setting(&line.name));
        let overwritten = lines.filter(|(at, line)| !is_last(*at, &line.name));
        overwritten
            .map(|(_, line)| format!("{} (.env, line {}) is set again further down", line.name, line.number))
            .collect()
    }
}

fn is_setting(name: &str) -> bool {
    settings().iter().any(|setting| setting.name == name)
}

fn is_later(name: &str) -> bool {
    LATER_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// A name that is nearly one of ours is a slip that would otherwise pass in silence.
fn check_spelling(line: &env_file::Line) -> Result<(), Error> {
    if is_setting(&line.name) || is_later(&line.name) {
        return Ok(());
    }
    match likely(&line.name) {
        Some(likely) => Err(Error::Misspelt { name: line.name.clone(), line: line.number, likely }),
        None => Ok(()),
    }
}

fn likely(name: &str) -> Option<&'static str> {
    slip::nearest(&name.to_ascii_uppercase(), settings().iter().map(|setting| setting.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        for (name, meant) in [
            ("REMOTE_HOTS", Some("REMOTE_HOST")),
            ("JWT_SECRT", Some("JWT_SECRET")),
            ("PROT", Some("PORT")),
            ("DATABASE_URI", Some("DATABASE_URL")),
            ("kerio_pbx_hosts", Some("KERIO_PBX_HOST")),
            ("port", Some("PORT")),
            ("NODE_ENV", None),
            ("DB_PORT", None),
            ("REDIS_HOST", None),
            ("TZ", None),
        ] {
            assert_eq!(likely(name), meant, "{name}");
        }
    }
}
