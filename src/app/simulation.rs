//! The simulated remote host as this engine's own: where it reports, how fast it dials, and with which token where one is needed.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderValue};

use super::Ports;
use crate::adapters::simulated::{Options, PACE, Proof, Simulated, Webhook};
use crate::config::signature::SigningKey;
use crate::config::token::Signer;
use crate::config::{Config, WebhookAuth, keys};
use domain::access::Role;

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

/// None where reports from this machine need none. Otherwise a token, which says whose the report is, and a signature where one is asked for.
fn proof(config: &Config, ports: &Ports) -> anyhow::Result<Option<Proof>> {
    let near = config.http.local_host().to_canonical().is_loopback();
    let signing = match config.access.webhook {
        WebhookAuth::Open => return Ok(None),
        WebhookAuth::Auto if near => return Ok(None),
        WebhookAuth::Auto | WebhookAuth::Token => None,
        WebhookAuth::Hmac => config.access.webhook_secrets.first().map(SigningKey::new),
    };
    let signer = Signer::new(&keys::jwt_secret(config, &mut |bytes| ports.ids.fill(bytes))?);
    let (ours, ports) = (config.house.organization.to_string(), ports.clone());
    Ok(Some(Arc::new(move |organization: Option<&str>, body: &[u8]| {
        let organization = organization.unwrap_or(&ours);
        let headers = signing.as_ref().map(|key| {
            let (id, secs) = (ports.ids.uuid().to_string(), ports.clock.now().timestamp());
            key.headers(&id, secs, body)
        });
        let mut headers = headers.unwrap_or_default();
        let token = signer.sign("simulated", organization, Role::Operator.as_str(), TOKEN_TTL);
        // Without a token the engine refuses the report, which is said where it happens.
        let bearer = token.ok().and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok());
        headers.extend(bearer.map(|bearer| (AUTHORIZATION, bearer)));
        headers
    })))
}
