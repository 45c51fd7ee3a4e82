//! `karnay replay`: what was recorded of a session, a campaign or a call, played again at the pace at which it happened, or faster.
//! On a terminal it is a page with keys, elsewhere a line an event. The journal is only read, beside a running engine or without one.

mod figures;
mod into;
mod keys;
mod lines;
mod reel;
mod subject;
mod view;

use std::collections::VecDeque;
use std::io::{self, IsTerminal as _, Write};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::Args;
use clap::builder::PossibleValuesParser;
use domain::ids::Organization;
use domain::language::Language;
use tokio::time::Instant;

use super::opening;
use super::when::{Said, When, said};
use super::{Outcome, token};
use crate::adapters::system::SystemIds;
use crate::config::{Config, Secret, keys as secrets};
use crate::http::audit::Teller;
use crate::http::replays::{Pace, SPEED_MAX};
use crate::journal;
use crate::journal::keys::{DataKey, Keyring};
use crate::journal::verify::Reader;
use crate::ports::Ids;
use figures::Figures;
use lines::Shape;
use reel::{Reel, Telling};
use subject::{Asked, Kind, Subject};
use view::View;

/// Shorter than that nobody sleeps: a timer takes longer.
const SLEEP_MIN: Duration = Duration::from_millis(2);
/// Later than that nobody catches up.
const LATE_MAX: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
pub(super) struct Options {
    /// A session by its name or id, a campaign by its id, a call by the id that the history shows, at the exchange too
    #[arg(value_name = "ID")]
    id: String,
    /// What it is: session, campaign or call. Without it, whichever bears that name
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// How many times as fast as it happened; 0 is as fast as possible
    #[arg(long, value_name = "TIMES", default_value_t = 60, value_parser = clap::value_parser!(u32).range(0..=i64::from(SPEED_MAX)))]
    speed: u32,
    /// Begin there: a position of the journal, a time (2025-10-06T18:30:00Z; in the engine's zone where it names none) or a day there
    /// (2025-10-06). What came before is counted and not shown
    #[arg(long, value_name = "WHEN", value_parser = said)]
    from: Option<Said>,
    /// End there, that included: a position of the journal, a time (2025-10-06T18:30:00Z; in the engine's zone where it names none) or a
    /// day there (2025-10-06)
    #[arg(long, value_name = "WHEN", value_parser = said)]
    to: Option<Said>,
    /// No silence lasts longer than that
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = token::lifetime)]
    max_pause: Duration,
    /// Begin standing still: s shows the next event, the space bar goes on. For terminals
    #[arg(long, conflicts_with = "json")]
    step: bool,
    /// A JSON object an event, with what the screens showed after it
    #[arg(long)]
    json: bool,
    /// In which language events are told
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = PossibleValuesParser::new(Language::ALL.map(Language::as_str)))]
    lang: String,
    /// Tell the numbers too, which takes the data key. Nobody writes down that they were looked at
    #[arg(long)]
    clear: bool,
    /// Have it played by the engine at this address into sockets: of /replay, for all who watch there. Begins with the first who does
    #[arg(long, value_name = "URL", value_parser = address, conflicts_with_all = ["step", "json", "clear", "lang"])]
    into: Option<String>,
    /// Who asks the engine for it: an auditor, a manager or an admin. Without it one is signed with the data folder's jwt.secret
    #[arg(long, value_name = "TOKEN", env = "KARNAY_TOKEN", hide_env_values = true, value_parser = bearer)]
    token: Option<Secret>,
    /// Whose it is, where that is not the default organization
    #[arg(long, value_name = "NAME", value_parser = |text: &str| Organization::parse(text))]
    org: Option<Organization>,
}

