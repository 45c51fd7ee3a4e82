//! Tables of the screens' own: which generations there are, which streams are parked, and the texts that make a generation.
//! Nothing here is precious: a schema that is too old or in doubt is dropped and rebuilt from the journal.

use chrono::{DateTime, Utc};

use super::{Backend, Dialect, Step};
use crate::error::Error;
use crate::projection::Spec;
use crate::registry::{self, Generation, State};
use crate::row::{Cell, Column, Field, Kind, names};

/// The format of the registry itself.
const FORMAT: i64 = 1;
/// Nodes that start at once may undo each other's registration; each round one of them gets through.
const TRIES: usize = 20;
/// Any number will do, as long as nobody else in the database uses it.
pub(crate) const LOCK: &str = "select pg_advisory_xact_lock(7305806031218471)";

/// Refuses a format from the future.
pub(crate) fn known(version: i64, what: &str) -> Result<(), Error> {
    if version <= FORMAT {
        return Ok(());
    }
    Err(Error::Open(format!(
        "{what} has format {version} of a newer karnay, this one knows {FORMAT}: start the newer one, or remove it: screens are rebuilt from the journal"
    )))
}

pub(crate) fn table_name(dialect: Dialect, spec: &Spec, generation: i64) -> String {
    format!("{}{}_v{}_{generation}", dialect.prefix(), spec.name, spec.version)
}

/// A table's form: where it differs, another version cannot be served by the same queries.
pub(crate) fn shape(spec: &Spec) -> String {
    columns(Dialect::Postgres, spec)
}

fn columns(dialect: Dialect, spec: &Spec) -> String {
    let column = |Column { name, kind, nullable }: &Column| {
        let null = if *nullable { "" } else { " not null" };
        format!("{name} {}{null}", dialect.type_of(*kind))
    };
    let all: Vec<String> = spec.columns.iter().map(column).collect();
    format!("{}, primary key ({})", all.join(", "), spec.key)
}

pub(crate) fn create_table(dialect: Dialect, spec: &Spec, generation: i64) -> Step {
    let name = table_name(dialect, spec, generation);
    Step::new(format!("create table {name} ({}){}", columns(dialect, spec), dialect.table_options()))
}

pub(crate) fn create_indexes(dialect: Dialect, spec: &Spec, generation: i64) -> Vec<Step> {
    let table = table_name(dialect, spec, generation);
    let plain = table.trim_start_matches(dialect.prefix());
    let index = |index: &crate::projection::Index| {
        let name = format!("{plain}_{}", index.name);
        Step::new(format!("create index if not exists {name} on {table} ({})", index.columns))
    };
    let mut steps: Vec<Step> = spec.indexes.iter().map(index).collect();
    if dialect == Dialect::Postgres {
        steps.push(Step::new(format!("analyze {table}")));
    }
    steps
}

/// Lets the screen's name stand for a generation. Queries name the view only.
pub(crate) fn show(dialect: Dialect, spec: &Spec, generation: i64) -> Vec<Step> {
    let view = format!("{}{}", dialect.prefix(), spec.name);
    let all = format!("select {} from {}", names(spec.columns), table_name(dialect, spec, generation));
    match dialect {
        Dialect::Sqlite => vec![
            Step::new(format!("drop view if exists {view}")),
            Step::new(format!("create view {view} as {all}")),
        ],
        Dialect::Postgres => vec![Step::new(format!("create or replace view {view} as {all}"))],
    }
}

/// A view for people: times as times.
pub(crate) fn for_people(spec: &Spec) -> String {
    let column = |Column { name, kind, .. }: &Column| match kind {
        Kind::Text | Kind::Int => (*name).to_owned(),
        Kind::Time => format!("timestamptz 'epoch' + {name} * interval '1 microsecond' as {name}"),
    };
    let all: Vec<String> = spec.columns.iter().map(column).collect();
    format!("select {} from screens.{}", all.join(", "), spec.name)
}

/// Drops what a generation left: its table, its parked streams, its place in the registry.
pub(crate) fn drop_generation(dialect: Dialect, known: &Generation) -> Vec<Step> {
    let prefix = dialect.prefix();
    let table = format!("{prefix}{}_v{}_{}", known.name, known.version, known.generation);
    let which = || vec![Cell::text(known.name.clone()), Cell::int(known.generation)];
    vec![
        Step::new(format!("drop table if exists {table}")),
        Step::new(format!("delete from {prefix}parked where projection = $1 and generation = $2"))
            .with(which()),
        Step::new(format!("delete from {prefix}milestones where projection = $1 and generation = $2"))
            .with(which()),
        Step::new(format!("delete from {prefix}projections where name = $1 and generation = $2"))
            .with(which())
            .expecting(1),
    ]
}

/// Announces a generation. One that is there already undoes the transaction.
pub(crate) fn announce(dialect: Dialect, spec: &Spec, next: (i64, State), now: DateTime<Utc>) -> Step {
    let (generation, state) = next;
    let sql = format!(
        "insert into {}projections (name, version, generation, shape, state, position, recorded_at, epoch, started_at) \
         values ($1, $2, $3, $4, $5, 0, null, 0, $6) on conflict do nothing",
        dialect.prefix()
    );
    let args = vec![
        Cell::text(spec.name),
        Cell::int(spec.version),
        Cell::int(generation),
        Cell::text(shape(spec)),
        Cell::text(state.as_str()),
        Cell::int(now.timestamp_micros()),
    ];
    Step::new(sql).with(args).expecting(1)
}

