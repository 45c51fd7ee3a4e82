//! New versions of a screen: built beside the old one, or shown at once where the old rows cannot be read.

use std::time::Duration;

use domain::fact::Fact;

use super::facts::{Happening, Journal};
use super::world::{World, feed, options};
use crate::error::Error;
use crate::follow::{Flip, Follower};
use crate::projection::{Index, Projection, Spec, Touch, Unfoldable};
use crate::registry::State;
use crate::row::row;
use crate::screens::{Screens, Store};
use crate::session_stats::{SessionRow, SessionStats};

/// The same table, another meaning: it counts double.
struct Second;

impl Projection for Second {
    const NAME: &'static str = SessionStats::NAME;
    const VERSION: i64 = SessionStats::VERSION + 1;
    const PERSONAL: bool = false;
    const KINDS: &'static [&'static str] = SessionStats::KINDS;
    const KEY: &'static str = SessionStats::KEY;
    const INDEXES: &'static [Index] = SessionStats::INDEXES;
    const VIEW: &'static str = SessionStats::VIEW;
    const CACHED: usize = 10;
    type Key = String;
    type Row = SessionRow;

    fn key(row: &SessionRow) -> String {
        SessionStats::key(row)
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        SessionStats::touches(fact)
    }

    fn fold(row: &mut Option<SessionRow>, fact: &Fact) -> Result<(), Unfoldable> {
        SessionStats::fold(row, fact)?;
        if let Some(row) = row.as_mut() {
            row.unlisted_results += 1;
        }
        Ok(())
    }
}

row! {
    #[derive(Debug)]
    struct Slim { pub stream: String, pub events: i64, }
}

/// Another table.
struct Third;

impl Projection for Third {
    const NAME: &'static str = SessionStats::NAME;
    const VERSION: i64 = SessionStats::VERSION + 2;
    const PERSONAL: bool = false;
    const KINDS: &'static [&'static str] = SessionStats::KINDS;
    const KEY: &'static str = "stream";
    const INDEXES: &'static [Index] = &[];
    const VIEW: &'static str = SessionStats::VIEW;
    const CACHED: usize = 1;
    type Key = String;
    type Row = Slim;

    fn key(row: &Slim) -> String {
        row.stream.clone()
    }

    fn touches(fact: &Fact) -> Option<Touch<String>> {
        Some(Touch::Existing(fact.stream.as_str().to_owned()))
    }

    fn fold(row: &mut Option<Slim>, fact: &Fact) -> Result<(), Unfoldable> {
        row.get_or_insert(Slim { stream: fact.stream.as_str().to_owned(), events: 0 }).events += 1;
        Ok(())
    }
}

async fn open<P: Projection>(store: &Store) -> Result<Screens, Error> {
    Screens::open_with(options(store), &[Spec::of::<P>()]).await
}

fn journal() -> Journal {
    Journal::of(&[
        Happening::Open { session: 0 },
        Happening::Report { session: 0, number: 1, status: 0, start: None, extra: 0 },
    ])
}

async fn unlisted(screens: &Screens) -> i64 {
    let rows: Vec<SessionRow> = screens.query(SessionStats::NAME, "", vec![], false).await.unwrap();
    rows[0].unlisted_results
}

#[tokio::test]
async fn a_new_meaning_is_built_while_the_old_one_is_shown() {
    let journal = journal();
    for world in World::each().await {
        feed(&mut Follower::<SessionStats>::open(&world.screens).await.unwrap(), &journal, &[9]).await;
        let newer = open::<Second>(&world.store).await.unwrap();
        let mut follower = Follower::<Second>::open(&newer).await.unwrap();
        assert!(follower.building());
        let fresh = newer.wait(SessionStats::NAME, 5, Duration::from_mins(1)).await;
        assert_eq!((fresh.position, fresh.behind), (2, 3), "the old one stands still and is not waited for");
        assert_eq!(unlisted(&newer).await, 0);
        feed(&mut follower, &journal, &[1]).await;
        assert_eq!(follower.flip().await.unwrap(), Flip::Done);
        assert_eq!(unlisted(&newer).await, 2);
        let status = newer.status().await.unwrap();
        let ours: Vec<_> = status.iter().filter(|status| status.name == SessionStats::NAME).collect();
        assert_eq!((ours.len(), ours[0].version, ours[0].state), (1, Second::VERSION, State::Live));

        let refused = world_reopened(&world.store).await.unwrap_err().to_string();
        assert!(refused.contains("of a newer karnay") && !refused.contains('\n'), "{refused}");
        assert_eq!(unlisted(&newer).await, 2);
    }
}

async fn world_reopened(store: &Store) -> Result<Screens, Error> {
    Screens::open(options(store)).await
}

#[tokio::test]
async fn another_form_is_shown_at_once_and_says_that_it_is_behind() {
    let journal = journal();
    for world in World::each().await {
        feed(&mut Follower::<SessionStats>::open(&world.screens).await.unwrap(), &journal, &[9]).await;
        let newer = open::<Third>(&world.store).await.unwrap();
        assert_eq!(newer.wait(SessionStats::NAME, 2, Duration::from_millis(30)).await.behind, 2);
        let mut follower = Follower::<Third>::open(&newer).await.unwrap();
        assert!(!follower.building());
        feed(&mut follower, &journal, &[9]).await;
        let rows: Vec<Slim> =
            newer.query(SessionStats::NAME, "order by stream", vec![], false).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.events).collect::<Vec<_>>(), [1, 1]);
    }
}

#[tokio::test]
async fn a_second_rebuild_supersedes_the_first() {
    let journal = journal();
    for world in World::each().await {
        let mut first = Follower::<SessionStats>::rebuild(&world.screens).await.unwrap();
        let _second = Follower::<SessionStats>::rebuild(&world.screens).await.unwrap();
        let facts = journal.between(0, 2);
        let page = crate::follow::Page { after: 0, facts: &facts, unreadable: &[], last: 2 };
        let refused = first.advance(page).await.unwrap_err();
        assert!(matches!(refused, Error::Superseded { .. }), "{refused}");
    }
}
