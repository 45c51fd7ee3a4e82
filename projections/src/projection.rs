//! What a read model is: a keyed table and a pure fold of facts into its rows.

use std::fmt::Display;
use std::hash::Hash;

use domain::fact::Fact;

use crate::row::{Column, Row};

/// A read model. A fact touches at most one of its rows: what would touch two is two screens.
pub trait Projection: Send + Sync + 'static {
    const NAME: &'static str;
    /// Raised whenever the same facts would make other rows: a new generation is then built beside the old one.
    const VERSION: i64;
    /// Whether its facts have to be read with personal data in clear.
    const PERSONAL: bool;
    /// Whether all that a row holds of a person comes from one stream: then forgetting folds that stream anew. A row that is made
    /// of several has to lose it by the fold of what says that the person was forgotten.
    const ALONE: bool = true;
    /// The kinds of streams it reads. An unreadable event of another kind is none of its business.
    const KINDS: &'static [&'static str];
    /// The column that holds the key.
    const KEY: &'static str;
    /// Made with a generation: another one needs another version.
    const INDEXES: &'static [Index];
    /// The view under which operators of PostgreSQL find it in the schema `public`.
    const VIEW: &'static str;
    /// Names that the view had before. Under them it is gone once a screen was opened.
    const FORMER_VIEWS: &'static [&'static str] = &[];
    /// How many rows are kept in memory between two batches.
    const CACHED: usize;
    /// Whether copies of its rows are kept as they were, since too much touches a row to fold all of it for everybody who looks back.
    const MILESTONES: bool = false;

    type Key: Clone + Eq + Ord + Hash + Display + Send + Sync + 'static;
    type Row: Row;

    fn key(row: &Self::Row) -> Self::Key;
    fn touches(fact: &Fact) -> Option<Touch<Self::Key>>;
    /// Leaves the row as it was where it fails.
    fn fold(row: &mut Option<Self::Row>, fact: &Fact) -> Result<(), Unfoldable>;
}

/// The row that a fact is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touch<K> {
    /// Surely not there yet: nothing has to be looked up.
    New(K),
    Existing(K),
}

/// Why a fact makes no sense to a screen. Never names a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unfoldable(pub &'static str);

#[derive(Debug, Clone, Copy)]
pub struct Index {
    pub name: &'static str,
    pub columns: &'static str,
}

/// A projection as its store knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    pub(crate) version: i64,
    pub(crate) key: &'static str,
    pub(crate) columns: &'static [Column],
    pub(crate) indexes: &'static [Index],
    #[cfg(test)]
    pub(crate) personal: bool,
    pub(crate) view: &'static str,
    pub(crate) former_views: &'static [&'static str],
}

impl Spec {
    pub(crate) const fn of<P: Projection>() -> Self {
        Self {
            name: P::NAME,
            version: P::VERSION,
            key: P::KEY,
            columns: P::Row::COLUMNS,
            indexes: P::INDEXES,
            #[cfg(test)]
            personal: P::PERSONAL,
            view: P::VIEW,
            former_views: P::FORMER_VIEWS,
        }
    }
}
