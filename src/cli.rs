//! The command line: what can be asked for, how the answer is printed, and which exit code it ends with.
//! It owns no engine: `serve` hands over to `app`, the others look at the journal or ask the running engine.

mod backup;
mod checkpoint;
mod engine;
mod events;
mod export;
mod forgotten;
mod help;
mod import;
mod kerio_probe;
mod moving;
mod opening;
mod progress;
mod rebuild;
mod replay;
mod restore;
mod serve;
mod signing_key;
mod sim;
mod simulate;
mod status;
mod table;
mod token;
mod user;
mod verify;
mod verify_bundle;
mod what_if;
mod when;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::builder::StyledStr;
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches as _, Parser, Subcommand};
use domain::fact::Position;

use crate::config::{self, Config, Setting, Sources, settings};
use crate::http::auth::password::Unfit;
use crate::{journal, telemetry};

/// An event-sourced, actor-based call engine
#[derive(Debug, Parser)]
#[command(version, before_help = help::KARNAY, after_help = help::KARNAY_MORE)]
struct Line {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Start the engine
    #[command(before_help = help::SERVE, after_help = help::SERVE_MORE)]
    Serve,
    /// Show how the running engine is
    #[command(before_help = help::STATUS, after_help = help::STATUS_MORE)]
    Status(status::Options),
    /// Build screens anew from the journal
    #[command(before_help = help::REBUILD, after_help = help::REBUILD_MORE)]
    Rebuild(rebuild::Options),
    /// Play again what was recorded of a session, a campaign or a call
    #[command(before_help = help::REPLAY, after_help = help::REPLAY_MORE)]
    Replay(Box<replay::Options>),
    /// Print what was recorded
    #[command(before_help = help::EVENTS, after_help = help::EVENTS_MORE)]
    Events(events::Options),
    /// Check that the journal is what was written
    #[command(before_help = help::VERIFY, after_help = help::VERIFY_MORE)]
    Verify(verify::Options),
    /// Check an evidence about a call, without any journal
    #[command(before_help = help::VERIFY_BUNDLE, after_help = help::VERIFY_BUNDLE_MORE)]
    VerifyBundle(verify_bundle::Options),
    /// Print the newest signed checkpoint, to be kept elsewhere
    #[command(before_help = help::CHECKPOINT, after_help = help::CHECKPOINT_MORE)]
    Checkpoint,
    /// Show or renew the key that checkpoints are signed with
    #[command(before_help = help::SIGNING_KEY, after_help = help::SIGNING_KEY_MORE)]
    SigningKey(signing_key::Options),
    /// Copy the journal to a folder beside a running engine, checked
    #[command(before_help = help::BACKUP, after_help = help::BACKUP_MORE)]
    Backup(backup::Options),
    /// Put a backup back into an empty store
    #[command(before_help = help::RESTORE, after_help = help::RESTORE_MORE)]
    Restore(restore::Options),
    /// Move the journal from the data folder to PostgreSQL
    #[command(before_help = help::MOVE, after_help = help::MOVE_MORE)]
    Move(moving::Options),
    /// Take in another program's history of calls
    #[command(before_help = help::IMPORT, after_help = help::IMPORT_MORE)]
    Import(import::Options),
    /// Keep what was forgotten forgotten when a backup is restored
    #[command(before_help = help::FORGOTTEN, after_help = help::FORGOTTEN_MORE)]
    Forgotten(forgotten::Options),
    /// Make a token to sign in with
    #[command(before_help = help::TOKEN, after_help = help::TOKEN_MORE)]
    Token(token::Options),
    /// Let somebody sign in: the first admin, a new password
    #[command(before_help = help::USER, after_help = help::USER_MORE)]
    User(user::Options),
    /// Play a far end that the engine talks to, ringing nobody
    #[command(before_help = help::SIM, after_help = help::SIM_MORE)]
    Sim(sim::Options),
    /// See beforehand how a campaign would go, on a clock that jumps
    #[command(before_help = help::SIMULATE, after_help = help::SIMULATE_MORE)]
    Simulate(Box<simulate::Options>),
    /// See what other rules would have changed in a campaign's past
    #[command(before_help = help::WHAT_IF, after_help = help::WHAT_IF_MORE)]
    WhatIf(Box<what_if::Options>),
    /// Look at a telephone exchange, changing nothing there
    #[command(before_help = help::KERIO_PROBE, after_help = help::KERIO_PROBE_MORE)]
    KerioProbe(kerio_probe::Options),
}

/// How it went, where it went at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Fine,
    /// Not ready, or the journal is wrong: said on the way.
    NotFine,
}

const NOT_FINE: u8 = 1;
const NOT_POSSIBLE: u8 = 2;

