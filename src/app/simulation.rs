//! The simulated remote host as this engine's own: where it reports, how fast it dials, and with which token where one is needed.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use super::Ports;
use crate::adapters::simulated::{Options, PACE, Proof, Simulated, Webhook};
use crate::config::token::Signer;
use crate::config::{Config, Role, keys};

/// The same list goes the same way in every engine.
const SEED: u64 = 0;
/// Each try of a report has a token of its own.
const TOKEN_TTL: Duration = Duration::from_mins(5);

/// It reports over HTTP like any other call server, to the port that the engine listens on.
pub(super) fn open(config: &Config, ports: &Ports) -> anyhow::Result<Simulated> {
    let url = Url::parse(&format!("{}/calls/result", config.http.local_url())).context("HOST")?;
    let options = Options {
        seed: SEED,
        pace: PACE,
        webhook: Webhook { url, proof: proof(config, ports)? },
        recordings: format!("{}/", config.remote.recordings.trim_end_matches('/')),
        clock: Arc::clone(&ports.clock),
    };
    Ok(Simulated::open(options, config.store.data_dir.join("simulated"))?)
}

/// None where reports from this machine need none.
fn proof(config: &Config, ports: &Ports) -> anyhow::Result<Option<Proof>> {
    if config.access.webhook_is_open(config.http.local_host()) {
        return Ok(None);
    }
    let signer = Signer::new(&keys::jwt_secret(config, &mut |bytes| ports.ids.fill(bytes))?);
    let ours = config.house.organization.to_string();
    Ok(Some(Arc::new(move |organization: Option<&str>, _: &[u8]| {
        let organization = organization.unwrap_or(&ours);
        let token = signer.sign("simulated", organization, Role::Operator.as_str(), TOKEN_TTL);
        // Without a token the engine refuses the report, which is said where it happens.
        let bearer = token.ok().and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok());
        bearer.map(|bearer| HeaderMap::from_iter([(AUTHORIZATION, bearer)])).unwrap_or_default()
    })))
}
