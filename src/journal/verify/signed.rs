//! What is signed of a journal, against its chain: every key, every checkpoint, and those that were kept elsewhere.

use domain::fact::Position;

use super::{Fault, Reader, at};
use crate::journal::signing::{Checkpoint, History, KeyRecord, Untrue};

const CHECKPOINTS_A_READ: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Signed {
    pub(super) count: u64,
    pub(super) newest: Option<Checkpoint>,
    pub(super) begun_anew: Vec<KeyRecord>,
}

/// To be called with a chain that is sound: its digests are compared as they stand.
pub(super) async fn check(reader: &Reader, kept: &[Checkpoint]) -> Result<Signed, Fault> {
    let keys = reader.signing_keys().await;
    let keys = keys.map_err(|why| Fault::Signed(format!("the signing keys are not readable: {why}")))?;
    let history = History::try_new(keys).map_err(|why| untrue(&why))?;
    let mut signed = Signed { begun_anew: history.begun_anew().cloned().collect(), ..Signed::default() };
    loop {
        let page = match reader.checkpoints(signed.count, CHECKPOINTS_A_READ).await {
            Ok(page) => page,
            Err(_) => one(reader, signed.count).await?,
        };
        if page.is_empty() {
            break;
        }
        for checkpoint in page {
            signed.add(reader, &history, checkpoint).await?;
        }
    }
    for checkpoint in kept {
        held_elsewhere(reader, &history, checkpoint).await?;
    }
    Ok(signed)
}

/// Where a page of them cannot be read, the first that cannot is named.
async fn one(reader: &Reader, after: u64) -> Result<Vec<Checkpoint>, Fault> {
    let unreadable = |why| Fault::Signed(format!("checkpoint {}: it is not readable: {why}", after + 1));
    reader.checkpoints(after, 1).await.map_err(unreadable)
}

impl Signed {
    async fn add(&mut self, reader: &Reader, history: &History, checkpoint: Checkpoint) -> Result<(), Fault> {
        let number = self.count + 1;
        if checkpoint.number != number {
            return Err(untrue(&Untrue::Checkpoint { number, what: "it is missing" }));
        }
        history.check(&checkpoint).map_err(|why| untrue(&why))?;
        let before = self.newest.as_ref().map_or(0, |newest| newest.position);
        if checkpoint.position <= before {
            return Err(untrue(&Untrue::Checkpoint { number, what: "it is not behind the one before it" }));
        }
        stands(reader, before, &checkpoint).await?;
        (self.count, self.newest) = (number, Some(checkpoint));
        Ok(())
    }
}

/// Whether the chain is at its position what was signed; `before` is known to be so.
async fn stands(reader: &Reader, before: Position, checkpoint: &Checkpoint) -> Result<(), Fault> {
    let Checkpoint { number, position, digest, .. } = checkpoint;
    match reader.batches(position.saturating_sub(1), 1).await?.pop() {
        Some(batch) if batch.last == *position && batch.digest == digest.0 => Ok(()),
        Some(_) => {
            let what =
                format!("between here and {position} it is not what checkpoint {number} was signed over");
            Err(at(before + 1, what))
        }
        None => {
            let head = reader.position().await?;
            let what =
                format!("the journal ends before it, and checkpoint {number} was signed at {position}");
            Err(at(head + 1, what))
        }
    }
}

async fn held_elsewhere(reader: &Reader, history: &History, kept: &Checkpoint) -> Result<(), Fault> {
    let number = kept.number;
    if !kept.is_signed() {
        return Err(Fault::Signed(format!(
            "the checkpoint {number} that was kept is not the one that was signed"
        )));
    }
    if history.check(kept).is_err() {
        return Err(Fault::Signed(format!(
            "the checkpoint {number} that was kept was signed with {}, which is not this journal's key of then",
            kept.key
        )));
    }
    stands(reader, 0, kept).await
}

fn untrue(why: &Untrue) -> Fault {
    Fault::Signed(why.to_string())
}
