//! The remote host as settings have it: over SSH, on this machine, simulated, or nowhere; and where recordings may come from.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};

use super::{Ports, simulation};
use crate::adapters::local::{self, Local};
use crate::adapters::outside::Outside;
use crate::adapters::recordings::{self, Recordings};
use crate::adapters::simulated::CallServer;
use crate::adapters::ssh::{self, PrivateKey, Ssh};
use crate::adapters::unset::Unset;
use crate::config::{Config, HostKey, RemoteKind};
use crate::ports::RemoteHost;

/// A remote command that says nothing for so long is not waited for.
const REMOTE_COMMAND_MAX: Duration = Duration::from_hours(6);
/// Connecting, logging in and every piece that is sent has so long.
const REMOTE_STEP_MAX: Duration = Duration::from_secs(10);

/// What the remote host is called where somebody takes it for himself: the same on every node that dials there.
pub(super) fn host_name(config: &Config) -> Arc<str> {
    match &config.remote.host {
        None => "nowhere".into(),
        Some(RemoteKind::Simulated) => "simulated".into(),
        Some(RemoteKind::Local) => "local".into(),
        Some(RemoteKind::Ssh(host)) => format!("{host}:{}", config.remote.port).into(),
    }
}

type RemoteAndSimulated = (Arc<dyn RemoteHost>, Option<CallServer>);

pub(super) fn remote_host(config: &Config, ports: &Ports) -> anyhow::Result<RemoteAndSimulated> {
    if let Some(given) = &ports.remote {
        return Ok((Arc::clone(given), None));
    }
    let remote = &config.remote;
    Ok(match &remote.host {
        None => (Arc::new(Unset), None),
        Some(RemoteKind::Simulated) => {
            let simulated = simulation::open(config, ports)?;
            let server = simulated.server();
            (Arc::new(simulated), Some(server))
        }
        Some(RemoteKind::Local) => (
            Arc::new(Local::open(local::Options {
                command: remote.command.clone(),
                stop_command: remote.stop_command.clone(),
                path: remote.path.clone().into(),
                recordings: remote.recordings.clone().into(),
                timeout: REMOTE_COMMAND_MAX,
                folder: config.store.data_dir.join("remote"),
            })?),
            None,
        ),
        Some(RemoteKind::Ssh(host)) => (Arc::new(Ssh::new(ssh_options(config, ports, host, None)?)), None),
    })
}

/// The call server of an organization, who is called only where others may be.
pub(super) fn own_remote(
    config: &Config,
    host: &str,
    ports: &Ports,
    others: &Outside,
) -> anyhow::Result<Arc<dyn RemoteHost>> {
    others.judge_host(host).context("REMOTE_HOST")?;
    let believed = config.remote.host_key != HostKey::Listed;
    anyhow::ensure!(
        believed,
        "REMOTE_HOST_KEY: has to be the fingerprint of its key, SHA256:…, or first-use"
    );
    Ok(Arc::new(Ssh::new(ssh_options(config, ports, host, Some(others.clone()))?)))
}

fn ssh_options(
    config: &Config,
    ports: &Ports,
    host: &str,
    outside: Option<Outside>,
) -> anyhow::Result<ssh::Options> {
    let remote = &config.remote;
    let missing = |name: &str| format!("{name}: has to be set where REMOTE_HOST is a host");
    anyhow::ensure!(!remote.user.is_empty(), missing("REMOTE_USER"));
    let key = remote.private_key.as_ref().ok_or_else(|| anyhow!(missing("PRIVATE_KEY_BASE64")))?;
    Ok(ssh::Options {
        host: host.to_owned(),
        port: remote.port,
        user: remote.user.clone(),
        key: PrivateKey::parse(key.expose())?,
        known_hosts: remote.known_hosts.clone(),
        host_key: match &remote.host_key {
            HostKey::Listed => ssh::HostKey::Listed,
            HostKey::Fingerprint(fingerprint) => ssh::HostKey::Fingerprint(fingerprint.clone()),
            HostKey::FirstUse => ssh::HostKey::FirstUse,
        },
        kept_hosts: config.store.data_dir.join("known_hosts"),
        path: remote.path.clone(),
        command: remote.command.clone(),
        stop_command: remote.stop_command.clone(),
        recordings: remote.recordings.clone(),
        timeout: REMOTE_COMMAND_MAX,
        patience: REMOTE_STEP_MAX,
        outside,
        ids: Arc::clone(&ports.ids),
    })
}

/// Where recordings come from beside a remote host's folder: public hosts, the remote host, and those that settings name.
pub(super) fn recordings(config: &Config, exchange: Option<recordings::Exchange>) -> Recordings {
    let remote_host = match &config.remote.host {
        Some(RemoteKind::Ssh(host)) => Some(host.clone()),
        Some(RemoteKind::Simulated | RemoteKind::Local) | None => None,
    };
    Recordings::new(recordings::Options {
        remote_host,
        hosts: config.remote.recording_hosts.clone(),
        exchange,
        len_max: recordings::LEN_MAX,
    })
    .kept_in(super::pbx::recordings_folder(config))
}

/// From where the call server reports, so that it needs no token.
pub(super) async fn call_servers(config: &Config) -> Vec<IpAddr> {
    let Some(RemoteKind::Ssh(host)) = &config.remote.host else { return vec![] };
    let asked = tokio::net::lookup_host((host.as_str(), config.remote.port));
    if let Ok(Ok(found)) = tokio::time::timeout(REMOTE_STEP_MAX, asked).await {
        return found.map(|address| address.ip()).collect();
    }
    tracing::warn!(
        "REMOTE_HOST: {host} has no address at the moment; until the next start its reports need a token"
    );
    vec![]
}
