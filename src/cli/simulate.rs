//! `karnay simulate`: a campaign beforehand. What happens in it is `domain::simulation`'s business, what people say the simulated agent's;
//! here are its flags, the settings it is given, the file of events and the bar.

mod lines;
mod page;

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use clap::builder::PossibleValuesParser;
use domain::campaign::Settings;
use domain::contact::Details;
use domain::policy::dialling::Terms;
use domain::rules::{Pack, read};
use domain::simulation::report::Report;
use domain::simulation::{self, Asked, Plan, Simulation, Spoken, Told, World};
use domain::zone::Zone;
use serde_json::Value;

use super::Outcome;
use super::progress::Progress;
use crate::adapters::simulated_agent::foretold;
use crate::config::Config;
use lines::Lines;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The campaign's settings: a file, - for standard input, or the JSON itself
    #[arg(value_name = "SETTINGS")]
    settings: String,
    /// How many are to be called
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=CONTACTS_MAX))]
    contacts: u32,
    /// How long to look ahead
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    /// Decides what people say
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// The organization's rules
    #[arg(long, value_name = "NAME", default_value = "uz", value_parser = PossibleValuesParser::new(Pack::NAMES))]
    pack: String,
    /// When the campaign is started. The default is a Monday at nine in Tashkent
    #[arg(long, value_name = "INSTANT", default_value = "2027-01-04T09:00:00+05:00", value_parser = instant)]
    start: DateTime<Utc>,
    /// Where people live: one zone after the other is given to the contacts, in turns
    #[arg(long, value_name = "ZONE,…", default_value = "Asia/Tashkent", value_delimiter = ',', value_parser = |text: &str| Zone::parse(text))]
    zones: Vec<Zone>,
    /// Lines that the house has; the settings may allow fewer
    #[arg(long, value_name = "CALLS", default_value_t = NonZeroU32::MIN.saturating_add(99))]
    at_once: NonZeroU32,
    /// Write every event there, a line each
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

const CONTACTS_MAX: i64 = 1_000_000;
/// More than any campaign's settings.
const SETTINGS_LEN_MAX: u64 = 1024 * 1024;
/// An agent that says nothing for so long has lost the call.
const CALL_MAX: TimeDelta = TimeDelta::minutes(10);

/// Why there is no simulation.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the settings cannot be read from {from}: {why}")]
    Unread { from: String, why: io::Error },
    #[error("the settings are no JSON: {0}")]
    NoJson(serde_json::Error),
    #[error("the settings are wrong: {}", named(.0))]
    Wrong(read::Invalid),
    #[error("{} cannot be written: {why}", file.display())]
    Unwritten { file: PathBuf, why: io::Error },
    #[error(transparent)]
    Broken(#[from] simulation::Error),
}

impl Error {
    /// Whether another command line would help.
    pub(super) fn is_the_users(&self) -> bool {
        match self {
            Self::Unread { .. } | Self::NoJson(_) | Self::Wrong(_) => true,
            Self::Unwritten { .. } | Self::Broken(_) => false,
        }
    }
}

/// The whole of it has no field.
fn named(wrong: &read::Invalid) -> String {
    if wrong.field.is_empty() { wrong.why.clone() } else { wrong.to_string() }
}

pub(super) fn run(options: &Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, super::Error> {
    let settings = settings(&options.settings, &mut io::stdin())?;
    let house = Zone::parse(config.house.timezone.name()).unwrap_or(Zone::UTC);
    let plan = options.plan(settings, house);
    let report = options.simulate(plan)?;
    if options.json {
        let text = serde_json::json!({ "simulated": true, "seed": options.seed, "report": report });
        writeln!(out, "{text:#}")?;
    } else {
        page::print(&report, options, house, out)?;
    }
    Ok(Outcome::Fine)
}

fn settings(given: &str, input: &mut dyn io::Read) -> Result<Settings, Error> {
    let text = if given.trim_start().starts_with('{') { given.to_owned() } else { text(given, input)? };
    let value: Value = serde_json::from_str(&text).map_err(Error::NoJson)?;
    read::read(&value).map_err(Error::Wrong)
}

fn text(given: &str, input: &mut dyn io::Read) -> Result<String, Error> {
    let from = if given == "-" { "standard input" } else { given };
    let unread = |why| Error::Unread { from: from.to_owned(), why };
    let mut text = String::new();
    let mut file;
    let source = if given == "-" {
        input
    } else {
        file = File::open(given).map_err(unread)?;
        &mut file
    };
    source.take(SETTINGS_LEN_MAX).read_to_string(&mut text).map_err(unread)?;
    Ok(text)
}

fn instant(text: &str) -> Result<DateTime<Utc>, &'static str> {
    let told = DateTime::parse_from_rfc3339(text);
    told.map(|at| at.to_utc()).map_err(|_| "is no instant; one is written as in 2027-01-04T09:00:00+05:00")
}

