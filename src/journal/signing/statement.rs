//! What an evidence says of itself: about what it is, and which events are its own and which led to it. It is signed like a
//! checkpoint, so that nobody can pass one call's events off as another's.

use domain::fact::Position;
use serde::{Deserialize, Serialize};

use super::{Hex, Public, Signature, SigningKey, is_signed};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    pub organization: String,
    pub kind: String,
    pub id: String,
    /// Microseconds since 1970.
    pub made_at: i64,
    /// Events of the thing itself.
    pub own: Vec<Position>,
    /// Events that led to it.
    pub causes: Vec<Position>,
    /// Those of the checkpoints that they lead to: whoever trusts this key need not trust the ones before it.
    pub digests: Vec<Hex<32>>,
    pub key: Public,
    pub signature: Signature,
}

impl Statement {
    /// As it stands, under this key.
    #[must_use]
    pub fn signed(mut self, key: &SigningKey) -> Self {
        self.key = key.public();
        self.signature = key.sign(&self.text());
        self
    }

    pub fn is_signed(&self) -> bool {
        is_signed(&self.text(), &self.key, &self.signature)
    }

    fn text(&self) -> String {
        let Self { organization, kind, id, made_at, own, causes, digests, key, .. } = self;
        let (own, causes, digests) = (list(own), list(causes), list(digests));
        format!(
            "karnay evidence 1\norganization {organization}\nkind {kind}\nid {id}\nmade {made_at}\nown {own}\ncauses {causes}\ndigests {digests}\nkey {key}\n"
        )
    }
}

fn list(said: &[impl ToString]) -> String {
    said.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