fn base(dialect: Dialect) -> Vec<Step> {
    let (prefix, int) = (dialect.prefix(), dialect.type_of(Kind::Int));
    let options = dialect.table_options();
    let mut steps = match dialect {
        Dialect::Sqlite => vec![],
        Dialect::Postgres => vec![Step::new(LOCK), Step::new("create schema if not exists screens")],
    };
    steps.extend([
        Step::new(format!(
            "create table if not exists {prefix}format (version {int} not null primary key){options}"
        )),
        Step::new(format!(
            "create table if not exists {prefix}projections (name text not null, version {int} not null, \
             generation {int} not null, shape text not null, state text not null, position {int} not null, \
             recorded_at {int}, epoch {int} not null, started_at {int} not null, primary key (name, generation)){options}"
        )),
        Step::new(format!(
            "create unique index if not exists projections_live on {prefix}projections (name) where state = 'live'"
        )),
        Step::new(format!(
            "create table if not exists {prefix}parked (projection text not null, generation {int} not null, \
             kind text not null, stream text not null, first_position {int} not null, reason text not null, \
             at {int} not null, primary key (projection, generation, kind, stream)){options}"
        )),
        Step::new(format!(
            "create table if not exists {prefix}milestones (projection text not null, generation {int} not null, \
             key text not null, position {int} not null, since {int} not null, until {int} not null, copy text not null, \
             primary key (projection, generation, key, position)){options}"
        )),
        Step::new(format!(
            "insert into {prefix}format (version) select {FORMAT} where not exists (select 1 from {prefix}format)"
        )),
    ]);
    steps
}

/// Makes the store ready for these screens. Safe on several nodes at once.
pub(crate) async fn prepare(backend: &Backend, specs: &[Spec], now: DateTime<Utc>) -> Result<(), Error> {
    backend.transact(base(backend.dialect())).await?;
    for spec in specs {
        register(backend, spec, now).await?;
        if let Backend::Postgres(store) = backend {
            store.publish(spec.view, &for_people(spec)).await?;
            for former in spec.former_views {
                store.withdraw(former, spec.name).await?;
            }
        }
    }
    Ok(())
}

async fn register(backend: &Backend, spec: &Spec, now: DateTime<Utc>) -> Result<(), Error> {
    for _ in 0..TRIES {
        let known = registry::generations(backend, Some(spec.name)).await?;
        let steps = registration(backend.dialect(), spec, &known, now)?;
        if steps.is_empty() || backend.transact(steps).await? {
            return Ok(());
        }
    }
    Err(Error::Open(format!("the screen {} is being changed by other nodes: start again", spec.name)))
}

/// What has to be done so that the screen can be served. Pure: the whole decision about versions is here.
fn registration(
    dialect: Dialect,
    spec: &Spec,
    known: &[Generation],
    now: DateTime<Utc>,
) -> Result<Vec<Step>, Error> {
    let mut steps: Vec<Step> = vec![];
    if dialect == Dialect::Postgres {
        steps.push(Step::new(LOCK));
    }
    let quiet = steps.len();
    let next = next(known);
    let retired = known.iter().filter(|known| known.state == State::Retired);
    steps.extend(retired.flat_map(|retired| drop_generation(dialect, retired)));

    match known.iter().find(|known| known.state == State::Live) {
        Some(live) if live.version > spec.version => {
            return Err(Error::Open(format!(
                "the screen {} has version {} of a newer karnay, this one knows {}: start the newer one, or remove the screens: they are rebuilt from the journal",
                spec.name, live.version, spec.version
            )));
        }
        // Served as it is, or still served while its successor is built.
        Some(live) if live.shape == shape(spec) => {
            let built =
                known.iter().any(|known| known.version == spec.version && known.state != State::Retired);
            if !built {
                let given_up = known.iter().filter(|known| known.state == State::Building);
                steps.extend(given_up.flat_map(|known| drop_generation(dialect, known)));
                steps.push(announce(dialect, spec, (next, State::Building), now));
                steps.push(create_table(dialect, spec, next));
            }
        }
        // Its rows are of another form: nothing of it can be shown.
        _ => {
            let useless: Vec<Generation> =
                known.iter().filter(|known| known.state != State::Retired).cloned().collect();
            steps.extend(start_anew(dialect, spec, (&useless, next), now));
        }
    }
    if steps.len() == quiet {
        steps.clear();
    }
    Ok(steps)
}

/// Replaces generations by an empty one that is shown at once.
pub(crate) fn start_anew(
    dialect: Dialect,
    spec: &Spec,
    (useless, next): (&[Generation], i64),
    now: DateTime<Utc>,
) -> Vec<Step> {
    let mut steps = vec![Step::new(drop_view(dialect, spec))];
    steps.extend(useless.iter().flat_map(|known| drop_generation(dialect, known)));
    steps.push(announce(dialect, spec, (next, State::Live), now));
    steps.push(create_table(dialect, spec, next));
    steps.extend(create_indexes(dialect, spec, next));
    steps.extend(show(dialect, spec, next));
    steps
}

/// The number of a screen's next generation.
pub(crate) fn next(known: &[Generation]) -> i64 {
    known.iter().map(|known| known.generation).max().unwrap_or(0) + 1
}

fn drop_view(dialect: Dialect, spec: &Spec) -> String {
    match dialect {
        Dialect::Sqlite => format!("drop view if exists {}", spec.name),
        // The view for people stands on this one.
        Dialect::Postgres => format!("drop view if exists screens.{} cascade", spec.name),
    }
}

impl Field for State {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::text(self.as_str())
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        Self::parse(&String::read(cell)?)
    }
}
