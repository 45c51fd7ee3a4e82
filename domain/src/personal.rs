//! Personal data as a type: it prints masked, and it is stored sealed with the person's own key.
//! In the journal it is one string `<key id>.<ciphertext>`; destroying the key forgets the person while the event stays.
//! What sealing means is not decided here: the journal hands in the cipher.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use serde_json::Value;

/// Data about a person, in the three states it can be met in.
#[derive(Clone, PartialEq, Eq)]
pub enum Personal<T> {
    /// In memory only; never serialised.
    Clear(T),
    /// As stored.
    Sealed(String),
    /// The key is gone.
    Forgotten,
}

impl<T> Personal<T> {
    pub fn clear(&self) -> Option<&T> {
        match self {
            Self::Clear(value) => Some(value),
            Self::Sealed(_) | Self::Forgotten => None,
        }
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear(_) => "Personal(***)",
            Self::Sealed(_) => "Personal(sealed)",
            Self::Forgotten => "Personal(forgotten)",
        })
    }
}

impl<T> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Sealed(text) => serializer.serialize_str(text),
            Self::Forgotten => serializer.serialize_none(),
            Self::Clear(_) => Err(ser::Error::custom("personal data is stored sealed only")),
        }
    }
}

impl<'de, T> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(text.map_or(Self::Forgotten, Self::Sealed))
    }
}

/// The one thing a cipher needs to see of an event: its personal part, whatever its type.
pub trait Seal {
    /// The sealed text, where it is sealed.
    fn sealed(&self) -> Option<&str>;

    /// What it says, for whoever may see it; null where it is sealed or forgotten.
    fn told(&self) -> Result<Value, serde_json::Error>;

    /// Replaces clear data by what `cipher` makes of its bytes.
    fn seal(&mut self, cipher: &mut dyn FnMut(&[u8]) -> String) -> Result<(), serde_json::Error>;

    /// Replaces sealed data by the value read from the bytes that `decipher` gives back; none means the key is gone.
    fn open(&mut self, decipher: &mut dyn FnMut(&str) -> Option<Vec<u8>>) -> Result<(), serde_json::Error>;
}

impl<T: Serialize + DeserializeOwned> Seal for Personal<T> {
    fn sealed(&self) -> Option<&str> {
        match self {
            Self::Sealed(text) => Some(text),
            Self::Clear(_) | Self::Forgotten => None,
        }
    }

    fn told(&self) -> Result<Value, serde_json::Error> {
        self.clear().map_or(Ok(Value::Null), serde_json::to_value)
    }

    fn seal(&mut self, cipher: &mut dyn FnMut(&[u8]) -> String) -> Result<(), serde_json::Error> {
        if let Self::Clear(value) = self {
            let bytes = serde_json::to_vec(value)?;
            *self = Self::Sealed(cipher(&bytes));
        }
        Ok(())
    }

    fn open(&mut self, decipher: &mut dyn FnMut(&str) -> Option<Vec<u8>>) -> Result<(), serde_json::Error> {
        if let Self::Sealed(text) = self {
            *self = match decipher(text) {
                Some(bytes) => Self::Clear(serde_json::from_slice(&bytes)?),
                None => Self::Forgotten,
            };
        }
        Ok(())
    }
}

/// A key's place in the sealed text, so that a cipher can find its key before it reads on.
pub fn key_of(sealed: &str) -> Option<(&str, &str)> {
    sealed.split_once('.')
}
