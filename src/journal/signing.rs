//! What is signed, and with what: checkpoints of the journal, the keys that sign them, and what an evidence says of itself.
//! The texts that are signed are for ever; `docs/evidence.md` tells them to others. Keys are made and kept elsewhere.

mod hexed;
mod keys;
mod statement;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use domain::fact::Position;
use serde::{Deserialize, Serialize};

pub use hexed::Hex;
pub use keys::{History, KeyRecord, Untrue};
pub use statement::Statement;

/// An Ed25519 public key.
pub type Public = Hex<32>;
/// An Ed25519 signature.
pub type Signature = Hex<64>;

/// A private key; it prints its public half.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: Public,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.public)
    }
}

impl SigningKey {
    /// From the 32 bytes that RFC 8032 calls the private key. None where the cipher will not have them.
    pub fn from_seed(seed: &[u8; 32]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let public = Hex(pair.public_key().as_ref().try_into().ok()?);
        Some(Self { pair, public })
    }

    pub fn public(&self) -> Public {
        self.public
    }

    fn sign(&self, text: &str) -> Signature {
        let mut signature = [0; 64];
        signature.iter_mut().zip(self.pair.sign(text.as_bytes()).as_ref()).for_each(|(to, from)| *to = *from);
        Hex(signature)
    }
}

fn is_signed(text: &str, key: &Public, signature: &Signature) -> bool {
    UnparsedPublicKey::new(&ED25519, key.0).verify(text.as_bytes(), &signature.0).is_ok()
}

/// What the whole journal was up to a position, which is the end of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Checkpoint {
    /// They are counted from 1, so that none can be left out.
    pub number: u64,
    pub position: Position,
    /// Of the batch that ends there.
    pub digest: Hex<32>,
    /// Microseconds since 1970, by the clock of whoever signed.
    pub signed_at: i64,
    pub key: Public,
    pub signature: Signature,
}

impl Checkpoint {
    pub fn sign(key: &SigningKey, number: u64, (position, digest): (Position, [u8; 32]), at: i64) -> Self {
        let unsigned = Hex([0; 64]);
        let mut made = Self {
            number,
            position,
            digest: Hex(digest),
            signed_at: at,
            key: key.public(),
            signature: unsigned,
        };
        made.signature = key.sign(&made.text());
        made
    }

    /// Whether it bears the signature of the key that it names.
    pub fn is_signed(&self) -> bool {
        is_signed(&self.text(), &self.key, &self.signature)
    }

    fn text(&self) -> String {
        let Self { number, position, digest, signed_at, key, .. } = self;
        format!(
            "karnay checkpoint 1\nnumber {number}\nposition {position}\ndigest {digest}\nsigned {signed_at}\nkey {key}\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_signed_as_it_is_documented() {
        let key = SigningKey::from_seed(&[7; 32]).unwrap();
        let made = Checkpoint::sign(&key, 3, (40, [0xab; 32]), 1_780_000_000_123_456);
        let text = format!(
            "karnay checkpoint 1\nnumber 3\nposition 40\ndigest {}\nsigned 1780000000123456\nkey {}\n",
            "ab".repeat(32),
            "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c"
        );
        assert_eq!(made.text(), text);
        assert!(made.is_signed());
        for wrong in [
            Checkpoint { number: 4, ..made.clone() },
            Checkpoint { position: 41, ..made.clone() },
            Checkpoint { digest: Hex([0xac; 32]), ..made.clone() },
            Checkpoint { signed_at: 0, ..made.clone() },
            Checkpoint { key: SigningKey::from_seed(&[8; 32]).unwrap().public(), ..made },
        ] {
            assert!(!wrong.is_signed(), "{wrong:?}");
        }
    }
}
