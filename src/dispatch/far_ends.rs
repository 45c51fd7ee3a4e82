//! What an organization's calls go through: its own call server and voice agent where it has set any, the house's otherwise.
//! Its settings are looked at each time they are needed, and what they stand for is made anew when they have changed.
//! Settings that cannot be used stand in the way of everything: nobody is ever rung through another's far end instead.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use domain::fact::Circumstances;
use domain::ids::{Organization, StreamId};
use domain::secret::SealedSecret;
use domain::settings::{Command, Settings, Value};
use lru::LruCache;

use super::dialling::House;
use super::seen::Seen;
use super::{Dispatch, Failure, Meta};
use crate::ports::{RemoteHost, VoiceAgent};

/// Organizations whose own far ends are kept at hand; the least recently used are made anew when they return.
const KEPT_MAX: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// The far ends of one moment.
#[derive(Debug, Clone)]
pub struct Ends {
    pub remote: Arc<dyn RemoteHost>,
    /// What the remote host is called where it is taken.
    pub host: Arc<str>,
    /// The file there that a list replaces.
    pub path: Arc<str>,
    /// The folder there that holds recordings.
    pub recordings: Arc<str>,
    pub agent: Arc<dyn VoiceAgent>,
    /// What the agent signs its reports with, where it is the organization's own.
    pub agent_secrets: Option<Secrets>,
    /// What holds for every campaign, which depends on whom the agent rings.
    pub campaigns: House,
}

/// What signatures are made with. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets(pub Vec<Vec<u8>>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Values by the names of their settings, opened. Never printed: there are secrets among them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Opened(pub BTreeMap<String, String>);

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Why values stand for no far ends, and which of them it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} {why}")]
pub struct Wrong {
    pub name: String,
    pub why: String,
}

/// Makes the far ends of an organization of what it has set. Calls nobody.
pub type Make = Arc<dyn Fn(&Opened) -> Result<Ends, Wrong> + Send + Sync>;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Worth another try.
    #[error("the journal cannot be reached: {0}")]
    Unavailable(String),
    #[error("the organization's own settings cannot be used: {0}")]
    Unusable(String),
}

/// The cheap handle.
#[derive(Clone)]
pub struct FarEnds {
    dispatch: Dispatch,
    house: Arc<Ends>,
    make: Make,
    kept: Arc<Mutex<LruCache<Organization, Made>>>,
}

#[derive(Clone)]
struct Made {
    version: u64,
    ends: Result<Arc<Ends>, Error>,
}

impl fmt::Debug for FarEnds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FarEnds").field("house", &self.house).finish_non_exhaustive()
    }
}

impl FarEnds {
    pub fn new(dispatch: Dispatch, house: Ends, make: Make) -> Self {
        let kept = Arc::new(Mutex::new(LruCache::new(KEPT_MAX)));
        Self { dispatch, house: Arc::new(house), make, kept }
    }

    /// Those of whoever has set nothing.
    pub fn house(&self) -> &Arc<Ends> {
        &self.house
    }

    /// Those of an organization as its settings stand in the journal now, whichever node wrote to them last.
    pub async fn of(&self, organization: &Organization) -> Result<Arc<Ends>, Error> {
        let (settings, version) = self.dispatch.own_settings(organization).await?;
        if settings.values().is_empty() {
            return Ok(Arc::clone(&self.house));
        }
        if let Some(made) = self.known(organization).filter(|made| made.version == version) {
            return made.ends;
        }
        let ends = self.dispatch.opened(organization, &settings).and_then(|opened| {
            let made = (self.make)(&opened).map(Arc::new);
            made.map_err(|why| Error::Unusable(why.to_string()))
        });
        if let Err(why) = &ends {
            tracing::error!(%organization, "nobody is called for an organization: {why}");
        }
        self.keep(organization, Made { version, ends: ends.clone() });
        ends
    }

    /// Whether values stand for far ends that could be called.
    pub fn judge(&self, values: &Opened) -> Result<(), Wrong> {
        (self.make)(values).map(drop)
    }

    fn known(&self, organization: &Organization) -> Option<Made> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(organization).cloned()
    }

    fn keep(&self, organization: &Organization, made: Made) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).put(organization.clone(), made);
    }
}

impl Dispatch {
    /// What an organization has set, and the version of it.
    pub async fn own_settings(&self, organization: &Organization) -> Result<(Arc<Settings>, u64), Error> {
        let meta = Meta { circumstances: Arc::<Circumstances>::default(), command: None };
        let stream = (StreamId::settings(organization), Seen::Whatever);
        match self.settings(stream, Command::Look, meta).await {
            Ok(done) => Ok((done.state, done.version)),
            Err(Failure::Unavailable(why)) => Err(Error::Unavailable(why)),
            Err(why) => Err(Error::Unavailable(why.to_string())),
        }
    }

    pub fn opened(&self, organization: &Organization, settings: &Settings) -> Result<Opened, Error> {
        let open = |(name, value): (&String, &Value)| {
            let text = match value {
                Value::Clear(text) => text.clone(),
                Value::Sealed(secret) => self.open_setting(organization, name, secret)?,
            };
            Ok((name.clone(), text))
        };
        settings.values().iter().map(open).collect::<Result<_, _>>().map(Opened)
    }

    /// None where the cipher refuses.
    pub fn seal_setting(&self, organization: &Organization, name: &str, text: &str) -> Option<SealedSecret> {
        let sealed = self.journal.keyring().seal_for(&place(organization, name), text.as_bytes());
        sealed.ok().map(SealedSecret::new)
    }

    fn open_setting(
        &self,
        organization: &Organization,
        name: &str,
        secret: &SealedSecret,
    ) -> Result<String, Error> {
        let clear = self.journal.keyring().open_for(&place(organization, name), secret.expose());
        let text = clear.ok().and_then(|clear| String::from_utf8(clear).ok());
        let other_key = || Error::Unusable(format!("{name} was sealed with another data key; set it again"));
        text.ok_or_else(other_key)
    }
}

/// A secret that was copied to another organization, or to another setting, does not open there.
fn place(organization: &Organization, name: &str) -> String {
    format!("setting {name} of {organization}")
}
