//! The voice agent as settings have it: reached over HTTP, or simulated where no address is set.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::Context as _;
use reqwest::Url;
use reqwest::header::HeaderValue;

use super::Ports;
use crate::adapters::agent::{self, Agent};
use crate::adapters::outside::Outside;
use crate::adapters::simulated_agent::{self, Faults, SPEED, SimulatedAgent};
use crate::config::{self, Config, Http};
use crate::ports::VoiceAgent;

/// The same people say the same in every engine.
const SEED: u64 = 0;
/// Where an agent reports what it has only taken.
const REPORTS: &str = "/auto-calling/agent/callback";

pub fn voice_agent(config: &Config, ports: &Ports) -> anyhow::Result<Arc<dyn VoiceAgent>> {
    let Some(url) = &config.agent.url else {
        tracing::warn!("the voice agent is simulated: nobody is rung (AGENT_URL decides)");
        let clock = Arc::clone(&ports.clock);
        let options = simulated_agent::Options { seed: SEED, speed: SPEED, faults: Faults::default(), clock };
        return Ok(Arc::new(SimulatedAgent::new(options)));
    };
    let agent = Agent::try_new(options(config, url, None)?);
    Ok(Arc::new(agent.context("AGENT_URL: no agent can be called from here")?))
}

/// The agent of an organization, who is called only where others may be.
pub(super) fn own_agent(config: &Config, url: &Url, others: &Outside) -> anyhow::Result<Arc<dyn VoiceAgent>> {
    others.judge(url.as_str()).context("AGENT_URL")?;
    if let Some(url) = &config.agent.status_url {
        others.judge(url.as_str()).context("AGENT_STATUS_URL")?;
    }
    let agent = Agent::try_new(options(config, url, Some(others.clone()))?);
    Ok(Arc::new(agent.context("AGENT_URL: no agent can be called from here")?))
}

fn options(config: &Config, url: &Url, outside: Option<Outside>) -> anyhow::Result<agent::Options> {
    let config::Agent { token, status_url, timeout, .. } = &config.agent;
    let bearer = |token: &config::Secret| {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose()))?;
        bearer.set_sensitive(true);
        anyhow::Ok(bearer)
    };
    Ok(agent::Options {
        url: url.clone(),
        status_url: status_url.clone(),
        token: token.as_ref().map(bearer).transpose().context("AGENT_TOKEN")?,
        timeout: *timeout,
        report_to: report_to(&config.http, url),
        home: config.house.region,
        outside,
    })
}

/// An engine that listens everywhere does not know under which name others find it; the agent's own settings have to say it then.
fn report_to(http: &Http, agent: &Url) -> Option<Url> {
    let reaches = |host: IpAddr| !host.is_unspecified() && !host.is_loopback();
    let known = config::is_here(agent) || reaches(http.host);
    Url::parse(&format!("{}{REPORTS}", http.local_url())).ok().filter(|_| known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;
    use crate::ports::AgentKind;

    fn config(pairs: &[(&str, &str)]) -> Config {
        Config::read(&Sources::only(pairs.iter().copied())).unwrap()
    }

    #[test]
    fn without_an_address_the_agent_is_simulated() {
        let kind = |pairs: &[(&str, &str)]| voice_agent(&config(pairs), &Ports::real()).unwrap().kind();
        assert_eq!(kind(&[("AGENT_TOKEN", "hunter2")]), AgentKind::Simulated);
        assert_eq!(kind(&[("AGENT_URL", "http://127.0.0.1:9/call")]), AgentKind::Real);
    }

    #[test]
    fn an_agent_is_shown_without_its_secrets() {
        let pairs = [("AGENT_URL", "http://127.0.0.1:9/call?key=hunter2"), ("AGENT_TOKEN", "hunter2")];
        let shown = format!("{:?}", voice_agent(&config(&pairs), &Ports::real()).unwrap());
        assert!(shown.contains("127.0.0.1:9") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn an_agent_is_told_where_to_report_only_where_that_is_known() {
        let told = |host: &str, agent: &str| {
            let url = report_to(&config(&[("HOST", host)]).http, &agent.parse().unwrap());
            url.map(|url| url.to_string())
        };
        let (near, far) = ("http://127.0.0.1:4100/call", "https://agent.example.com/call");
        let local = Some("http://127.0.0.1:3000/auto-calling/agent/callback".to_owned());
        assert_eq!((told("127.0.0.1", near), told("127.0.0.1", far)), (local.clone(), None));
        assert_eq!((told("0.0.0.0", near), told("0.0.0.0", far)), (local, None));
        let network = Some("http://10.0.0.5:3000/auto-calling/agent/callback".to_owned());
        assert_eq!((told("10.0.0.5", near), told("10.0.0.5", far)), (network.clone(), network));
    }
}
