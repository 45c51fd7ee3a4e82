//! What an organization sets for itself, under the names that the engine's own settings have and with the same rules. A far end is set
//! as a whole: what an organization does not say of its own has the setting's default and never the house's value.

use std::collections::BTreeMap;

use reqwest::Url;

use super::sources::Sources;
use super::{Config, Error, Reading, RemoteKind, Setting, settings};

/// What makes a far end an organization's own, and what else can be said of it then.
const REMOTE: (&str, [&str; 8]) = (
    "REMOTE_HOST",
    [
        "REMOTE_PORT",
        "REMOTE_USER",
        "PRIVATE_KEY_BASE64",
        "REMOTE_HOST_KEY",
        "REMOTE_PATH",
        "REMOTE_COMMAND",
        "REMOTE_STOP_COMMAND",
        "REMOTE_RECORDINGS_PATH",
    ],
);
const AGENT: (&str, [&str; 4]) =
    ("AGENT_URL", ["AGENT_TOKEN", "AGENT_STATUS_URL", "AGENT_TIMEOUT_SECONDS", "WEBHOOK_SECRETS"]);
/// Also of the house's agent.
const RULES: &str = "RULES_PACK";

/// Every setting that an organization may have of its own, in the order in which they are best read.
pub fn offered() -> impl Iterator<Item = &'static Setting> {
    settings().iter().filter(|setting| whole(setting.name).is_some())
}

/// The setting without which this one says nothing; itself where it needs none. None where it cannot be an organization's own.
fn whole(name: &str) -> Option<&'static str> {
    let among =
        |(first, rest): (&'static str, &[&str])| (name == first || rest.contains(&name)).then_some(first);
    let agent = || among((AGENT.0, &AGENT.1));
    among((REMOTE.0, &REMOTE.1)).or_else(agent).or_else(|| among((RULES, &[])))
}

/// Which far ends of a configuration are an organization's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owned {
    /// Its call server's name or address.
    pub remote: Option<String>,
    /// Where its voice agent is.
    pub agent: Option<Url>,
}

impl Config {
    /// This configuration as it is for whoever has set these values.
    pub fn with_own(&self, values: &BTreeMap<String, String>) -> Result<(Self, Owned), Error> {
        let sources = Sources::only(values.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let reading = Reading(&sources);
        for setting in offered().filter(|setting| values.contains_key(setting.name)) {
            let first = whole(setting.name).unwrap_or(setting.name);
            if !values.contains_key(first) {
                return Err(reading.wrong(setting.name, &format!("says nothing without {first}")));
            }
        }
        let (mut config, mut owned) = (self.clone(), Owned::default());
        if values.contains_key(REMOTE.0) {
            config.remote = reading.remote()?;
            let Some(RemoteKind::Ssh(host)) = &config.remote.host else {
                return Err(reading.wrong(REMOTE.0, "has to be a host that is reached over SSH"));
            };
            owned.remote = Some(host.clone());
        }
        let agent = reading.agent()?;
        if agent.url.is_some() {
            owned.agent.clone_from(&agent.url);
            config.agent = agent;
            config.access.webhook_secrets = reading.access()?.webhook_secrets;
        } else if values.contains_key(RULES) {
            config.agent.rules = agent.rules;
        }
        Ok((config, owned))
    }
}

#[cfg(test)]
mod tests {
    use domain::rules::Pack;

    use super::*;

    fn house() -> Config {
        let own = [
            ("REMOTE_HOST", "house.example"),
            ("REMOTE_USER", "house"),
            ("PRIVATE_KEY_BASE64", "aG91c2U="),
            ("AGENT_URL", "https://house.example/call"),
            ("AGENT_TOKEN", "house"),
            ("AGENT_TIMEOUT_SECONDS", "60"),
        ];
        Config::read(&Sources::only(own)).unwrap()
    }

    fn with(pairs: &[(&str, &str)]) -> Result<(Config, Owned), Error> {
        let values = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        house().with_own(&values.collect())
    }

    #[test]
    fn nothing_of_the_houses_far_end_is_left_in_ones_own() {
        let (config, owned) = with(&[("REMOTE_HOST", "own.example")]).unwrap();
        assert_eq!(owned, Owned { remote: Some("own.example".to_owned()), agent: None });
        assert_eq!(config.remote.host, Some(RemoteKind::Ssh("own.example".to_owned())));
        assert!(config.remote.user.is_empty() && config.remote.private_key.is_none());
        assert!(config.agent.token.is_some(), "the house's agent is another far end");

        let (config, owned) = with(&[("AGENT_URL", "https://own.example/")]).unwrap();
        assert_eq!(owned, Owned { remote: None, agent: Some("https://own.example/".parse().unwrap()) });
        assert!(config.agent.token.is_none() && config.agent.timeout.as_secs() == 600);
        assert_eq!(config.remote.user, "house");
    }

    #[test]
    fn rules_can_be_ones_own_for_the_houses_agent() {
        let (config, owned) = with(&[("RULES_PACK", "ru_230_fz")]).unwrap();
        assert_eq!(owned, Owned::default());
        assert_eq!(config.agent.rules, Pack::named("ru_230_fz"));
        assert_eq!(config.agent.timeout.as_secs(), 60);
    }

    #[test]
    fn a_part_says_nothing_without_its_whole() {
        for (part, whole) in [("REMOTE_USER", "REMOTE_HOST"), ("AGENT_TOKEN", "AGENT_URL")] {
            let why = with(&[(part, "karnay")]).unwrap_err().to_string();
            assert!(why.contains(part) && why.contains(&format!("without {whole}")), "{why}");
        }
    }

    #[test]
    fn a_call_server_of_ones_own_is_neither_this_machine_nor_a_simulation() {
        for host in ["local", "simulated"] {
            assert!(with(&[("REMOTE_HOST", host)]).is_err(), "{host}");
        }
    }

    #[test]
    fn what_is_wrong_is_wrong_here_too() {
        for (name, value) in [("RULES_PACK", "none"), ("AGENT_URL", "ftp://own.example/")] {
            assert!(with(&[(name, value)]).is_err(), "{name}");
        }
    }

    #[test]
    fn only_far_ends_are_offered() {
        let names: Vec<&str> = offered().map(|setting| setting.name).collect();
        assert_eq!(names.len(), 1 + REMOTE.1.len() + 1 + AGENT.1.len() + 1);
        // Files of this machine are nobody's but the operator's.
        for name in ["DATA_KEY", "REMOTE_KNOWN_HOSTS", "KERIO_CA_FILE", "PORT"] {
            assert!(!names.contains(&name), "{name}");
        }
    }
}
