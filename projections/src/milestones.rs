//! Rows as they were: now and then, where a page changed a row, a copy of it is kept as it stood when the page was folded. Whoever looks
//! back begins at the last copy before that time and has little left to fold.
//! Copies are stored in the transaction of their page and belong to its generation; they are a shortcut and no more. Where it is in
//! doubt that they are what the events come to, since a stream was parked or another version folded them, there are none.

use std::num::NonZeroUsize;

use domain::fact::Position;
use lru::LruCache;
use serde_json::Value;

use crate::error::Error;
use crate::projection::Projection;
use crate::row::{Cell, Kind, Row, Source, row};
use crate::screens::Screens;
use crate::store::{Changes, Dialect, Select, Step};

/// Unless told otherwise, a row is copied again when so many events of the journal have passed.
pub const EVERY: u64 = 16_384;
/// More events than this are not read in place of a row's own streams.
const STRETCHES_MAX: u64 = 8 * EVERY;
/// Copies written by one statement.
const TOGETHER: usize = 500;
/// No row has this key: a copy of it says that no copy of this generation is to be used.
const NONE: &str = "";

/// When each row was copied last, as far as it is remembered. A row that is not is copied once more.
pub(crate) struct Milestones<K> {
    every: u64,
    last: LruCache<K, Position>,
}

impl<K: Clone + Eq + std::hash::Hash + std::fmt::Display> Milestones<K> {
    pub(crate) fn new(every: u64, cached: usize) -> Self {
        Self { every, last: LruCache::new(NonZeroUsize::new(cached).unwrap_or(NonZeroUsize::MIN)) }
    }

    /// What was begun by somebody else is not known here.
    pub(crate) fn forget(&mut self) {
        self.last.clear();
    }

    /// The copies that a page makes, where rows were not copied lately. A page that is not stored after all has to be forgotten.
    pub(crate) fn of_page<R: Row>(
        &mut self,
        (dialect, screen, generation): (Dialect, &str, i64),
        changes: &Changes<K, R>,
        (after, last): (Position, Position),
    ) -> Vec<Step> {
        let mut due: Vec<&(K, R)> = vec![];
        for changed in changes.fresh.iter().chain(&changes.known) {
            let lately =
                self.last.get(&changed.0).is_some_and(|known| last < known.saturating_add(self.every));
            if !lately {
                self.last.put(changed.0.clone(), last);
                due.push(changed);
            }
        }
        let until = last.saturating_add(self.every);
        let copies = |together: &[&(K, R)]| {
            let rows = together.iter().map(|(key, row)| (key.to_string(), written(row)));
            insert(dialect, (screen, generation), (after, last, until), rows)
        };
        due.chunks(TOGETHER).map(copies).collect()
    }
}

/// From now on no copy of this generation is used, those that are there included.
pub(crate) fn withdraw(dialect: Dialect, screen: &str, generation: i64) -> Step {
    insert(dialect, (screen, generation), (0, 0, 0), [(NONE.to_owned(), String::new())].into_iter())
}

fn insert(
    dialect: Dialect,
    (screen, generation): (&str, i64),
    (after, last, until): (Position, Position, Position),
    rows: impl Iterator<Item = (String, String)>,
) -> Step {
    let (mut values, mut args) = (vec![], vec![]);
    for (key, row) in rows {
        let first = args.len() + 1;
        let places: Vec<String> = (first..first + 7).map(|place| format!("${place}")).collect();
        values.push(format!("({})", places.join(", ")));
        args.extend([Cell::text(screen), Cell::int(generation), Cell::text(key)]);
        args.extend([Cell::position(last), Cell::position(after), Cell::position(until), Cell::text(row)]);
    }
    let sql = format!(
        "insert into {}milestones (projection, generation, key, position, since, until, copy) values {} on conflict do nothing",
        dialect.prefix(),
        values.join(", ")
    );
    Step::new(sql).with(args)
}

/// A row as it stood some time before the one that is looked back to.
#[derive(Debug)]
pub struct Before<R> {
    /// None where there was no row yet.
    pub row: Option<R>,
    /// Stretches of the journal, each after one position and up to another: whatever touched the row since and by then lies in them.
    pub rest: Vec<(Position, Position)>,
}

