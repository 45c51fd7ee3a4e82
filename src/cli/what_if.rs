//! `karnay what-if`: a campaign's past through other rules. The journal is only read; what the rules say is `domain::hindsight`'s business,
//! here are the flags, the files of rules, and the page.

mod page;
mod past;
mod rules;

use std::io::Write;

use clap::Args;
use clap::builder::PossibleValuesParser;
use domain::campaign::{self, Settings};
use domain::fact::Event;
use domain::hindsight::report::Report;
use domain::hindsight::{Hindsight, Plan};
use domain::ids::Organization;
use domain::policy::dialling::Terms;
use domain::rules::Pack;
use uuid::Uuid;

use super::Outcome;
use super::opening;
use super::replay::keyring;
use super::when::{Said, said};
use crate::config::Config;
use crate::{app, journal};
use page::Page;
use past::{Missing, Past};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Whose past it is: a campaign's id
    #[arg(long, value_name = "ID")]
    campaign: Uuid,
    /// Other settings of the campaign: a file of TOML or JSON, - for standard input. Without it its own hold, as it had them at each moment
    #[arg(long, value_name = "FILE")]
    rules: Option<String>,
    /// Other rules of the organization
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Pack::NAMES))]
    pack: Option<String>,
    /// Print the rules that the campaign goes by, as a file to be changed
    #[arg(long, conflicts_with_all = ["rules", "pack", "json", "all"])]
    print: bool,
    /// Look no further, that included: a position of the journal, a time (2025-10-06T18:30:00Z; in the engine's zone where it names none)
    /// or a day there (2025-10-06)
    #[arg(long, value_name = "WHEN", value_parser = said)]
    until: Option<Said>,
    /// Whose campaign it is, where that is not the default organization
    #[arg(long, value_name = "NAME", value_parser = |text: &str| Organization::parse(text))]
    org: Option<Organization>,
    /// List every attempt and not the first twenty
    #[arg(long)]
    all: bool,
    /// Print all of it as JSON
    #[arg(long)]
    json: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("what is to be other? --rules FILE or --pack NAME; --print prints the rules as they are")]
    NothingOther,
    #[error("there is no campaign {id} in organization {organization}")]
    Unknown { id: Uuid, organization: String },
    #[error(transparent)]
    Rules(#[from] rules::Error),
    #[error("the rules cannot be written: {0}")]
    Unwritten(#[from] toml::ser::Error),
    #[error(transparent)]
    Journal(#[from] journal::Error),
}

pub(super) async fn run(
    options: &Options,
    config: &Config,
    out: &mut dyn Write,
) -> Result<Outcome, super::Error> {
    if options.rules.is_none() && options.pack.is_none() && !options.print {
        return Err(Error::NothingOther.into());
    }
    let other = options.rules.as_deref().map(rules::read).transpose().map_err(Error::from)?;
    let house = app::house_of(config).map_err(|why| super::Error::Start(format!("{why:#}")))?;
    let reader = opening::to_look(config).await?;
    let keyring = keyring(&reader, config).await?;
    let organization = options.org.as_ref().unwrap_or(&config.house.organization);
    let until = options.until.as_ref().map(|until| until.when(config.house.timezone));
    let campaign = options.campaign;
    let past = Past { reader: &reader, keyring: &keyring, organization, campaign, until };
    let unknown = || Error::Unknown { id: campaign, organization: organization.to_string() };
    if options.print {
        let settings = settings(&past).await.map_err(Error::from)?.ok_or_else(unknown)?;
        return print(&settings, &house.terms(&settings), &house.pack, out);
    }
    let other_pack = options.pack.as_deref().and_then(Pack::named).unwrap_or_else(|| house.pack.clone());
    let told = told(options, &house.pack, &other_pack);
    let plan =
        Plan { pack: house.pack.clone(), other_pack, other, zone: house.zone, call_max: house.call_max() };
    let number = |organization: &_, phone: &_| keyring.fingerprint(organization, phone);
    let mut hindsight = Hindsight::new(plan, (organization.clone(), campaign), &number);
    let missing =
        past.each(&mut |fact| hindsight.hear(fact)).await.map_err(Error::from)?.ok_or_else(unknown)?;
    let report = hindsight.report();
    if options.json {
        writeln!(out, "{:#}", json(campaign, &told, (&report, &missing)))?;
    } else {
        let (zone, all) = (config.house.timezone, options.all);
        Page { report: &report, missing: &missing, zone, all, rules: &told }.print(out)?;
    }
    Ok(Outcome::Fine)
}

fn json(campaign: Uuid, rules: &str, (report, missing): (&Report, &Missing)) -> serde_json::Value {
    serde_json::json!({
        "whatIf": true, "campaign": campaign, "rules": rules, "byRule": report.by_rule(), "nothingChanges": report.is_empty(),
        "report": report, "unreadable": missing.unreadable, "forgotten": missing.forgotten,
    })
}

/// Which rules are compared.
fn told(options: &Options, pack: &Pack, other: &Pack) -> String {
    let file = options
        .rules
        .as_deref()
        .map_or_else(|| "its own settings".to_owned(), |file| format!("the settings in {file}"));
    format!(
        "The campaign as it was (pack {} version {}), and by {file} with pack {} version {}.",
        pack.name, pack.version, other.name, other.version
    )
}

/// The last ones that the campaign was given.
async fn settings(past: &Past<'_>) -> Result<Option<Settings>, journal::Error> {
    let mut last = None;
    let found = past
        .each(&mut |fact| {
            if let Event::Campaign(
                campaign::Event::Created { plan, .. } | campaign::Event::Changed { plan, .. },
            ) = &fact.event
            {
                last = Some(plan.settings.clone());
            }
        })
        .await?;
    Ok(found.and(last))
}

fn print(
    settings: &Settings,
    terms: &Terms,
    house: &Pack,
    out: &mut dyn Write,
) -> Result<Outcome, super::Error> {
    let whole = rules::whole(settings, &terms.pack);
    let text = rules::written(&whole).map_err(Error::from)?;
    writeln!(
        out,
        "# What this campaign goes by: the pack {}, and what its own settings make stricter.",
        house.name
    )?;
    writeln!(
        out,
        "# A file only makes the organization's rules stricter. To see looser ones, give --pack always beside it."
    )?;
    write!(out, "{text}")?;
    Ok(Outcome::Fine)
}