/// Why nothing is played.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("there is no {kind} called {id} in organization {organization}")]
    Unknown { kind: &'static str, id: String, organization: String },
    #[error("the engine at {url} knows no {kind} called {id}, as far as the token goes")]
    Elsewhere { url: String, kind: &'static str, id: String },
    #[error("nothing was recorded of it between --from and --to")]
    Nothing,
    #[error("--step wants a terminal")]
    NoTerminal,
    #[error(transparent)]
    Journal(#[from] journal::Error),
}

pub(super) async fn run(
    options: &Options,
    config: &Config,
    out: &mut dyn Write,
) -> Result<Outcome, super::Error> {
    if let Some(url) = &options.into {
        return into::run(options, url, config, out).await;
    }
    let on_terminal = io::stdout().is_terminal() && io::stdin().is_terminal() && !options.json;
    if options.step && !on_terminal {
        return Err(Error::NoTerminal.into());
    }
    let reader = opening::to_look(config).await?;
    let organization = options.org.as_ref().unwrap_or(&config.house.organization);
    let asked = Asked { organization, kind: options.kind, id: &options.id };
    let subject = asked.find(&reader).await?;
    let keyring = if options.clear { Some(keyring(&reader, config).await?) } else { None };
    let language = Language::parse(&options.lang).unwrap_or(Language::English);
    let zone = config.house.timezone;
    let place_in = |said: Option<&Said>| said.map(|said| said.when(zone));
    let telling = Telling { teller: Teller { language, zone }, keyring: keyring.as_ref() };
    let reel = Reel::open(&reader, &subject, telling, place_in(options.to.as_ref())).await?;
    let mut show = Show { reel, figures: Figures::new(&subject) };
    let begins = show.wind_to(place_in(options.from.as_ref())).await?.ok_or(Error::Nothing)?;
    let pace = Pace { speed: options.speed, pause_max: options.max_pause };
    if on_terminal {
        view(&subject, show, (pace, options.step), (zone, begins)).run(out).await?;
    } else {
        let shape = if options.json { Shape::Json } else { Shape::Text(zone) };
        print(show, pace, (shape, begins), out).await?;
    }
    Ok(Outcome::Fine)
}

/// Where an engine is: its scheme, its host and no more than the path that it is behind.
fn address(text: &str) -> Result<String, &'static str> {
    let told = "is no address of an engine, such as http://127.0.0.1:3000";
    let url = reqwest::Url::parse(text).map_err(|_| told)?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && url.query().is_none()
        && url.fragment().is_none();
    if plain { Ok(text.trim_end_matches('/').to_owned()) } else { Err(told) }
}

/// What a header can carry.
fn bearer(text: &str) -> Result<Secret, &'static str> {
    let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(Secret::new(text)) } else { Err("is no token") }
}

fn view<'a>(
    subject: &Subject,
    show: Show<'a>,
    (pace, paused): (Pace, bool),
    (zone, now): (Tz, DateTime<Utc>),
) -> View<'a> {
    let title = format!("{} {}", subject.kind.as_str(), subject.name);
    View { title, zone, pace, paused, show, now, told: VecDeque::new(), ended: false }
}

async fn print(
    mut show: Show<'_>,
    pace: Pace,
    (shape, mut now): (Shape, DateTime<Utc>),
    out: &mut dyn Write,
) -> Result<(), super::Error> {
    let mut next = Instant::now();
    while let Some(due) = show.due().await? {
        // What took longer than it should is caught up with, but for what nobody was there to see.
        next = (next + pace.wait(now, due)).max(Instant::now() - LATE_MAX);
        if next > Instant::now() + SLEEP_MIN {
            out.flush()?;
            tokio::time::sleep_until(next).await;
        }
        now = due;
        if let Some(scene) = show.play() {
            lines::print(shape, &scene, &show.figures.now(), out)?;
        }
    }
    Ok(out.flush()?)
}

/// The one that the engine seals with.
pub(super) async fn keyring(reader: &Reader, config: &Config) -> Result<Keyring, super::Error> {
    let ids = SystemIds;
    let key = secrets::data_key(config, false, &mut |bytes| ids.fill(bytes))?;
    Ok(reader.unlock(&DataKey(*key.expose()), Arc::new(ids)).await?)
}

/// What is played, with what it comes to.
#[derive(Debug)]
struct Show<'a> {
    reel: Reel<'a>,
    figures: Figures,
}

impl Show<'_> {
    /// Counts in what came before, and tells when the first one of the rest was recorded.
    async fn wind_to(&mut self, from: Option<When>) -> Result<Option<DateTime<Utc>>, journal::Error> {
        loop {
            let Some(scene) = self.reel.due().await? else { return Ok(None) };
            let at = scene.recorded_at;
            if from.is_none_or(|from| from.begins(scene.position, at)) {
                return Ok(Some(at));
            }
            self.play();
        }
    }

    /// When the next one was recorded; none at the end.
    async fn due(&mut self) -> Result<Option<DateTime<Utc>>, journal::Error> {
        Ok(self.reel.due().await?.map(|next| next.recorded_at))
    }

    fn play(&mut self) -> Option<reel::Scene> {
        let scene = self.reel.take()?;
        self.figures.take(&scene);
        Some(scene)
    }
}
