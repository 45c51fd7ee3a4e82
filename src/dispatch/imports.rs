//! Contacts that come by the hundred, and go again: each with its number, as one contact is (`contacts.rs`), many in one unit.
//! What was stored before a crash bears the import's id, and is found when the same file comes again.

mod undone;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::contact::{self, Contact, Status};
use domain::fact::{Circumstances, Position};
use domain::ids::{Fingerprint, Organization, StreamId};
use domain::import::{Became, Coming, Line, Note, OnDuplicate, What};
use domain::person::{self, Person};
use domain::phone::Phone;
use uuid::Uuid;

use super::contacts::Refusal;
use super::together::{Drawn, Together};
use super::{Dispatch, Failure, Meta};
use crate::journal::Refused;

pub use undone::Undone;

/// Contacts stored together: enough that commits do not count, few enough that nobody else waits for them.
pub const TOGETHER: usize = 400;
/// Somebody else wrote first, or the journal is busy: tried again, this often in all.
const TRIES_MAX: usize = 10;
const BUSY_WAIT: Duration = Duration::from_millis(250);

/// Which import it is, and who asks.
#[derive(Debug, Clone)]
pub struct Importing {
    pub organization: Organization,
    pub import: Uuid,
    pub on_duplicate: OnDuplicate,
    pub circumstances: Arc<Circumstances>,
    pub at: DateTime<Utc>,
}

/// A row, and the contact that it becomes where its number is nobody's.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub contact: Uuid,
    pub coming: Coming,
}

type Answer<T> = Result<T, Failure<Refusal>>;

struct Number {
    person: Fingerprint,
    drawn: Drawn<Person>,
}

impl Dispatch {
    /// Stores all of them together, or those of them whose number is nobody's.
    pub async fn import_contacts(&self, importing: &Importing, rows: &[Wanted]) -> Answer<Vec<Line>> {
        for attempt in 0..TRIES_MAX {
            // Most numbers are new: only a conflict is worth a look.
            let (unit, lines) = self.placed(importing, rows, attempt > 0).await?;
            if stored(unit).await?.is_some() {
                return Ok(lines);
            }
        }
        Err(Failure::Conflict)
    }

    /// What would become of them, as it is now.
    pub async fn try_contacts(&self, importing: &Importing, rows: &[Wanted]) -> Answer<Vec<Line>> {
        let (_, mut lines) = self.placed(importing, rows, true).await?;
        // A contact that is not stored has no id.
        lines.iter_mut().filter(|line| line.became == Became::Created).for_each(|line| line.contact = None);
        Ok(lines)
    }

    async fn placed(
        &self,
        importing: &Importing,
        rows: &[Wanted],
        looked_at: bool,
    ) -> Answer<(Together, Vec<Line>)> {
        let numbers = self.numbers(&importing.organization, rows, looked_at).await?;
        let mut changing = self.changing(importing, &numbers).await?;
        let everywhere = self.numbers(&Organization::everyone(), rows, true).await?;
        let (mut unit, mut lines) = (self.together(importing.meta()), Vec::with_capacity(rows.len()));
        for ((row, number), everyones) in rows.iter().zip(numbers).zip(everywhere) {
            let known = number.drawn.state.contact();
            let contact = known.and_then(|known| changing.remove(&known));
            lines.push(match (known, contact) {
                (None, _) => {
                    let listed = everyones.drawn.state.opted_out();
                    create(importing, &mut unit, row, (number, listed))?
                }
                (Some(known), None) => skipped(&row.coming, known, What::Exists),
                (Some(known), Some(contact)) => {
                    update(importing, &mut unit, (row, known), (number.person, contact))?
                }
            });
        }
        Ok((unit, lines))
    }

    /// The contacts whose numbers these are, where they are to be changed.
    async fn changing(
        &self,
        importing: &Importing,
        numbers: &[Number],
    ) -> Answer<HashMap<Uuid, Drawn<Contact>>> {
        let known: Vec<Uuid> = match importing.on_duplicate {
            OnDuplicate::Update => numbers.iter().filter_map(|number| number.drawn.state.contact()).collect(),
            OnDuplicate::Skip | OnDuplicate::Fail => vec![],
        };
        if known.is_empty() {
            return Ok(HashMap::new());
        }
        let streams = known.iter().map(|known| StreamId::contact(&importing.organization, *known)).collect();
        let drawn = self.draw_all::<Contact>(streams).await.map_err(unread)?;
        Ok(known.into_iter().zip(drawn.into_iter().map(|(drawn, _)| drawn)).collect())
    }

