//! What organizations' calls go through: the house's far ends, and those that an organization has set for itself.

use std::sync::Arc;

use super::receivers::outside;
use super::remote::{host_name, own_remote};
use super::{Ports, agent, house};
use crate::adapters::outside::Outside;
use crate::config::{Config, Error};
use crate::dispatch::Dispatch;
use crate::dispatch::far_ends::{self, FarEnds, Make, Opened, Secrets, Wrong};
use crate::ports::{RemoteHost, VoiceAgent};

const SETTING: &str = "ORGANIZATION_PRIVATE_HOSTS";

pub(super) fn far_ends(
    config: &Config,
    ports: &Ports,
    dispatch: &Dispatch,
    (remote, voice): (&Arc<dyn RemoteHost>, &Arc<dyn VoiceAgent>),
) -> anyhow::Result<FarEnds> {
    let houses = far_ends::Ends {
        remote: Arc::clone(remote),
        host: host_name(config),
        path: config.remote.path.as_str().into(),
        recordings: config.remote.recordings.as_str().into(),
        agent: Arc::clone(voice),
        agent_secrets: None,
        campaigns: house(config, voice.kind())?,
    };
    let (config, ports, others) = (config.clone(), ports.clone(), outside(&config.private, SETTING));
    let of_house = houses.clone();
    let make: Make = Arc::new(move |values: &Opened| own((&config, &of_house), &ports, &others, values));
    Ok(FarEnds::new(dispatch.clone(), houses, make))
}

/// The house's far ends with an organization's own in their place. Calls nobody.
fn own(
    (config, houses): (&Config, &far_ends::Ends),
    ports: &Ports,
    others: &Outside,
    values: &Opened,
) -> Result<far_ends::Ends, Wrong> {
    let (config, owned) = config.with_own(&values.0).map_err(wrong)?;
    let mut ends = houses.clone();
    if let Some(host) = &owned.remote {
        ends.remote = own_remote(&config, host, ports, others).map_err(|why| at("REMOTE_HOST", &why))?;
        ends.host = host_name(&config);
        ends.path = config.remote.path.as_str().into();
        ends.recordings = config.remote.recordings.as_str().into();
    }
    if let Some(url) = &owned.agent {
        ends.agent = agent::own_agent(&config, url, others).map_err(|why| at("AGENT_URL", &why))?;
        let secrets = config.access.webhook_secrets.iter().map(|secret| secret.expose().to_vec());
        ends.agent_secrets = Some(Secrets(secrets.collect()));
    }
    ends.campaigns = house(&config, ends.agent.kind()).map_err(|why| at("RULES_PACK", &why))?;
    Ok(ends)
}

fn wrong(error: Error) -> Wrong {
    match error {
        Error::Wrong { name, reason, .. } => Wrong { name: name.to_owned(), why: reason },
        other @ (Error::Misspelt { .. } | Error::EnvLine { .. } | Error::EnvFile(_) | Error::Key { .. }) => {
            Wrong { name: "the settings".to_owned(), why: other.to_string() }
        }
    }
}

/// What is wrong begins with its setting, where it is another than the one that was made.
fn at(name: &'static str, why: &anyhow::Error) -> Wrong {
    let text = format!("{why:#}");
    let named =
        text.split_once(": ").filter(|(name, _)| name.bytes().all(|c| c.is_ascii_uppercase() || c == b'_'));
    match named {
        Some((name, why)) => Wrong { name: name.to_owned(), why: why.to_owned() },
        None => Wrong { name: name.to_owned(), why: text },
    }
}