row! {
    #[derive(Debug)]
    struct Told {
        pub what: String,
        pub position: Position,
        pub since: Position,
        pub until: Position,
        pub copy: String,
    }
}

/// What is known of a row at a position. None where its whole past has to be folded.
pub async fn before<P: Projection>(
    screens: &Screens,
    key: &P::Key,
    until: Position,
) -> Result<Option<Before<P::Row>>, Error> {
    let args = vec![
        Cell::text(P::NAME),
        Cell::int(P::VERSION),
        Cell::text(key.to_string()),
        Cell::position(until),
        Cell::text(NONE),
    ];
    let sql = question(screens.backend().dialect());
    let told: Vec<Told> = screens.backend().select(Select { sql, args, point: true }).await?;
    let of = |what: &str| told.iter().find(|told| told.what == what);
    // One statement, so that all of it is of one generation and of one moment.
    let Some(read) = of("read").filter(|_| of("withdrawn").is_none()) else { return Ok(None) };
    let copy = of("before").map(|known| read_back::<P::Row>(&known.copy)).transpose()?;
    let (position, covered) = of("before").map_or((0, 0), |known| (known.position, known.until));
    // Whatever changed the row beyond what the copy covers was copied with the page that holds it, unless that page is yet to come.
    let next = of("after").map_or(read.position, |next| next.since);
    let rest = [(position, covered.min(until)), (covered.max(next), until)];
    let rest: Vec<_> = rest.into_iter().filter(|(after, last)| after < last).collect();
    let events: u64 = rest.iter().map(|(after, last)| last - after).sum();
    Ok((events <= STRETCHES_MAX).then_some(Before { row: copy, rest }))
}

fn question(dialect: Dialect) -> String {
    let prefix = dialect.prefix();
    let columns = "position, since, until, copy";
    let copies = format!(
        "from {prefix}milestones m join shown on m.generation = shown.generation where m.projection = $1 and m.key"
    );
    let one = |what: &str, which: &str| {
        format!(
            "select * from (select '{what}' as what, m.position, m.since, m.until, m.copy {copies} {which} limit 1) as {what}_it"
        )
    };
    format!(
        "with shown as (select generation, position from {prefix}projections where name = $1 and version = $2 and state = 'live') \
         select what, {columns} from ({} union all {} union all {} union all \
         select 'read' as what, position, 0 as since, 0 as until, '' as copy from shown) as told",
        one("before", "= $3 and m.position <= $4 order by m.position desc"),
        one("after", "= $3 and m.position > $4 order by m.position"),
        one("withdrawn", "= $5"),
    )
}

/// A row as a list of what its columns hold.
pub(crate) fn written<R: Row>(row: &R) -> String {
    let mut cells = vec![];
    row.each(&mut |cell| {
        cells.push(match cell {
            Cell::Text(text) => text.map_or(Value::Null, |text| Value::String(text.into_owned())),
            Cell::Int(number) => number.map_or(Value::Null, Value::from),
        });
    });
    Value::Array(cells).to_string()
}

fn read_back<R: Row>(copy: &str) -> Result<R, Error> {
    let cells: Vec<Value> = serde_json::from_str(copy).map_err(|_| Error::Unreadable { column: "copy" })?;
    R::read(&Copied(&cells))
}

struct Copied<'a>(&'a [Value]);

impl Source for Copied<'_> {
    fn cell(&self, column: usize, kind: Kind) -> Option<Cell<'_>> {
        match (self.0.get(column)?, kind) {
            (Value::Null, Kind::Text) => Some(Cell::Text(None)),
            (Value::Null, Kind::Int | Kind::Time) => Some(Cell::Int(None)),
            (Value::String(text), Kind::Text) => Some(Cell::Text(Some(text.as_str().into()))),
            (Value::Number(number), Kind::Int | Kind::Time) => Some(Cell::Int(number.as_i64())),
            _ => None,
        }
    }
}
