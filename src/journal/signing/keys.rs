//! The keys that signed a journal, one after another: each is vouched for by the one before it, and signs from a checkpoint on.
//! A key that vouches for itself where another one came before it begins anew: that key was lost, or somebody else writes here.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{Checkpoint, Hex, Public, Signature, SigningKey, is_signed};

/// A public key as it is kept beside the checkpoints that it signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyRecord {
    /// Counted from 1.
    pub number: u64,
    pub key: Public,
    /// Microseconds since 1970.
    pub made_at: i64,
    /// The first checkpoint that is its own to sign.
    pub first_checkpoint: u64,
    /// The key before it, or itself.
    pub vouched_by: Public,
    pub signature: Signature,
}

impl KeyRecord {
    pub fn sign(number: u64, key: &SigningKey, by: &SigningKey, first_checkpoint: u64, made_at: i64) -> Self {
        let (vouched_by, unsigned) = (by.public(), Hex([0; 64]));
        let mut made =
            Self { number, key: key.public(), made_at, first_checkpoint, vouched_by, signature: unsigned };
        made.signature = by.sign(&made.text());
        made
    }

    fn text(&self) -> String {
        let Self { number, key, made_at, first_checkpoint, vouched_by, .. } = self;
        format!(
            "karnay key 1\nnumber {number}\nkey {key}\nmade {made_at}\nfirst {first_checkpoint}\nby {vouched_by}\n"
        )
    }

    /// It vouches for itself, as the first one has to.
    pub fn begins(&self) -> bool {
        self.key == self.vouched_by
    }
}

/// What is wrong with a key or a checkpoint, and with which one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untrue {
    #[error("signing key {number}: {what}")]
    Key { number: u64, what: &'static str },
    #[error("checkpoint {number}: {what}")]
    Checkpoint { number: u64, what: &'static str },
}

/// All keys of a journal, found to be in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History(Vec<KeyRecord>);

impl History {
    pub fn try_new(keys: Vec<KeyRecord>) -> Result<Self, Untrue> {
        let mut seen = HashSet::new();
        let mut before: Option<&KeyRecord> = None;
        for (number, record) in (1..).zip(&keys) {
            let wrong = |what| Untrue::Key { number, what };
            if record.number != number {
                return Err(wrong("it is missing"));
            }
            if !is_signed(&record.text(), &record.vouched_by, &record.signature) {
                return Err(wrong("it is not the one that was vouched for"));
            }
            if !record.begins() && before.is_none_or(|before| before.key != record.vouched_by) {
                return Err(wrong("the key before it does not vouch for it"));
            }
            // Two keys may follow each other without a checkpoint between.
            if record.first_checkpoint < before.map_or(1, |before| before.first_checkpoint) {
                return Err(wrong("it signs earlier checkpoints than the key before it"));
            }
            if !seen.insert(record.key) {
                return Err(wrong("it was in use before"));
            }
            before = Some(record);
        }
        Ok(Self(keys))
    }

    pub fn records(&self) -> &[KeyRecord] {
        &self.0
    }

    pub fn newest(&self) -> Option<&KeyRecord> {
        self.0.last()
    }

    /// The key whose turn it was.
    pub fn of(&self, checkpoint: u64) -> Option<&KeyRecord> {
        self.0.iter().rev().find(|record| record.first_checkpoint <= checkpoint)
    }

    /// Keys after the first that no earlier one vouches for.
    pub fn begun_anew(&self) -> impl Iterator<Item = &KeyRecord> {
        self.0.iter().skip(1).filter(|record| record.begins())
    }

    /// Whether trust in the one key carries to the other: it is the same, or vouched for without a break.
    pub fn carries(&self, from: &Public, to: &Public) -> bool {
        let place = |key: &Public| self.0.iter().position(|record| record.key == *key);
        let (Some(from), Some(to)) = (place(from), place(to)) else { return false };
        from <= to && !self.0.iter().take(to + 1).skip(from + 1).any(KeyRecord::begins)
    }

    /// Whether a checkpoint was signed, by the key of its time.
    pub fn check(&self, checkpoint: &Checkpoint) -> Result<(), Untrue> {
        let wrong = |what| Err(Untrue::Checkpoint { number: checkpoint.number, what });
        match self.of(checkpoint.number) {
            None => wrong("there is no key that could have signed it"),
            Some(record) if record.key != checkpoint.key => {
                wrong("it names another key than the one of its time")
            }
            Some(_) if !checkpoint.is_signed() => wrong("it is not the one that was signed"),
            Some(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32]).unwrap()
    }

    fn three() -> Vec<KeyRecord> {
        vec![
            KeyRecord::sign(1, &key(1), &key(1), 1, 10),
            KeyRecord::sign(2, &key(2), &key(1), 5, 20),
            KeyRecord::sign(3, &key(3), &key(2), 9, 30),
        ]
    }

    #[test]
    fn trust_carries_from_key_to_key() {
        let history = History::try_new(three()).unwrap();
        assert!(history.carries(&key(1).public(), &key(3).public()));
        assert!(!history.carries(&key(3).public(), &key(1).public()));
        assert!(!history.carries(&key(9).public(), &key(3).public()));
        let mut anew = three();
        anew.push(KeyRecord::sign(4, &key(4), &key(4), 12, 40));
        let history = History::try_new(anew).unwrap();
        assert!(!history.carries(&key(1).public(), &key(4).public()));
        assert_eq!(history.begun_anew().map(|record| record.number).collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn a_checkpoint_is_checked_with_the_key_of_its_time() {
        let history = History::try_new(three()).unwrap();
        for (number, seed, right) in [(4, 1, true), (5, 1, false), (5, 2, true), (9, 2, false), (9, 3, true)]
        {
            let checkpoint = Checkpoint::sign(&key(seed), number, (100, [0; 32]), 5);
            assert_eq!(history.check(&checkpoint).is_ok(), right, "{number} by {seed}");
        }
    }

    #[test]
    fn keys_that_are_not_in_order_are_named() {
        let told = |keys| History::try_new(keys).unwrap_err().to_string();
        let mut hole = three();
        hole.remove(1);
        assert_eq!(told(hole), "signing key 2: it is missing");
        let mut stranger = three();
        stranger[2] = KeyRecord::sign(3, &key(3), &key(7), 9, 30);
        assert_eq!(told(stranger), "signing key 3: the key before it does not vouch for it");
        let mut changed = three();
        changed[1].first_checkpoint = 4;
        assert_eq!(told(changed), "signing key 2: it is not the one that was vouched for");
    }
}
