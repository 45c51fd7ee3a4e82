//! The exchange that is watched, as settings have it: with one driver or the other, simulated in this process, or none.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::TimeDelta;
use domain::fact::Circumstances;
use domain::ids::StreamId;
use domain::pbx::Command;
use domain::pbx::reading::{Directory, Reading};

use super::Ports;
use crate::actors::pbx::Limits;
use crate::actors::pbx::handle::{self, Standing, Watch, WatchEnd};
use crate::adapters::exchange::{Options, Password, Times, Tls};
use crate::adapters::kerio::Kerio;
use crate::adapters::pbx_rest::PbxRest;
use crate::adapters::recordings;
use crate::adapters::simulated_pbx::{self, SimulatedPbx};
use crate::config::{Config, Pbx, PbxDriver, PbxHost, PbxTls};
use crate::dispatch::{Dispatch, Meta};
use crate::ports::{self, Disk};

/// Calls that the simulated exchange has by itself.
const CALLS_PER_MINUTE: u32 = 6;
/// A look is waited for so long at least.
const LOOK_WAIT: Duration = Duration::from_secs(5);
/// A page of the log comes in a second from a box that is at ease.
const CALL_WAIT: Duration = Duration::from_secs(30);
/// A recording that stands still for so long does not go on.
const PIECE_WAIT: Duration = Duration::from_secs(30);
/// A stop does not wait longer for what it would have recorded.
const LEAVE_WAIT: Duration = Duration::from_secs(1);
/// Nine hours of sound, as for all recordings.
const RECORDING_LEN_MAX: u64 = 512 << 20;

/// An exchange that can be watched.
#[derive(Debug)]
pub struct Exchange {
    pub pbx: Arc<dyn ports::pbx::Pbx>,
    /// As the settings name it.
    pub driver: &'static str,
    /// The imitation, which ends when this is dropped.
    pub simulated: Option<SimulatedPbx>,
}

impl Exchange {
    /// What others hold of the watch over it, and what the watcher works on.
    pub(super) fn watch(&self, config: &Config) -> (Watch, Watched) {
        let standing = Standing::new(self.driver, self.simulated.is_some());
        let (watch, end) = handle::watch(config.pbx.organization.clone(), standing);
        (watch, Watched { pbx: Arc::clone(&self.pbx), end })
    }

    /// Its recordings, kept beside the journal once somebody has listened to them.
    pub(super) fn tapes(&self, config: &Config, disk: &Arc<dyn Disk>) -> recordings::Exchange {
        let (pbx, disk) = (Arc::clone(&self.pbx), Arc::clone(disk));
        recordings::Exchange { pbx, folder: recordings_folder(config), disk }
    }
}

/// Where an exchange's recordings are kept once fetched.
pub fn recordings_folder(config: &Config) -> PathBuf {
    config.store.data_dir.join("exchange-recordings")
}

/// An exchange as the watcher gets it.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub(super) pbx: Arc<dyn ports::pbx::Pbx>,
    pub(super) end: WatchEnd,
}

/// Records when the exchange was looked at for the last time, so that nobody takes the time before the stop for unwatched.
pub(super) async fn leave(watch: &Watch, dispatch: &Dispatch) {
    let standing = watch.standing();
    let Some(at) = standing.last_poll.filter(|_| standing.watching && standing.connected) else { return };
    let organization = watch.organization();
    let circumstances = Circumstances {
        organization: organization.to_string(),
        actor: "pbx".to_owned(),
        ..Circumstances::default()
    };
    let meta = Meta { circumstances: Arc::new(circumstances), command: None };
    let left = dispatch.pbx(StreamId::pbx(organization), Command::Leave { at }, meta);
    if !matches!(tokio::time::timeout(LEAVE_WAIT, left).await, Ok(Ok(_))) {
        tracing::warn!("when the exchange was watched last could not be recorded");
    }
}

/// How closely it is watched.
pub(super) fn limits(pbx: &Pbx) -> anyhow::Result<Limits> {
    Ok(Limits {
        poll: pbx.poll,
        sync: pbx.sync,
        overlap: TimeDelta::from_std(pbx.overlap).context("KERIO_CDR_OVERLAP")?,
        first: TimeDelta::from_std(pbx.first).context("KERIO_FIRST_SYNC_DAYS")?,
        ..Limits::default()
    })
}

/// What its words and numbers mean, before it has said anything.
pub(super) fn reading(pbx: &Pbx) -> Reading {
    let directory = Directory::new(vec![], pbx.inside.clone());
    Reading { live: pbx.live.clone(), log: pbx.log.clone(), directory }
}

/// None where none is to be watched. To be called where tasks can be spawned.
pub fn exchange(config: &Config, ports: &Ports) -> anyhow::Result<Option<Exchange>> {
    let Some((options, simulated)) = exchange_options(&config.pbx, ports)? else { return Ok(None) };
    let driver = config.pbx.driver;
    let pbx: Arc<dyn ports::pbx::Pbx> = match driver {
        PbxDriver::JsonRpc => Arc::new(Kerio::try_new(options).context("KERIO_PBX_HOST, KERIO_CA_FILE")?),
        PbxDriver::Rest => Arc::new(PbxRest::try_new(options).context("KERIO_PBX_HOST, KERIO_CA_FILE")?),
    };
    Ok(Some(Exchange { pbx, driver: driver.name(), simulated }))
}

