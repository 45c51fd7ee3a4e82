//! `karnay sim`: the far ends that the engine talks to, played by this program: the remote call server, the voice agent, the telephone exchange.
//! What the call server does is the adapter's business (`adapters/simulated`); here are its flags, its door and its end.

mod agent;
mod door;
mod pbx;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use domain::ids::SessionId;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use tokio::signal::unix::{SignalKind, signal};

use super::{Error, Outcome, help};
use crate::adapters::simulated::{self, CallServer, Pace, Proof, Webhook};
use crate::adapters::system::SystemClock;
use crate::config::{Config, Secret, is_here};
use crate::{http, telemetry};

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Play the remote call server: dial a list, report each call
    #[command(before_help = help::SIM_REMOTE, after_help = help::SIM_REMOTE_MORE)]
    Remote(Box<Remote>),
    /// Play the voice agent: take calls, make up what people say
    #[command(before_help = help::SIM_AGENT, after_help = help::SIM_AGENT_MORE)]
    Agent(Box<agent::Agent>),
    /// Play the telephone exchange: calls that come and go, a log, recordings
    #[command(before_help = help::SIM_PBX, after_help = help::SIM_PBX_MORE)]
    Pbx(Box<pbx::Pbx>),
}

#[derive(Debug, Args)]
struct Remote {
    /// Address and port to listen on; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4000")]
    listen: SocketAddr,
    /// The list, a number a line; it is read anew at every start
    #[arg(long, value_name = "FILE")]
    numbers: PathBuf,
    /// Where each call is reported
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3000/calls/result")]
    webhook: Url,
    /// Token for the webhook, where it asks for one
    #[arg(long, value_name = "TOKEN", env = "WEBHOOK_TOKEN", hide_env_values = true, value_parser = token)]
    token: Option<Secret>,
    /// Session of a start that names none
    #[arg(long, value_name = "ID", env = "SESSION_ID", value_parser = |text: &str| SessionId::parse(text))]
    session_id: Option<SessionId>,
    /// Decides what becomes of each number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Calls that go on at the same time
    #[arg(long, value_name = "CALLS", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    at_once: u16,
    /// Calls begun in a second
    #[arg(long, value_name = "CALLS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    per_second: u32,
    /// How many times faster than life calls go
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    speed: u32,
}

/// Any that a header can carry.
fn token(text: &str) -> Result<Secret, &'static str> {
    let sendable = !text.is_empty() && HeaderValue::try_from(text).is_ok();
    if sendable { Ok(Secret::new(text)) } else { Err("holds what no header can carry") }
}

pub(super) async fn run(options: Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    telemetry::install(config)?;
    match options.what {
        What::Remote(remote) => remote.run(out).await,
        What::Agent(agent) => agent.run(out).await,
        What::Pbx(pbx) => pbx.run(out).await,
    }
}

impl Remote {
    async fn run(self, out: &mut dyn Write) -> Result<Outcome, Error> {
        let refused = |why: std::io::Error| Error::Start(format!("cannot listen at {}: {why}", self.listen));
        let listener = http::bind(self.listen).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        if !is_here(&self.webhook) {
            tracing::warn!(
                "reports leave this machine, for --webhook names another one: {}",
                self.webhook.origin().ascii_serialization()
            );
        }
        let calls = CallServer::try_new(self.options(address));
        let calls = calls.map_err(|why| Error::Start(format!("cannot send anything: {why}")))?;
        let floor = door::Floor::new(calls.clone(), self.numbers, self.session_id);
        let server = door::serve(floor, listener).map_err(|why| Error::Start(why.to_string()))?;
        let handle = server.handle();
        let serving = actix::spawn(server);
        tracing::warn!("SIMULATED: this call server rings nobody; it makes up what becomes of each number");
        writeln!(out, "SIMULATED call server at http://{address}, reports to {}", self.webhook)?;
        out.flush()?;
        stop_asked().await?;
        calls.close();
        handle.stop(true).await;
        serving.await.map_err(|why| Error::Broken(why.to_string()))??;
        Ok(Outcome::Fine)
    }

    fn options(&self, address: SocketAddr) -> simulated::Options {
        simulated::Options {
            seed: self.seed,
            pace: Pace { at_once: self.at_once, per_second: self.per_second, speed: self.speed },
            webhook: Webhook { url: self.webhook.clone(), proof: self.token.as_ref().and_then(proof) },
            recordings: format!("http://{address}/recordings/"),
            clock: Arc::new(SystemClock),
        }
    }
}

fn proof(token: &Secret) -> Option<Proof> {
    let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose())).ok()?;
    bearer.set_sensitive(true);
    Some(Arc::new(move |_: Option<&str>, _: &[u8]| HeaderMap::from_iter([(AUTHORIZATION, bearer.clone())])))
}

async fn stop_asked() -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
