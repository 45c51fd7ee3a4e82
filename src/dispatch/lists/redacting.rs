//! Somebody's rows taken out of what is stored of a list or of an import. A number keeps its place among the others, so that lines are
//! still lines; what stood there is nowhere any more.

use domain::ids::{Fingerprint, Organization};
use domain::import;
use domain::number_list::{Line, Verdict};
use domain::phone::{Home, Phone};
use uuid::Uuid;

use super::{Error, Lists, READ_TOGETHER, pack};
use crate::journal::keys::PersonKey;
use crate::journal::lists::{ListDigest, ListName, StoredChunk};

/// Who is to be forgotten.
#[derive(Debug, Clone)]
pub struct Whom {
    pub organization: Organization,
    pub contact: Uuid,
    pub numbers: Vec<Fingerprint>,
    /// Whose numbers may be written without a country code.
    pub home: Home,
}

/// Chunks that are to take the place of others, and the digest over all of them then.
#[derive(Debug)]
pub struct Redacted {
    pub(in crate::dispatch) chunks: Vec<StoredChunk>,
    pub(in crate::dispatch) key: PersonKey,
    pub(in crate::dispatch) digest: String,
}

impl Lists {
    /// None where nothing of them stands on the list. Only a list that has one of the numbers is opened.
    pub async fn redacted(&self, name: &ListName, whom: &Whom) -> Result<Option<Redacted>, Error> {
        let mut has = false;
        for number in &whom.numbers {
            has |= self.listings.of(name).await?.line(number).is_some();
        }
        if !has {
            return Ok(None);
        }
        self.rewritten(name, |text| {
            let mut lines = pack::read(text).ok_or(Error::Damaged)?;
            let changed = lines.iter_mut().filter_map(|line| self.redact(line, whom)).count();
            Ok((changed > 0).then(|| pack::write(&lines)))
        })
        .await
    }

    /// The same of what is told of an import's rows, which is a line of JSON each.
    pub async fn redacted_import(&self, name: &ListName, whom: &Whom) -> Result<Option<Redacted>, Error> {
        self.rewritten(name, |text| {
            let (mut told, mut changed) = (Vec::with_capacity(text.len()), false);
            for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let mut line: import::Line = serde_json::from_slice(line).map_err(|_| Error::Damaged)?;
                changed |= self.redact_told(&mut line, whom);
                // Writing to memory cannot fail.
                let _ = serde_json::to_writer(&mut told, &line);
                told.push(b'\n');
            }
            Ok(changed.then_some(told))
        })
        .await
    }

    /// Chunk by chunk, so that a long list costs no memory: kept are those that change.
    async fn rewritten(
        &self,
        name: &ListName,
        rewrite: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, Error>,
    ) -> Result<Option<Redacted>, Error> {
        let key = self.journal.list_key(name)?;
        let (mut chunks, mut digest, mut from) = (vec![], ListDigest::default(), 0);
        loop {
            let some = self.journal.chunks(name, from, READ_TOGETHER).await?;
            let Some(last) = some.last() else { break };
            from = last.number + 1;
            for mut chunk in some {
                if let Some(text) = rewrite(&self.open(&chunk).await?)? {
                    chunk.sealed = self.journal.keyring().seal_bytes(&key, &text)?;
                    chunks.push(chunk.clone());
                }
                digest.add(&chunk);
            }
        }
        Ok((!chunks.is_empty()).then(|| Redacted { chunks, key, digest: digest.finish() }))
    }

    fn redact(&self, line: &mut Line, whom: &Whom) -> Option<()> {
        match &line.verdict {
            Verdict::Accepted(phone) | Verdict::Repaired(phone) if self.is_one(phone, whom) => {
                line.verdict = Verdict::Forgotten;
            }
            Verdict::Duplicate { .. } | Verdict::Refused(_) if self.names(&line.value, whom) => {}
            Verdict::Accepted(_)
            | Verdict::Repaired(_)
            | Verdict::Duplicate { .. }
            | Verdict::Refused(_)
            | Verdict::Header
            | Verdict::Forgotten => return None,
        }
        line.value.clear();
        Some(())
    }

    fn redact_told(&self, line: &mut import::Line, whom: &Whom) -> bool {
        let named = |note: &import::Note| self.names(&note.before, whom) || self.names(&note.after, whom);
        let theirs = line.contact == Some(whom.contact) || line.notes.iter().any(named);
        let mut changed = false;
        for note in line.notes.iter_mut().filter(|_| theirs) {
            changed |= !note.before.is_empty() || !note.after.is_empty();
            note.before.clear();
            note.after.clear();
        }
        changed
    }

    fn names(&self, text: &str, whom: &Whom) -> bool {
        Phone::reported(text, whom.home).is_some_and(|phone| self.is_one(&phone, whom))
    }

    fn is_one(&self, phone: &Phone, whom: &Whom) -> bool {
        whom.numbers.contains(&self.journal.keyring().fingerprint(&whom.organization, phone))
    }
}