impl Options {
    fn plan(&self, settings: Settings, house: Zone) -> Plan {
        // The names are those that the flag allows.
        let pack = Pack::named(&self.pack).unwrap_or_else(Pack::uz);
        let terms = Terms::of(&settings, &pack, house, CALL_MAX);
        let ends = self.start + TimeDelta::days(self.days.into());
        Plan { settings, terms, lines: self.at_once, begins: self.start, ends }
    }

    fn details(&self) -> Vec<Details> {
        let zones = self.zones.iter().cycle();
        let details = (0..self.contacts).zip(zones).map(|(who, zone)| Details {
            first_name: "Simulated".to_owned(),
            last_name: who.to_string(),
            phone: format!("+99890{who:07}"),
            zone: Some(zone.to_string()),
            ..Details::default()
        });
        details.collect()
    }

    fn simulate(&self, plan: Plan) -> Result<Report, Error> {
        let mut lines = self.events.as_deref().map(events).transpose()?;
        let mut progress = Progress::counted("simulate", "hours");
        let report = self.played(plan, &mut lines, &mut progress);
        progress.end();
        let unwritten = |(lines, file): (Lines<_>, &PathBuf)| {
            lines.end().map_err(|why| Error::Unwritten { file: file.clone(), why })
        };
        lines.zip(self.events.as_ref()).map(unwritten).transpose()?;
        report
    }

    /// It ends early where events cannot be written.
    fn played(
        &self,
        plan: Plan,
        lines: &mut Option<Lines<BufWriter<File>>>,
        progress: &mut Progress,
    ) -> Result<Report, Error> {
        let (begins, hours) = (plan.begins, 24 * u64::from(self.days));
        let mut agent = |asked: Asked<'_>| self.spoken(asked);
        let mut hear = |told: &Told<'_>| lines.iter_mut().for_each(|lines| lines.write(told));
        let mut world = World { agent: &mut agent, hear: &mut hear };
        let mut simulation = Simulation::begin(plan, self.details(), &mut world)?;
        loop {
            let mut hear = |told: &Told<'_>| lines.iter_mut().for_each(|lines| lines.write(told));
            let mut world = World { agent: &mut agent, hear: &mut hear };
            let goes_on = simulation.step(&mut world)?;
            if !goes_on || lines.as_ref().is_some_and(Lines::is_broken) {
                break;
            }
            let done = u64::try_from((simulation.now() - begins).num_hours()).unwrap_or(0);
            progress.at(done.min(hours), hours);
        }
        Ok(simulation.report())
    }

    fn spoken(&self, asked: Asked<'_>) -> Result<Spoken, String> {
        let custom_data = asked.details.custom_data.as_ref().unwrap_or(&Value::Null);
        let before = asked.attempt.saturating_sub(1);
        let foretold = foretold(self.seed, (&asked.details.phone, custom_data), before, asked.at);
        foretold.map(|(secs, answer)| Spoken { secs, answer }).map_err(|why| why.to_string())
    }
}

fn events(file: &Path) -> Result<Lines<BufWriter<File>>, Error> {
    let created = File::create(file).map_err(|why| Error::Unwritten { file: file.to_owned(), why })?;
    Ok(Lines::new(BufWriter::new(created)))
}