/// Why a command could not do what was asked.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Config(#[from] config::Error),
    #[error(transparent)]
    Log(#[from] telemetry::Error),
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error(transparent)]
    Engine(#[from] engine::Error),
    #[error(transparent)]
    Token(#[from] token::Error),
    #[error("cannot write: {0}")]
    Print(#[from] io::Error),
    /// The engine or an offline rebuild did not begin.
    #[error("{0}")]
    Start(String),
    /// It began and broke.
    #[error("{0}")]
    Broken(String),
    #[error("there is no screen called {name}; there are {known}")]
    NoScreen { name: String, known: String },
    #[error(transparent)]
    User(domain::user::Error),
    #[error("--from: what is looked at ends at {0}")]
    After(Position),
    #[error("the password {0}")]
    Password(Unfit),
    #[error("the two passwords differ; nothing was changed")]
    Differ,
    #[error("no password came; nothing was changed")]
    NoPassword,
    /// A file that was named cannot be used.
    #[error("{path}: {why}")]
    File { path: String, why: String },
    #[error(
        "SIGNING_KEY is set, so its keys are renewed there: SIGNING_KEY=<new>,<old>, then start the engine anew; \
         `openssl rand -base64 32` makes one"
    )]
    KeyIsSet,
    #[error(transparent)]
    Backup(#[from] journal::backup::Fault),
    #[error(transparent)]
    Moving(#[from] moving::Error),
    #[error(transparent)]
    Simulate(#[from] simulate::Error),
    #[error(transparent)]
    Export(#[from] export::Error),
    #[error(transparent)]
    Replay(#[from] replay::Error),
    #[error(transparent)]
    WhatIf(#[from] what_if::Error),
}

impl Error {
    fn code(&self) -> u8 {
        match self {
            // Whoever read the output has had enough.
            Self::Print(why) if why.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Engine(_) | Self::Broken(_) | Self::Print(_) => NOT_FINE,
            Self::Config(_) | Self::Log(_) | Self::Journal(_) | Self::Token(_) => NOT_POSSIBLE,
            Self::Start(_) | Self::NoScreen { .. } => NOT_POSSIBLE,
            Self::User(_) => NOT_FINE,
            Self::Password(_) | Self::Differ | Self::NoPassword => NOT_POSSIBLE,
            Self::File { .. } | Self::KeyIsSet | Self::After(_) => NOT_POSSIBLE,
            Self::Replay(_) | Self::WhatIf(_) => NOT_POSSIBLE,
            Self::Backup(journal::backup::Fault::Changed(_) | journal::backup::Fault::Unsound(_)) => NOT_FINE,
            Self::Backup(_) => NOT_POSSIBLE,
            Self::Moving(why) if why.is_the_users() => NOT_POSSIBLE,
            Self::Moving(_) => NOT_FINE,
            Self::Simulate(why) if why.is_the_users() => NOT_POSSIBLE,
            Self::Simulate(_) => NOT_FINE,
            Self::Export(why) if why.is_the_users() => NOT_POSSIBLE,
            Self::Export(_) => NOT_FINE,
        }
    }
}

/// Does what the arguments ask for. Exit codes: 0 fine, 1 not fine, 2 wrong use or cannot start.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(told) => {
            // Help and version come this way too. A reader that went away needs no word.
            let _ = told.print();
            return ExitCode::from(u8::try_from(told.exit_code()).unwrap_or(NOT_POSSIBLE));
        }
    };
    // An engine with all it is made of is more than a stack should carry through every call.
    match Box::pin(carry_out(&matches)).await {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::NotFine) => ExitCode::from(NOT_FINE),
        Err(error) => {
            if error.code() != 0 {
                let one_line = error.to_string().replace('\n', " ");
                let _ = writeln!(io::stderr(), "karnay: {one_line}");
            }
            ExitCode::from(error.code())
        }
    }
}

async fn carry_out(matches: &ArgMatches) -> Result<Outcome, Error> {
    let line = match Line::from_arg_matches(matches) {
        Ok(line) => line,
        Err(told) => told.exit(),
    };
    let own = matches.subcommand().map(|(_, own)| own.subcommand().map_or(own, |(_, inner)| inner));
    let flags = own.map(flags).unwrap_or_default();
    let config = Config::read(&Sources::gather(flags)?)?;
    let out = &mut io::stdout();
    match line.task {
        Task::Serve => serve::run(config).await,
        Task::Status(options) => status::run(&options, &config, out).await,
        Task::Rebuild(options) => rebuild::run(&options, config, out).await,
        Task::Events(options) => events::run(options, &config, out).await,
        Task::Replay(options) => replay::run(&options, &config, out).await,
        Task::Verify(options) => verify::run(&options, &config, out).await,
        Task::VerifyBundle(options) => verify_bundle::run(&options, out),
        Task::Checkpoint => checkpoint::run(&config, out).await,
        Task::SigningKey(options) => signing_key::run(&options, &config, out).await,
        Task::Backup(options) => backup::run(&options, &config, out).await,
        Task::Restore(options) => restore::run(&options, &config, out).await,
        Task::Move(options) => moving::run(&options, &config, out).await,
        Task::Import(options) => import::run(&options, &config, out).await,
        Task::Forgotten(options) => forgotten::run(&options, &config, out).await,
        Task::Token(options) => token::run(&options, &config, out),
        Task::User(options) => user::run(&options, &config, out).await,
        Task::Sim(options) => sim::run(options, &config, out).await,
        Task::Simulate(options) => simulate::run(&options, &config, out),
        Task::WhatIf(options) => what_if::run(&options, &config, out).await,
        Task::KerioProbe(options) => kerio_probe::run(&options, &config, out).await,
    }
}

/// The whole command line. Every command takes every setting; it shows those that matter to it.
fn command() -> Command {
    let line =
        <Line as CommandFactory>::command().help_template(help::TEMPLATE).max_term_width(help::WIDTH_MAX);
    line.mut_subcommands(|task| {
        let task = task.mut_subcommands(with_settings);
        // One that has others and does nothing itself takes no settings.
        if task.is_subcommand_required_set() {
            task.help_template(help::TEMPLATE)
        } else {
            with_settings(task)
        }
    })
}

fn with_settings(task: Command) -> Command {
    let task = task.help_template(help::TEMPLATE);
    let shown = shown(task.get_name());
    let own: Vec<String> = task.get_arguments().filter_map(Arg::get_long).map(ToOwned::to_owned).collect();
    // A flag of the command's own comes before a setting of that name.
    let settings = settings().iter().zip(FLAGS.iter()).filter(|(_, flag)| !own.contains(flag));
    settings.fold(task, |task, (setting, flag)| {
        let matters = shown.is_none_or(|names| names.contains(&setting.name));
        task.arg(setting_flag(setting, flag, matters))
    })
}

/// None: all of them.
fn shown(task: &str) -> Option<&'static [&'static str]> {
    match task {
        "serve" => None,
        "status" => Some(&["HOST", "PORT", "DATA_DIR", "JWT_SECRET"]),
        "rebuild" | "add" | "passwd" => {
            Some(&["HOST", "PORT", "DATA_DIR", "DATABASE_URL", "DATA_KEY", "JWT_SECRET"])
        }
        "rotate" => {
            Some(&["HOST", "PORT", "DATA_DIR", "DATABASE_URL", "DATA_KEY", "SIGNING_KEY", "JWT_SECRET"])
        }
        "backup" => Some(&["DATA_DIR", "DATABASE_URL"]),
        "restore" => Some(&["HOST", "PORT", "DATA_DIR", "DATABASE_URL", "DATA_KEY", "JWT_SECRET"]),
        "import" => Some(&["HOST", "PORT", "DATA_DIR", "JWT_SECRET", "DEFAULT_ORGANIZATION"]),
        "move" => Some(&["DATA_DIR", "DATABASE_URL"]),
        "apply" => Some(&["HOST", "PORT", "DATA_DIR", "DATABASE_URL", "JWT_SECRET"]),
        "events" | "export" | "verify" | "checkpoint" | "show" => Some(&["DATA_DIR", "DATABASE_URL"]),
        "verify-bundle" => Some(&[]),
        "replay" => Some(&[
            "DATA_DIR",
            "DATABASE_URL",
            "DATA_KEY",
            "JWT_SECRET",
            "DEFAULT_ORGANIZATION",
            "DEFAULT_TIMEZONE",
        ]),
        "what-if" => Some(&[
            "DATA_DIR",
            "DATABASE_URL",
            "DATA_KEY",
            "DEFAULT_ORGANIZATION",
            "DEFAULT_TIMEZONE",
            "RULES_PACK",
            "AGENT_URL",
            "AGENT_TIMEOUT_SECONDS",
        ]),
        "remote" | "agent" => Some(&["LOG", "LOG_FORMAT"]),
        "simulate" => Some(&["DEFAULT_TIMEZONE"]),
        "kerio-probe" => Some(&kerio_probe::SETTINGS),
        _ => Some(&["DATA_DIR", "JWT_SECRET"]),
    }
}

/// The names of the flags; clap keeps no text that does not live as long as the process.
static FLAGS: LazyLock<Vec<String>> = LazyLock::new(|| settings().iter().map(Setting::flag).collect());

fn setting_flag(setting: &Setting, flag: &'static str, matters: bool) -> Arg {
    let default = if setting.default.is_empty() { String::new() } else { format!(" [{}]", setting.default) };
    let help: StyledStr = format!("{}{default}", setting.help).into();
    Arg::new(setting.name)
        .long(flag)
        .value_name("VALUE")
        .help(help)
        .help_heading("Settings, also as environment variables or lines of .env (--data-dir as DATA_DIR)")
        .hide(!matters)
        .allow_hyphen_values(true)
}

fn flags(own: &ArgMatches) -> BTreeMap<&'static str, String> {
    let given = |name| own.try_get_one::<String>(name).ok().flatten().cloned();
    settings().iter().filter_map(|setting| Some((setting.name, given(setting.name)?))).collect()
}
