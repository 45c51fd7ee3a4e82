//! Forgetting a person, wherever anything lies: screens, lists, imports, recordings here and on the remote host, and last of all the keys. Every step may be repeated:
//! a crash anywhere before the keys are destroyed finds by them what they sealed, and begins anew.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use cqrs_es::Aggregate as _;
use domain::call::{self, Call};
use domain::fact::{Event, Fact, Position};
use domain::ids::{Fingerprint, Organization, StreamId};
use domain::pbx_call;
use domain::recording::Whereabouts;
use projections::call_history;
use projections::follow::Rewritten;
use projections::forgetting;
use uuid::Uuid;

use super::{Abroad, Errand};
use crate::actors::backoff::Backoff;
use crate::dispatch::Meta;
use crate::dispatch::far_ends::Ends;
use crate::dispatch::lists::{self, Whom};
use crate::journal::feed::Reading;
use crate::journal::forgetting::SealedEvent;
use crate::journal::{self, Named};

/// So long other nodes may take to hear that they are to seal with other keys from now on. What one seals later all the same is found,
/// and reads as forgotten.
const HEARING: Duration = Duration::from_secs(2);
/// Screens move on while they are rewritten, and readers stand in the way of an empty log; each is tried again so often.
const TRIES_MAX: u32 = 200;
const TRY_AGAIN: Duration = Duration::from_millis(25);
/// One file of the remote host's, connecting included.
const REMOVE_MAX: Duration = Duration::from_mins(1);

