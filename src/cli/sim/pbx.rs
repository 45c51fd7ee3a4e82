//! `karnay sim pbx`: the simulated telephone exchange as a program of its own, reached over HTTPS on this machine only.
//! What the box says is the adapter's business; here are its flags, its end, and the plain door by which it is steered.

mod door;

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::{Error, Outcome, stop_asked};
use crate::adapters::simulated_pbx::{self, Delays, Faults, Options};
use crate::adapters::system::{SystemClock, SystemIds};
use crate::config::Secret;
use crate::http;

#[derive(Debug, Args)]
pub(super) struct Pbx {
    /// Port to listen on with TLS, at 127.0.0.1; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 4021)]
    port: u16,
    /// Port of the plain door by which calls and faults are steered, at 127.0.0.1; 0 takes any free one. Without it there is none
    #[arg(long, value_name = "PORT")]
    control: Option<u16>,
    /// Password of the user `monitor`. Without it one is made up and printed
    #[arg(long, value_name = "PASSWORD", env = "KERIO_API_PASSWORD", hide_env_values = true, value_parser = password)]
    password: Option<Secret>,
    /// Decides who calls whom, and what becomes of it
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Calls that come by themselves
    #[arg(long, value_name = "CALLS", default_value_t = 6, value_parser = clap::value_parser!(u32).range(0..=600))]
    per_minute: u32,
    /// How many times faster than life those go
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    speed: u32,
    /// Made-up rows in the log from before the start, over 30 days
    #[arg(long, value_name = "ROWS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=10_000_000))]
    log: u32,
    /// From a call's end until its row is in the log
    #[arg(long, value_name = "MS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(..=3_600_000))]
    log_delay: u64,
    /// From then until its recording is there
    #[arg(long, value_name = "MS", default_value_t = 3_000, value_parser = clap::value_parser!(u64).range(..=3_600_000))]
    recording_delay: u64,
    /// How many of a hundred answered calls are never recorded
    #[arg(long, value_name = "PERCENT", default_value_t = 20, value_parser = clap::value_parser!(u8).range(..=100))]
    unrecorded: u8,
    /// What goes wrong: names, some with a number, as in lost:5,expire:600,loose
    #[arg(long, value_name = "FAULT[:NUMBER],…", default_value = "", hide_default_value = true)]
    faults: Faults,
}

/// Made-up rows reach back so far.
const LOG_OVER: Duration = Duration::from_hours(30 * 24);

fn password(text: &str) -> Result<Secret, &'static str> {
    if text.is_empty() { Err("is empty") } else { Ok(Secret::new(text)) }
}

impl Pbx {
    pub(super) async fn run(self, out: &mut dyn Write) -> Result<Outcome, Error> {
        let (rows, control, port) = (self.log, self.control, self.port);
        let told = self.password.is_none();
        let pbx = simulated_pbx::start(self.options())
            .map_err(|why| Error::Start(format!("cannot listen at 127.0.0.1:{port}: {why}")))?;
        let pbx = Arc::new(pbx);
        if rows > 0 {
            pbx.make_log(usize::try_from(rows).unwrap_or(0), LOG_OVER);
        }
        tracing::warn!("SIMULATED: this exchange connects nobody; it makes up who calls whom");
        writeln!(out, "SIMULATED exchange at {}, KERIO_TLS={}", pbx.url(), pbx.pin())?;
        write!(out, "user {}", pbx.user())?;
        if told {
            write!(out, ", password {}", pbx.password())?;
        }
        writeln!(out)?;
        let door = control.map(|port| open(&pbx, port, out)).transpose()?;
        out.flush()?;
        stop_asked().await?;
        if let Some(door) = door {
            door.stop(true).await;
        }
        Ok(Outcome::Fine)
    }

    fn options(self) -> Options {
        let millis = Duration::from_millis;
        Options {
            port: self.port,
            password: self.password.map(|password| password.expose().to_owned()),
            seed: self.seed,
            calls_per_minute: self.per_minute,
            speed: self.speed,
            delays: Delays {
                log: millis(self.log_delay),
                tape: millis(self.recording_delay),
                ..Delays::default()
            },
            unrecorded: self.unrecorded,
            faults: self.faults,
            ..Options::new(Arc::new(SystemClock), Arc::new(SystemIds))
        }
    }
}

fn open(
    pbx: &Arc<simulated_pbx::SimulatedPbx>,
    port: u16,
    out: &mut dyn Write,
) -> Result<actix_web::dev::ServerHandle, Error> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let refused = |why: std::io::Error| Error::Start(format!("cannot listen at {address}: {why}"));
    let listener = http::bind(address).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let server = door::serve(pbx.clone(), listener).map_err(refused)?;
    let handle = server.handle();
    actix::spawn(server);
    writeln!(out, "steered at http://{address}")?;
    Ok(handle)
}
