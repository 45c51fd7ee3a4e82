//! `karnay sim agent`: the simulated voice agent as a program of its own, speaking the documented interface on this machine only.
//! What people say is the adapter's business; here are its flags and its end.

mod door;

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use reqwest::Url;

use super::{Error, Outcome, stop_asked, token};
use crate::adapters::simulated_agent::{Faults, Options, Proof, Reporter, SimulatedAgent};
use crate::adapters::system::{SystemClock, SystemIds};
use crate::config::signature::SigningKey;
use crate::config::{Secret, SigningSecret};
use crate::http;
use crate::ports::{Clock as _, Ids as _};

#[derive(Debug, Args)]
pub(super) struct Agent {
    /// Port to listen on, at 127.0.0.1; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value_t = 4100)]
    port: u16,
    /// Decides what becomes of each call
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// How many times faster than life calls go
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    speed: u32,
    /// What goes wrong, and in how many of a hundred calls (all where no number stands): slow, dead, 500, half, twice, late, callback
    #[arg(long, value_name = "FAULT[:PERCENT],…", default_value = "", hide_default_value = true)]
    faults: Faults,
    /// How much later than it should a late answer comes
    #[arg(long, value_name = "SECONDS", default_value_t = 660, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    late_by: u64,
    /// Token that a request has to carry
    #[arg(long, value_name = "TOKEN", env = "AGENT_TOKEN", hide_env_values = true, value_parser = token)]
    token: Option<Secret>,
    /// Where calls answered with 202 are reported. Without it: where the request's X-Callback-Url says, on this machine only
    #[arg(long, value_name = "URL")]
    callback_url: Option<Url>,
    /// Signs those reports: whsec_ and base64, or a text of 16 characters or more
    #[arg(long, value_name = "SECRET", env = "CALLBACK_SECRET", hide_env_values = true, value_parser = secret)]
    callback_secret: Option<SigningSecret>,
}

fn secret(text: &str) -> Result<SigningSecret, &'static str> {
    SigningSecret::parse(text).ok_or("is too short, or no base64 after whsec_")
}

impl Agent {
    pub(super) async fn run(self, out: &mut dyn Write) -> Result<Outcome, Error> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let refused = |why: std::io::Error| Error::Start(format!("cannot listen at {address}: {why}"));
        let listener = http::bind(address).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let options =
            Options { seed: self.seed, speed: self.speed, faults: self.faults, clock: Arc::new(SystemClock) };
        let server = door::serve(
            door::Desk {
                agent: SimulatedAgent::new(options),
                late_by: Duration::from_secs(self.late_by),
                token: self.token,
                report_to: self.callback_url,
                reporter: Reporter::new(self.callback_secret.as_ref().map(proof)),
            },
            listener,
        );
        let server = server.map_err(|why| Error::Start(why.to_string()))?;
        let handle = server.handle();
        let serving = actix::spawn(server);
        tracing::warn!("SIMULATED: this voice agent rings nobody; it makes up what people say");
        writeln!(out, "SIMULATED voice agent at http://{address}/call")?;
        out.flush()?;
        stop_asked().await?;
        handle.stop(true).await;
        serving.await.map_err(|why| Error::Broken(why.to_string()))??;
        Ok(Outcome::Fine)
    }
}

/// As Standard Webhooks says, under a new id each time.
fn proof(secret: &SigningSecret) -> Proof {
    let key = SigningKey::new(secret);
    Arc::new(move |_: Option<&str>, body: &[u8]| {
        key.headers(&SystemIds.uuid().to_string(), SystemClock.now().timestamp(), body)
    })
}
