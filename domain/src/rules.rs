//! The rules of dialling as data: when, how often, how soon again. A pack has a name and a version; an organization overrides
//! what it has to, a campaign can only make it stricter. What follows from them for a person and an instant, the policies say.

pub mod caps;
pub mod holidays;
mod packs;
pub mod read;
pub mod retry;
pub mod span;
pub mod week;

use serde::{Deserialize, Serialize};

use caps::{Cap, Quiet};
use holidays::Holidays;
use retry::{Callbacks, Matrix, Promises};
use week::Week;

/// A set of rules that holds as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pack {
    pub name: String,
    pub version: u32,
    /// Whether its figures were found in a published text.
    pub verified: bool,
    pub windows: Week,
    #[serde(default)]
    pub holidays: Holidays,
    #[serde(default)]
    pub caps: Vec<Cap>,
    #[serde(default)]
    pub quiet: Quiet,
    pub retry: Matrix,
    pub callbacks: Callbacks,
    pub promises: Promises,
}

/// What an organization or a campaign wants otherwise. What it leaves out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Changes {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windows: Option<Week>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holidays: Option<Holidays>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caps: Option<Vec<Cap>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Quiet>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Matrix>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callbacks: Option<Callbacks>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promises: Option<Promises>,
}

/// The name of a pack that comes with the engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackName(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of the packs {packs}", packs = Pack::NAMES.join(", "))]
pub struct BadPack(String);

impl TryFrom<String> for PackName {
    type Error = BadPack;

    fn try_from(name: String) -> Result<Self, BadPack> {
        if Pack::NAMES.contains(&name.as_str()) { Ok(Self(name)) } else { Err(BadPack(name)) }
    }
}

impl From<PackName> for String {
    fn from(name: PackName) -> Self {
        name.0
    }
}

impl PackName {
    pub fn pack(&self) -> Option<Pack> {
        Pack::named(&self.0)
    }
}

impl Pack {
    /// What the organization says holds instead.
    #[must_use]
    pub fn overridden(mut self, by: &Changes) -> Self {
        replace(&mut self.windows, by.windows.as_ref());
        replace(&mut self.holidays, by.holidays.as_ref());
        replace(&mut self.caps, by.caps.as_ref());
        replace(&mut self.quiet, by.quiet.as_ref());
        self.retry.replace(by.retry.as_ref());
        replace(&mut self.callbacks, by.callbacks.as_ref());
        replace(&mut self.promises, by.promises.as_ref());
        self
    }

    /// Both hold: the stricter of each, under both names.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        if self.name == other.name {
            return self;
        }
        let name = format!("{} + {}", self.name, other.name);
        let (version, verified) = (self.version.max(other.version), self.verified && other.verified);
        Self { name, version, verified, ..self.tightened(&other.clone().into()) }
    }

    /// The stricter of each holds: what a campaign says can only take away.
    #[must_use]
    pub fn tightened(mut self, by: &Changes) -> Self {
        tighten(&mut self.windows, by.windows.as_ref(), Week::both);
        tighten(&mut self.holidays, by.holidays.as_ref(), Holidays::either);
        tighten(&mut self.caps, by.caps.as_ref(), |ours, theirs| caps::all(ours, theirs));
        tighten(&mut self.quiet, by.quiet.as_ref(), Quiet::longer);
        tighten(&mut self.retry, by.retry.as_ref(), Matrix::stricter);
        tighten(&mut self.callbacks, by.callbacks.as_ref(), Callbacks::stricter);
        tighten(&mut self.promises, by.promises.as_ref(), |ours, theirs| ours.stricter(*theirs));
        self
    }
}

impl From<Pack> for Changes {
    fn from(pack: Pack) -> Self {
        let Pack { windows, holidays, caps, quiet, retry, callbacks, promises, .. } = pack;
        Self {
            windows: Some(windows),
            holidays: Some(holidays),
            caps: Some(caps),
            quiet: Some(quiet),
            retry: Some(retry),
            callbacks: Some(callbacks),
            promises: Some(promises),
        }
    }
}

fn replace<T: Clone>(ours: &mut T, theirs: Option<&T>) {
    if let Some(theirs) = theirs {
        ours.clone_from(theirs);
    }
}

fn tighten<T>(ours: &mut T, theirs: Option<&T>, stricter: impl Fn(&T, &T) -> T) {
    if let Some(theirs) = theirs {
        *ours = stricter(ours, theirs);
    }
}

#[cfg(test)]
mod tests;
