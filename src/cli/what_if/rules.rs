//! Rules as files: a campaign's settings, as the API and `karnay simulate` take them, written as TOML or as JSON.

use std::fs::File;
use std::io::{self, Read as _};

use domain::campaign::Settings;
use domain::rules::{Changes, Pack, read};
use serde_json::Value;

/// More than any campaign's settings.
const LEN_MAX: u64 = 1024 * 1024;

/// Why a file holds no rules.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Error {
    #[error("the rules cannot be read from {from}: {why}")]
    Unread { from: String, why: io::Error },
    #[error("the rules are no JSON: {0}")]
    NoJson(serde_json::Error),
    #[error("the rules are no TOML: {}", .0.to_string().trim())]
    NoToml(toml::de::Error),
    #[error("the rules are wrong: {}", if .0.field.is_empty() { .0.why.clone() } else { .0.to_string() })]
    Wrong(read::Invalid),
}

/// From a file, or from standard input where that is a hyphen.
pub(super) fn read(from: &str) -> Result<Settings, Error> {
    let text = text(from).map_err(|why| Error::Unread { from: from.to_owned(), why })?;
    parse(&text)
}

fn parse(text: &str) -> Result<Settings, Error> {
    let value: Value = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(Error::NoJson)?
    } else {
        toml::from_str(text).map_err(Error::NoToml)?
    };
    read::read(&value).map_err(Error::Wrong)
}

fn text(from: &str) -> io::Result<String> {
    let mut text = String::new();
    if from == "-" {
        io::stdin().take(LEN_MAX).read_to_string(&mut text)?;
    } else {
        File::open(from)?.take(LEN_MAX).read_to_string(&mut text)?;
    }
    Ok(text)
}

/// A campaign's settings with all that holds for it, whosever rule it is.
pub(super) fn whole(settings: &Settings, pack: &Pack) -> Settings {
    let rules = Some(Changes::from(pack.clone()));
    Settings { rules_pack: None, rules, ..settings.clone() }
}

/// As a file to be changed.
pub(super) fn written(settings: &Settings) -> Result<String, toml::ser::Error> {
    toml::to_string_pretty(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for pack in Pack::NAMES.map(|name| Pack::named(name).unwrap()) {
            let settings = whole(&Settings::default(), &pack);
            let text = written(&settings).unwrap();
            assert_eq!(parse(&text).unwrap(), settings, "{text}");
        }
    }

    #[test]
    fn both_ways_of_writing_say_the_same_and_what_is_wrong_is_named() {
        let toml = "concurrency = 4\n[[rules.caps]]\ncount = \"attempts\"\nwithin = \"1d\"\natMost = 2\n";
        let json =
            r#"{"concurrency": 4, "rules": {"caps": [{"count": "attempts", "within": "1d", "atMost": 2}]}}"#;
        assert_eq!(parse(toml).unwrap(), parse(json).unwrap());
        for (wrong, why) in [
            ("concurrency = 0", "concurrency"),
            ("lines = 3", "not known"),
            ("concurrency = ", "no TOML"),
            ("{\"concurrency\":", "no JSON"),
        ] {
            let told = parse(wrong).unwrap_err().to_string();
            assert!(told.to_lowercase().contains(&why.to_lowercase()), "{wrong}: {told}");
        }
    }
}