    /// The rows' numbers in their order.
    async fn numbers(
        &self,
        organization: &Organization,
        rows: &[Wanted],
        looked_at: bool,
    ) -> Answer<Vec<Number>> {
        let phones = rows.iter().map(|row| row.coming.details.phone.as_str());
        let people: Vec<Fingerprint> =
            phones.map(|phone| self.fingerprint(organization, &Phone::stored(phone))).collect();
        let streams = people.iter().map(|person| StreamId::person(organization, person)).collect();
        let drawn = if looked_at { self.draw_all(streams).await.map_err(unread)? } else { unseen(streams) };
        let number = |(person, (drawn, _))| Number { person, drawn };
        Ok(people.into_iter().zip(drawn).map(number).collect())
    }
}

fn unseen(streams: Vec<StreamId>) -> Vec<(Drawn<Person>, Vec<person::Event>)> {
    streams.into_iter().map(|stream| (Drawn::unseen(stream), vec![])).collect()
}

fn update(
    importing: &Importing,
    unit: &mut Together,
    (row, known): (&Wanted, Uuid),
    (person, mut contact): (Fingerprint, Drawn<Contact>),
) -> Answer<Line> {
    let details = row.coming.over(contact.state.details());
    if details == *contact.state.details() {
        return Ok(skipped(&row.coming, known, What::Unchanged));
    }
    let change = contact::Command::Change { details, at: importing.at };
    say(unit, &mut contact, Some(person), change)?;
    Ok(row.coming.clone().became(Became::Updated, Some(known)))
}

/// Who asked not to be called has asked it whatever contact the number is of, and so has who is `listed` for everyone.
fn create(
    importing: &Importing,
    unit: &mut Together,
    row: &Wanted,
    (mut number, listed): (Number, bool),
) -> Answer<Line> {
    let (Importing { at, import, .. }, id) = (importing, row.contact);
    let (at, import) = (*at, Some(*import));
    let mut contact = Drawn::<Contact>::unseen(StreamId::contact(&importing.organization, id));
    say(unit, &mut number.drawn, None, person::Command::Claim { contact: id, at })?;
    let create = contact::Command::Create { id, details: row.coming.details.clone(), import, at };
    say(unit, &mut contact, Some(number.person), create)?;
    let mut line = row.coming.clone().became(Became::Created, Some(id));
    if listed || number.drawn.state.opted_out() {
        let marked = contact::Command::SetStatus { status: Status::DoNotCall, at };
        say(unit, &mut contact, None, marked)?;
        line.notes.push(Note::new("phone", What::OptedOut, "", ""));
    }
    Ok(line)
}

fn skipped(coming: &Coming, known: Uuid, why: What) -> Line {
    let note = Note::new("phone", why, &coming.details.phone, "");
    Line { row: coming.row, became: Became::Skipped, contact: Some(known), notes: vec![note] }
}

impl Importing {
    fn meta(&self) -> Meta {
        Meta { circumstances: Arc::clone(&self.circumstances), command: None }
    }
}

fn say<A>(
    unit: &mut Together,
    drawn: &mut Drawn<A>,
    person: Option<Fingerprint>,
    command: A::Command,
) -> Answer<()>
where
    A: domain::fact::Recorded,
    Refusal: From<A::Error>,
{
    unit.say(drawn, person, command).map(drop).map_err(|why| why.map(Refusal::from))
}

/// None where it is to be tried again.
async fn stored(unit: Together) -> Answer<Option<Position>> {
    match unit.store().await {
        Ok(position) => Ok(Some(position)),
        Err(Refused::Conflict) => Ok(None),
        Err(Refused::Busy) => {
            tokio::time::sleep(BUSY_WAIT).await;
            Ok(None)
        }
        Err(why) => Err(unread(why)),
    }
}

fn unread(why: Refused) -> Failure<Refusal> {
    super::keeper::failure(why)
}
