//! The watch over an organization's exchange: how far its log was read, when nobody was looking, and whether we are let in. Fed by the
//! events of `pbx`; table `pbx_watch`, a row an organization. What is known of the exchange this very moment, the watcher knows.

use chrono::{DateTime, Utc};
use domain::fact::{Event, Fact, Position};
use domain::ids::{Organization, StreamId};
use domain::pbx::{self, Gap, Refusal, Synced};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::projection::{Index, Projection, Touch, Unfoldable};
use crate::row::{Cell, Field, Kind, row};
use crate::screens::Screens;

/// Older gaps stand in the journal only.
const GAPS_MAX: usize = 100;

row! {
    /// How the watch over an exchange stands.
    #[derive(Debug)]
    pub struct WatchRow {
        pub stream: String,
        pub organization: String,
        pub synced_at: Option<DateTime<Utc>>,
        /// The start of the newest call that the log has.
        pub through: Option<DateTime<Utc>>,
        /// Rows that the last reading looked at, and those among them that were new.
        pub rows_read: u64,
        pub rows_new: u64,
        pub refused: Option<Refusal>,
        pub refused_at: Option<DateTime<Utc>>,
        /// The newest first.
        pub gaps: Gaps,
        pub gaps_total: u64,
        pub updated_at: DateTime<Utc>,
        pub position: Position,
    }
}

/// A time in which nobody was looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapRow {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub why: Gap,
}

/// Some of them, in one column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gaps(pub Vec<GapRow>);

impl Field for Gaps {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        // A list of times and words can always be written.
        Cell::text(serde_json::to_string(&self.0).unwrap_or_default())
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        serde_json::from_str(&String::read(cell)?).ok().map(Self)
    }
}

impl Field for Refusal {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::text(match self {
            Self::Password => "password",
            Self::Rights => "rights",
            Self::Certificate => "certificate",
        })
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        let text = String::read(cell)?;
        [Self::Password, Self::Rights, Self::Certificate]
            .into_iter()
            .find(|known| known.cell() == Cell::text(text.as_str()))
    }
}

impl WatchRow {
    fn new(fact: &Fact) -> Self {
        Self {
            stream: fact.stream.as_str().to_owned(),
            organization: fact.stream.organization().to_owned(),
            synced_at: None,
            through: None,
            rows_read: 0,
            rows_new: 0,
            refused: None,
            refused_at: None,
            gaps: Gaps::default(),
            gaps_total: 0,
            updated_at: fact.occurred_at,
            position: fact.position,
        }
    }

    fn follow(&mut self, event: &pbx::Event) {
        match event {
            pbx::Event::Synced(Synced { through, rows, new, at }) => {
                (self.synced_at, self.through) = (Some(*at), self.through.max(*through));
                (self.rows_read, self.rows_new, self.updated_at) = (*rows, *new, *at);
            }
            pbx::Event::MonitorGap { from, to, why, at } => {
                self.gaps.0.insert(0, GapRow { from: *from, to: *to, why: *why });
                self.gaps.0.truncate(GAPS_MAX);
                (self.gaps_total, self.updated_at) = (self.gaps_total + 1, *at);
            }
            pbx::Event::Refused { why, at } => {
                (self.refused, self.refused_at, self.updated_at) = (Some(*why), Some(*at), *at);
            }
            pbx::Event::Accepted { at } => {
                (self.refused, self.refused_at, self.updated_at) = (None, None, *at);
            }
            pbx::Event::Left { at } => self.updated_at = *at,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct PbxWatch;

impl Projection for PbxWatch {
    const NAME: &'static str = "pbx_watch";
    const VERSION: i64 = 1;
    const PERSONAL: bool = false;
    const KINDS: &'static [&'static str] = &["pbx"];
    const KEY: &'static str = "stream";
    const INDEXES: &'static [Index] = &[];
    const VIEW: &'static str = "pbx_watches";
    const CACHED: usize = 64;

    type Key = String;
    type Row = WatchRow;

    fn key(row: &WatchRow) -> String {
        row.stream.clone()
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        match &fact.event {
            // Whichever comes first begins the row.
            Event::Pbx(_) => Some(Touch::Existing(fact.stream.as_str().to_owned())),
            Event::Session(_)
            | Event::Call(_)
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::Contact(_)
            | Event::Import(_)
            | Event::Person(_)
            | Event::Campaign(_)
            | Event::Target(_)
            | Event::Promise(_)
            | Event::User(_)
            | Event::ApiKey(_)
            | Event::WebhookEndpoint(_)
            | Event::Settings(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_) => None,
        }
    }

    fn fold(row: &mut Option<WatchRow>, fact: &Fact) -> Result<(), Unfoldable> {
        if let Event::Pbx(event) = &fact.event {
            row.get_or_insert_with(|| WatchRow::new(fact)).follow(event);
        }
        Ok(())
    }
}

/// How an organization's watch stands; none where nothing was ever recorded of it.
pub async fn find(screens: &Screens, organization: &Organization) -> Result<Option<WatchRow>, Error> {
    let stream = Cell::text(StreamId::pbx(organization).as_str());
    Ok(screens.query(PbxWatch::NAME, "where stream = $1", vec![stream], true).await?.into_iter().next())
}

#[cfg(test)]
mod tests;