/// How the exchange of the settings is reached, whichever driver does it, after the imitation was started where it is one.
pub fn exchange_options(pbx: &Pbx, ports: &Ports) -> anyhow::Result<Option<(Options, Option<SimulatedPbx>)>> {
    match &pbx.host {
        None => Ok(None),
        Some(PbxHost::Simulated) => {
            imitation(pbx, ports).map(|(options, simulated)| Some((options, Some(simulated))))
        }
        Some(PbxHost::At(host)) => real(pbx, host).map(|options| Some((options, None))),
    }
}

fn real(pbx: &Pbx, host: &str) -> anyhow::Result<Options> {
    let tls = match &pbx.tls {
        PbxTls::Ca(None) => Tls::Ca(None),
        PbxTls::Ca(Some(file)) => {
            let read = fs::read(file);
            Tls::Ca(Some(read.with_context(|| format!("KERIO_CA_FILE: cannot read {}", file.display()))?))
        }
        PbxTls::Pin(pin) => Tls::Pin(*pin),
        PbxTls::Insecure => {
            tracing::warn!(
                "KERIO_TLS=insecure: whoever answers at the exchange's address is told the password"
            );
            Tls::Insecure
        }
    };
    let password = pbx.password.as_ref().map_or("", |password| password.expose());
    let (port, user) = (pbx.port, pbx.user.clone());
    Ok(options(pbx, (host, port), (user, password), tls))
}

fn options(pbx: &Pbx, (host, port): (&str, u16), (user, password): (String, &str), tls: Tls) -> Options {
    Options {
        host: host.to_owned(),
        port,
        user,
        password: Password::new(password),
        tls,
        times: times(pbx.poll),
        recording_len_max: RECORDING_LEN_MAX,
    }
}

/// A box that answers late is there nevertheless: a look that is over late only makes the next one late.
fn times(poll: Duration) -> Times {
    Times { poll: (poll * 9 / 10).max(LOOK_WAIT), call: CALL_WAIT, piece: PIECE_WAIT }
}

/// It is watched over HTTPS like any other, by the pin of its fresh certificate.
fn imitation(pbx: &Pbx, ports: &Ports) -> anyhow::Result<(Options, SimulatedPbx)> {
    tracing::warn!("the exchange is simulated: nobody calls anybody there (KERIO_PBX_HOST decides)");
    let (clock, ids) = (Arc::clone(&ports.clock), Arc::clone(&ports.ids));
    let mut wanted = simulated_pbx::Options::new(clock, ids);
    wanted.calls_per_minute = CALLS_PER_MINUTE;
    let simulated = simulated_pbx::start(wanted).context("KERIO_PBX_HOST: nothing can be simulated")?;
    let fingerprint = hex::decode(simulated.pin().trim_start_matches("pin:"))?;
    let pin = fingerprint.try_into().map_err(|_| anyhow::anyhow!("that is no SHA-256"))?;
    let user = simulated.user().to_owned();
    let options = options(pbx, ("127.0.0.1", simulated.port()), (user, simulated.password()), Tls::Pin(pin));
    Ok((options, simulated))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn built(pairs: &[(&str, &str)]) -> anyhow::Result<Option<Exchange>> {
        let config = Config::read(&Sources::only(pairs.iter().copied())).unwrap();
        exchange(&config, &Ports::real())
    }

    const REAL: [(&str, &str); 3] = [
        ("KERIO_PBX_HOST", "192.0.2.1"),
        ("KERIO_API_USERNAME", "monitor"),
        ("KERIO_API_PASSWORD", "hunter2"),
    ];

    #[test]
    fn without_a_host_nothing_is_watched() {
        assert!(built(&[]).unwrap().is_none());
    }

    #[test]
    fn a_host_is_watched_by_the_driver_that_is_set() {
        let rest = [&REAL[..], &[("KERIO_DRIVER", "rest")]].concat();
        for (pairs, driver) in [(&REAL[..], "jsonrpc"), (&rest, "rest")] {
            let exchange = built(pairs).unwrap().unwrap();
            assert_eq!(exchange.driver, driver);
            assert!(exchange.simulated.is_none() && !format!("{exchange:?}").contains("hunter2"));
        }
    }

    #[test]
    fn a_file_of_authorities_has_to_be_one() {
        let why = |file: &str| {
            format!("{:#}", built(&[&REAL[..], &[("KERIO_CA_FILE", file)]].concat()).unwrap_err())
        };
        assert!(
            why("/nowhere/box.pem").contains("KERIO_CA_FILE: cannot read"),
            "{}",
            why("/nowhere/box.pem")
        );
        let file = tempfile::NamedTempFile::new().unwrap();
        let empty = why(file.path().to_str().unwrap());
        assert!(empty.contains("KERIO_CA_FILE") && empty.contains("no certificate"), "{empty}");
    }

    #[actix_web::test]
    async fn the_imitation_is_met_over_https_like_any_other() {
        for driver in ["jsonrpc", "rest"] {
            let pairs = [("KERIO_PBX_HOST", "simulated"), ("KERIO_DRIVER", driver)];
            let exchange = built(&pairs).unwrap().unwrap();
            assert!(exchange.simulated.is_some());
            exchange.pbx.about().await.unwrap();
        }
    }
}
