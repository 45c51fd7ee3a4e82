//! What was recorded of a campaign, of those it called and of their numbers, whichever campaign rang them: read in the journal's order.

use std::collections::BTreeSet;
use std::sync::Arc;

use cqrs_es::Aggregate as _;
use domain::campaign::Campaign;
use domain::contact::{self, Contact};
use domain::fact::{Event, Fact, Position};
use domain::ids::{Fingerprint, Organization, StreamId};
use domain::person::Person;
use domain::phone::Phone;
use domain::target::{self, Target};
use uuid::Uuid;

use super::super::progress::Progress;
use super::super::when::{When, cut};
use crate::journal::keys::Keyring;
use crate::journal::story::Story;
use crate::journal::verify::Reader;
use crate::journal::{self, Named};

const READ_AHEAD: usize = 1_000;

/// Whose campaign it is, in which journal.
#[derive(Debug)]
pub(super) struct Past<'a> {
    pub(super) reader: &'a Reader,
    pub(super) keyring: &'a Keyring,
    pub(super) organization: &'a Organization,
    pub(super) campaign: Uuid,
    pub(super) until: Option<When>,
}

/// What could not be taken into account.
#[derive(Debug, Default)]
pub(super) struct Missing {
    pub(super) unreadable: u64,
    /// Contacts of whom nothing is known any more.
    pub(super) forgotten: u64,
}

impl Past<'_> {
    /// Hands over every event; false where there is no such campaign.
    pub(super) async fn each(
        &self,
        hear: &mut dyn FnMut(&Arc<Fact>),
    ) -> Result<Option<Missing>, journal::Error> {
        let mut missing = Missing::default();
        let stream = StreamId::campaign(self.organization, self.campaign);
        let own = (Campaign::TYPE, stream.clone());
        let its = Story { streams: vec![own.clone()], beneath: Some((Target::TYPE, stream)) };
        let mut contacts = BTreeSet::new();
        let mut numbers: BTreeSet<Fingerprint> = BTreeSet::new();
        let mut seen = false;
        self.read(&its, None, &mut missing, &mut |fact| {
            seen = true;
            contacts.extend(fact.stream.of_target().map(|(_, contact)| contact));
            if let Event::Target(target::Event::Dialled { number, .. }) = &fact.event {
                numbers.extend(number);
            }
        })
        .await?;
        if !seen {
            return Ok(None);
        }
        let contacts: Vec<Named> =
            contacts.iter().map(|id| (Contact::TYPE, StreamId::contact(self.organization, *id))).collect();
        let streams = self.numbers(&contacts, numbers, &mut missing).await?;
        let all = Story { streams: [vec![own], contacts, streams].concat(), beneath: its.beneath };
        let mut missing = Missing { unreadable: 0, ..missing };
        let mut progress = Progress::begin("what-if");
        let read = self.read(&all, Some(&mut progress), &mut missing, hear).await;
        progress.end();
        read.map(|()| Some(missing))
    }

    /// The streams of the numbers that these contacts have or had, within the organization and on the list that holds for everyone.
    async fn numbers(
        &self,
        contacts: &[Named],
        mut known: BTreeSet<Fingerprint>,
        missing: &mut Missing,
    ) -> Result<Vec<Named>, journal::Error> {
        let everyone = Organization::everyone();
        let mut listed: BTreeSet<Fingerprint> = BTreeSet::new();
        let story = Story { streams: contacts.to_vec(), beneath: None };
        let mut forgotten = 0;
        self.read(&story, None, missing, &mut |fact| {
            let Event::Contact(
                contact::Event::Created { personal, .. } | contact::Event::Changed { personal, .. },
            ) = &fact.event
            else {
                return;
            };
            let Some(details) = personal.clear() else {
                forgotten += u64::from(matches!(fact.event, Event::Contact(contact::Event::Created { .. })));
                return;
            };
            let phone = Phone::stored(&details.phone);
            known.insert(self.keyring.fingerprint(self.organization, &phone));
            listed.insert(self.keyring.fingerprint(&everyone, &phone));
        })
        .await?;
        missing.forgotten = forgotten;
        let of = |organization: &Organization, number: &Fingerprint| {
            (Person::TYPE, StreamId::person(organization, number))
        };
        let own = known.iter().map(|number| of(self.organization, number));
        Ok(own.chain(listed.iter().map(|number| of(&everyone, number))).collect())
    }

    async fn read(
        &self,
        story: &Story,
        mut progress: Option<&mut Progress>,
        missing: &mut Missing,
        hear: &mut dyn FnMut(&Arc<Fact>),
    ) -> Result<(), journal::Error> {
        let mut positions: Vec<Position> = self.reader.positions(story).await?;
        if let Some(until) = self.until {
            cut(self.reader, until, &mut positions).await?;
        }
        let count = |events: usize| u64::try_from(events).unwrap_or(u64::MAX);
        let (total, mut done) = (count(positions.len()), 0);
        for some in positions.chunks(READ_AHEAD) {
            let stored = self.reader.at(some).await?;
            let page = self.reader.decode(&stored, Some(self.keyring)).await?;
            missing.unreadable += count(page.unreadable.len());
            page.facts.iter().for_each(&mut *hear);
            done += count(some.len());
            if let Some(progress) = &mut progress {
                progress.at(done, total);
            }
        }
        Ok(())
    }
}
