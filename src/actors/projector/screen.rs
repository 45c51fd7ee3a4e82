//! A screen as a projector sees it: something that follows by position, can be rebuilt, and takes up parked streams. Which one it is stays hidden.
//! Its futures stay on the projector's own thread.

use std::marker::PhantomData;

use domain::fact::Position;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use projections::follow::{self, Advance, Flip, Follower, Replay, Unreadable};
use projections::projection::Projection;
use projections::{Error, Screens};

use crate::journal::feed::{self, Reading};

/// Feeds one generation of a screen.
pub trait Following {
    fn position(&self) -> Position;
    fn building(&self) -> bool;
    /// The page is what the journal gave after `position`.
    fn advance<'a>(&'a mut self, page: &'a feed::Page) -> LocalBoxFuture<'a, Result<Advance, Error>>;
    /// Nothing is left to read: stores what is still unstored, once that is due.
    fn settle(&mut self) -> LocalBoxFuture<'_, Result<Advance, Error>>;
    fn flip(&mut self) -> LocalBoxFuture<'_, Result<Flip, Error>>;
}

pub type Opened<T> = LocalBoxFuture<'static, Result<T, Error>>;

/// Makes what feeds a screen.
pub trait Screen: Send + Sync {
    fn name(&self) -> &'static str;
    fn reading(&self) -> Reading;
    /// One of the kinds of streams that the screen reads.
    fn kind(&self, text: &str) -> Option<&'static str>;
    fn open(&self) -> Opened<Box<dyn Following>>;
    /// Begins a generation beside the live one.
    fn rebuild(&self) -> Opened<Box<dyn Following>>;
    /// Goes on with a rebuild that was interrupted.
    fn resume(&self) -> Opened<Option<Box<dyn Following>>>;
    /// Takes up a parked stream; the page holds all of its events, `through` is where the journal stood before they were read.
    fn replay<'a>(
        &'a self,
        stream: (&'a str, &'a str),
        page: &'a feed::Page,
        through: Position,
    ) -> LocalBoxFuture<'a, Result<Replay, Error>>;
    /// Gives up the events of a parked stream. False where it is not parked.
    fn discard<'a>(&'a self, stream: (&'a str, &'a str)) -> LocalBoxFuture<'a, Result<bool, Error>>;
}

/// One projection among the screens.
pub struct Shown<P> {
    screens: Screens,
    projection: PhantomData<fn() -> P>,
}

impl<P> Shown<P> {
    pub fn new(screens: &Screens) -> Self {
        Self { screens: screens.clone(), projection: PhantomData }
    }
}

impl<P> std::fmt::Debug for Shown<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown")
    }
}

impl<P: Projection> Screen for Shown<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn reading(&self) -> Reading {
        if P::PERSONAL { Reading::Clear } else { Reading::Sealed }
    }

    fn kind(&self, text: &str) -> Option<&'static str> {
        P::KINDS.iter().copied().find(|kind| *kind == text)
    }

    fn open(&self) -> Opened<Box<dyn Following>> {
        let screens = self.screens.clone();
        async move { Follower::<P>::open(&screens).await.map(boxed) }.boxed_local()
    }

    fn rebuild(&self) -> Opened<Box<dyn Following>> {
        let screens = self.screens.clone();
        async move { Follower::<P>::rebuild(&screens).await.map(boxed) }.boxed_local()
    }

    fn resume(&self) -> Opened<Option<Box<dyn Following>>> {
        let screens = self.screens.clone();
        async move { Ok(Follower::<P>::resume(&screens).await?.map(boxed)) }.boxed_local()
    }

    fn replay<'a>(
        &'a self,
        stream: (&'a str, &'a str),
        page: &'a feed::Page,
        through: Position,
    ) -> LocalBoxFuture<'a, Result<Replay, Error>> {
        async move {
            let unreadable = unreadable(page);
            follow::replay::<P>(&self.screens, stream, (&page.facts, &unreadable), through).await
        }
        .boxed_local()
    }

    fn discard<'a>(&'a self, (kind, stream): (&'a str, &'a str)) -> LocalBoxFuture<'a, Result<bool, Error>> {
        self.screens.discard(P::NAME, kind, stream).boxed_local()
    }
}

impl<P: Projection> Following for Follower<P> {
    fn position(&self) -> Position {
        Self::position(self)
    }

    fn building(&self) -> bool {
        Self::building(self)
    }

    fn advance<'a>(&'a mut self, page: &'a feed::Page) -> LocalBoxFuture<'a, Result<Advance, Error>> {
        async move {
            let (after, unreadable) = (Self::position(self), unreadable(page));
            let (facts, unreadable, last) = (page.facts.as_slice(), unreadable.as_slice(), page.last);
            Self::advance(self, follow::Page { after, facts, unreadable, last }).await
        }
        .boxed_local()
    }

    fn settle(&mut self) -> LocalBoxFuture<'_, Result<Advance, Error>> {
        Self::settle(self).boxed_local()
    }

    fn flip(&mut self) -> LocalBoxFuture<'_, Result<Flip, Error>> {
        Self::flip(self).boxed_local()
    }
}

fn boxed<P: Projection>(follower: Follower<P>) -> Box<dyn Following> {
    Box::new(follower)
}

fn unreadable(page: &feed::Page) -> Vec<Unreadable<'_>> {
    let bad = page.unreadable.iter();
    bad.map(|bad| Unreadable { position: bad.position, kind: &bad.kind, stream: &bad.stream, why: &bad.why })
        .collect()
}
