//! The far ends of a configuration: each real, simulated or none.

use std::sync::Arc;

use domain::session::Remote;

use super::pbx::{Exchange, exchange};
use super::receivers::receivers;
use super::remote::{recordings, remote_host};
use super::{Ports, voice_agent};
use crate::adapters::disk;
use crate::adapters::simulated::CallServer;
use crate::config::Config;
use crate::ports::receivers::Receivers;
use crate::ports::{AgentKind, Disk, Recordings, RemoteHost, VoiceAgent};

pub(super) struct Ends {
    pub(super) remote: Arc<dyn RemoteHost>,
    /// What dials and reports from inside this process, where the remote host is simulated.
    pub(super) simulated: Option<CallServer>,
    pub(super) agent: Arc<dyn VoiceAgent>,
    pub(super) exchange: Option<Exchange>,
    pub(super) recordings: Arc<dyn Recordings>,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) receivers: Arc<dyn Receivers>,
}

pub(super) fn ends(config: &Config, ports: &Ports) -> anyhow::Result<Ends> {
    let (remote, simulated) = remote_host(config, ports)?;
    let agent = ports.agent.clone().map_or_else(|| voice_agent(config, ports), Ok)?;
    let exchange = exchange(config, ports)?;
    let disk: Arc<dyn Disk> =
        Arc::new(disk::Disk::new(config.store.data_dir.clone(), config.store.disk_enough));
    let kept = exchange.as_ref().map(|exchange| exchange.tapes(config, &disk));
    let recordings = Arc::new(recordings(config, kept));
    let receivers = receivers(config);
    Ok(Ends { remote, simulated, agent, exchange, recordings, disk, receivers })
}

impl Ends {
    /// Those that the engine plays itself, in the order of their names.
    pub(super) fn played(&self) -> Vec<&'static str> {
        let pbx = self.exchange.as_ref().is_some_and(|exchange| exchange.simulated.is_some());
        let agent = self.agent.kind() == AgentKind::Simulated;
        let ends = [("agent", agent), ("pbx", pbx), ("remote", self.remote.kind() == Remote::Simulated)];
        ends.into_iter().filter(|(_, played)| *played).map(|(name, _)| name).collect()
    }
}
