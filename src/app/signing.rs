//! Where the engine's signing keys are kept, the one who signs with them, and signing without an engine.

use std::sync::Arc;

use super::{Ports, open_journal};
use crate::adapters::system::SystemIds;
use crate::config::{Config, keys};
use crate::journal::Journal;
use crate::journal::signer::{Held, Signer, Unsigned};
use crate::journal::signing::{KeyRecord, SigningKey};
use crate::ports::Ids;

/// The setting, or the file in the data folder. It is read anew whenever something is signed: a key may have been renewed meanwhile.
#[derive(Debug)]
struct Kept {
    config: Config,
    ids: Arc<dyn Ids>,
}

impl Held for Kept {
    fn keys(&self, fresh: bool) -> Result<Vec<SigningKey>, String> {
        let kept = keys::signing_keys(&self.config, fresh, &mut |bytes| self.ids.fill(bytes));
        let kept = kept.map_err(|why| why.to_string())?;
        let fit = |key: &crate::config::Key| SigningKey::from_seed(key.expose());
        kept.iter()
            .map(fit)
            .collect::<Option<_>>()
            .ok_or_else(|| "SIGNING_KEY: the cipher refuses it".to_owned())
    }

    fn taken_over(&self) -> Result<(), String> {
        keys::forget_old_signing_key(&self.config).map_err(|why| why.to_string())
    }
}

fn signer(config: &Config, ports: &Ports, journal: &Journal) -> Signer {
    let held = Kept { config: config.clone(), ids: Arc::clone(&ports.ids) };
    Signer::new(journal, &ports.clock, Arc::new(held))
}

/// The journal and who signs it, with a key that is made and known from the beginning. One that is wrong stops the start; one that
/// others have does not.
pub(super) async fn open(config: &Config, ports: &Ports) -> anyhow::Result<(Journal, Signer)> {
    let journal = open_journal(config, ports).await?;
    let signer = signer(config, ports, &journal);
    match signer.key().await {
        Ok(_) => {}
        Err(why @ Unsigned::Stranger) => {
            tracing::warn!(cause = %why, "this node signs no checkpoints: put signing.key back, or set SIGNING_KEY");
        }
        Err(why) => return Err(why.into()),
    }
    Ok((journal, signer))
}

/// Takes the key that lies first in its place into use, and signs with it.
pub async fn take_key_offline(config: &Config) -> anyhow::Result<KeyRecord> {
    offline(config, async |signer| Ok(signer.key().await?)).await
}

/// Makes a key that nothing vouches for in the place of one that is lost, and signs with it.
pub async fn lose_key_offline(config: &Config) -> anyhow::Result<KeyRecord> {
    let made = async |signer: &Signer| {
        // Under the journal's lock: an engine at work has its key still.
        keys::replace_signing_key(config, &mut |bytes| SystemIds.fill(bytes))?;
        Ok(signer.begin_anew().await?)
    };
    offline(config, made).await
}

async fn offline(
    config: &Config,
    take: impl AsyncFnOnce(&Signer) -> anyhow::Result<SigningKey>,
) -> anyhow::Result<KeyRecord> {
    let ports = Ports::real();
    let journal = open_journal(config, &ports).await?;
    let signer = signer(config, &ports, &journal);
    let taken = match take(&signer).await {
        Ok(key) => signed_with(&signer, &key).await,
        Err(why) => Err(why),
    };
    journal.close().await;
    taken
}

async fn signed_with(signer: &Signer, key: &SigningKey) -> anyhow::Result<KeyRecord> {
    signer.sign().await?;
    let known = signer.journal().signing_keys().await?;
    let own = known.into_iter().find(|record| record.key == key.public());
    own.ok_or_else(|| anyhow::anyhow!("the key was not stored"))
}