/// Who is to be forgotten, and up to where.
pub(super) struct Person {
    pub(super) organization: Organization,
    pub(super) contact: Uuid,
    pub(super) numbers: Vec<Fingerprint>,
    pub(super) position: Position,
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Journal(#[from] journal::Error),
    #[error(transparent)]
    Screens(#[from] projections::Error),
    #[error(transparent)]
    Lists(#[from] lists::Error),
    #[error("a recording that is kept here could not be removed: {0}")]
    Recording(#[from] std::io::Error),
    #[error("a recording on the remote host could not be removed: {0}")]
    Remote(String),
    #[error("{0}")]
    Contended(&'static str),
}

impl Errand {
    /// However long it takes: what was promised is done.
    pub(super) async fn forget(&self, person: &Person) {
        let mut backoff = Backoff::default();
        // What an attempt removed that failed later is gone when the next one looks.
        let mut recordings = 0;
        while let Err(why) = self.try_to_forget(person, &mut recordings).await {
            self.wait(&mut backoff, "forget", &why.to_string()).await;
        }
    }

    async fn try_to_forget(&self, person: &Person, recordings: &mut usize) -> Result<(), Trouble> {
        let journal = &self.carrier.options.journal;
        let organization = person.organization.as_str();
        journal.forget_at_hand(organization, &person.numbers, person.position);
        if journal.is_shared() {
            tokio::time::sleep(HEARING).await;
        }
        let keys = journal.keys_of(organization, &person.numbers).await?;
        let sealed = journal.sealed_with(&keys, 0).await?;
        let doomed = used_by(&sealed, person.position);
        journal.close_keys(&doomed);
        let mut streams = streams(&sealed, &doomed);
        let facts = self.rewrite(&streams).await?;
        self.forget_recordings(&facts, recordings).await?;
        let whom = Whom {
            organization: person.organization.clone(),
            contact: person.contact,
            numbers: person.numbers.clone(),
            home: self.carrier.options.home,
        };
        let meta = Meta { circumstances: self.circumstances(), command: None };
        let lists = self.carrier.options.dispatch.redact(&whom, self.now(), &meta).await?;
        let ends = self.ends(&whom.organization).await.map_err(Trouble::Remote)?;
        self.place_anew(&whom, &ends.host).await?;
        self.remove_recordings(&ends, (&streams, &doomed), recordings).await?;
        journal.destroy_keys(&doomed).await?;
        // Whoever had not heard of it may have sealed with them until just now, and read what they sealed before.
        let before = streams.len();
        streams.extend(self::streams(&journal.sealed_with(&doomed, 0).await?, &doomed));
        if journal.is_shared() || streams.len() > before {
            self.rewrite(&streams).await?;
        }
        self.wipe().await?;
        let (keys, streams) = (doomed.len(), streams.len());
        tracing::info!(contact = %person.contact, keys, streams, lists, recordings = *recordings, "a person was forgotten");
        Ok(())
    }

    /// The file on the remote host loses the number with the list that it was made of. While a session runs there it stays as it is, until
    /// the next list is put in its place.
    async fn place_anew(&self, whom: &Whom, host: &str) -> Result<(), Trouble> {
        let dispatch = &self.carrier.options.dispatch;
        if let Some(list) = dispatch.lying_there(host, whom).await? {
            self.place_list(&whom.organization, list).await;
        }
        Ok(())
    }

    /// Until nothing more was said in the streams while their rows were rewritten. Gives what they say.
    async fn rewrite(&self, streams: &BTreeSet<Named>) -> Result<Vec<Arc<Fact>>, Trouble> {
        let screens = &self.carrier.options.screens;
        for _ in 0..TRIES_MAX {
            let facts = self.facts(streams).await?;
            if facts.is_empty() {
                return Ok(facts);
            }
            let done = forgetting::rewrite(screens, &facts).await?;
            if matches!(done, Rewritten::Done { .. }) && self.facts(streams).await?.len() == facts.len() {
                return Ok(facts);
            }
            tokio::time::sleep(TRY_AGAIN).await;
        }
        Err(Trouble::Contended("the screens moved on while they were rewritten, again and again"))
    }

    async fn facts(&self, streams: &BTreeSet<Named>) -> Result<Vec<Arc<Fact>>, Trouble> {
        let journal = &self.carrier.options.journal;
        let streams: Vec<Named> = streams.iter().cloned().collect();
        let stored = journal.streams(&streams).await?;
        let mut facts = journal.decode(0, stored, Reading::Clear).await?.facts;
        facts.sort_by_key(|fact| fact.position);
        Ok(facts)
    }

    /// Those of an exchange that were fetched to this machine.
    async fn forget_recordings(&self, facts: &[Arc<Fact>], removed: &mut usize) -> Result<(), Trouble> {
        for call in facts.iter().filter_map(|fact| exchange_call(fact)) {
            *removed += usize::from(self.carrier.options.recordings.forget(call).await?);
        }
        Ok(())
    }

    /// Those that lie on the remote host. What they are called is known only as long as the keys are, so that
    /// nothing is destroyed before they are gone. One that somebody else's call names as well is theirs, and stays.
    async fn remove_recordings(
        &self,
        ends: &Ends,
        (streams, keys): (&BTreeSet<Named>, &[Uuid]),
        removed: &mut usize,
    ) -> Result<(), Trouble> {
        let options = &self.carrier.options;
        let streams: Vec<Named> = streams.iter().filter(|(kind, _)| *kind == Call::TYPE).cloned().collect();
        let facts = options.journal.said_under(keys, &streams).await?;
        let urls: BTreeSet<&str> = facts.iter().filter_map(|fact| recording_url(&fact.event)).collect();
        let file = |url: &str| match Whereabouts::parse(url, &ends.recordings) {
            Whereabouts::File(name) => Some(name),
            Whereabouts::Url(_) | Whereabouts::Exchange { .. } | Whereabouts::Nowhere => None,
        };
        let names: BTreeSet<String> = urls.iter().filter_map(|url| file(url)).collect();
        let absolute = names.iter().map(|name| format!("{}/{name}", ends.recordings));
        let spelled: BTreeSet<String> =
            urls.into_iter().map(str::to_owned).chain(names.clone()).chain(absolute).collect();
        let others = call_history::recordings_named(&options.screens, &spelled).await?;
        let others: BTreeSet<String> = others.iter().filter_map(|url| file(url)).collect();
        for name in names.difference(&others) {
            *removed += usize::from(self.remove_recording(ends, name.clone()).await?);
        }
        Ok(())
    }

    async fn remove_recording(&self, ends: &Ends, name: String) -> Result<bool, Trouble> {
        let remote = Arc::clone(&ends.remote);
        match self.abroad(REMOVE_MAX, async move { remote.remove_recording(&name).await }).await {
            Abroad::Answered(Ok(was_there)) => Ok(was_there),
            Abroad::Answered(Err(why)) => Err(Trouble::Remote(why.to_string())),
            Abroad::Broke => Err(Trouble::Remote("the engine failed while it did so".to_owned())),
            Abroad::Silent => Err(Trouble::Remote(format!("not within {} s", REMOVE_MAX.as_secs()))),
        }
    }

    async fn wipe(&self) -> Result<(), Trouble> {
        let (journal, screens) = (&self.carrier.options.journal, &self.carrier.options.screens);
        let (mut of_journal, mut of_screens) = (false, false);
        for _ in 0..TRIES_MAX {
            of_journal = of_journal || journal.wipe().await?;
            of_screens = of_screens || forgetting::wipe(screens).await?;
            if of_journal && of_screens {
                return Ok(());
            }
            tokio::time::sleep(TRY_AGAIN).await;
        }
        Err(Trouble::Contended("readers kept a log from being emptied"))
    }
}

/// The keys that sealed anything up to there. One that was first used later is a new person's.
fn used_by(sealed: &[SealedEvent], position: Position) -> Vec<Uuid> {
    let mut first: HashMap<Uuid, Position> = HashMap::new();
    for event in sealed {
        let known = first.entry(event.key).or_insert(event.position);
        *known = event.position.min(*known);
    }
    first.into_iter().filter(|(_, first)| *first <= position).map(|(key, _)| key).collect()
}

/// The streams of which screens show anything, as far as these keys sealed it.
fn streams(sealed: &[SealedEvent], keys: &[Uuid]) -> BTreeSet<Named> {
    let theirs = sealed.iter().filter(|event| keys.contains(&event.key));
    theirs
        .filter_map(|event| Some((forgetting::kind(&event.kind)?, StreamId::stored(event.stream.clone()))))
        .collect()
}

/// What a report said of where the call's recording lies.
fn recording_url(event: &Event) -> Option<&str> {
    let Event::Call(event) = event else { return None };
    let personal = match event {
        call::Event::Reported(told) | call::Event::Strengthened(told) | call::Event::Overtaken(told) => {
            &told.personal
        }
        call::Event::Amended(amendment) => &amendment.personal,
    };
    personal.clear()?.recording_url.as_deref()
}

/// What a recording of the exchange is kept under.
fn exchange_call(fact: &Fact) -> Option<Uuid> {
    let Event::PbxCall(pbx_call::Event::Seen { id, .. } | pbx_call::Event::Logged { id, .. }) = &fact.event
    else {
        return None;
    };
    Some(*id)
}
