//! Persons' keys: each person's data is sealed with a key of their own, and each key is stored wrapped by the data key.
//! Destroying a person's rows forgets the person; events and digests stay as they are.
//! A person may have several keys: one is made when none is at hand, which saves a look at an index for every report.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::fact::Position;
use domain::ids::{Fingerprint, Organization};
use domain::pbx::said::LogRow;
use domain::personal;
use domain::phone::Phone;
use lru::LruCache;
use uuid::Uuid;

use super::chain::{GENESIS, Hash};
use crate::ports::Ids;

/// Keys kept unwrapped in memory. Beyond it the least recently used leave, and cost an unwrapping when they return.
const CACHED_KEYS_MAX: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

/// Organizations whose index key is at hand; making one again costs two hashes.
const CACHED_INDEXES_MAX: NonZeroUsize = NonZeroUsize::new(1_024).unwrap();

/// The key that wraps all others; prints as nothing.
#[derive(Clone)]
pub struct DataKey(pub [u8; 32]);

impl DataKey {
    /// Tells this key from any other, and nothing else of it.
    pub fn mark(&self) -> Hash {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), b"karnay/mark");
        let mut mark = GENESIS;
        mark.copy_from_slice(tag.as_ref());
        mark
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(***)")
    }
}

/// A person's key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    pub id: Uuid,
    pub organization: String,
    pub person: [u8; 16],
    pub wrapped: Vec<u8>,
}

/// A key ready for sealing. `row` is to be stored with the first unit that uses it, and with every other until one of them is.
#[derive(Debug, Clone)]
pub struct PersonKey(Arc<Own>);

struct Own {
    id: Uuid,
    key: LessSafeKey,
    row: Arc<KeyRow>,
    stored: AtomicBool,
}

impl std::fmt::Debug for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Own").field("id", &self.id).finish_non_exhaustive()
    }
}

impl PersonKey {
    /// What has to be stored beside the events, none where it is.
    pub fn to_store(&self) -> Option<Arc<KeyRow>> {
        (!self.0.stored.load(Ordering::Acquire)).then(|| Arc::clone(&self.0.row))
    }

    /// A unit that carried the row was stored.
    pub fn stored(&self) {
        self.0.stored.store(true, Ordering::Release);
    }
}

/// Why something could not be sealed or wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cipher refused")]
pub struct CipherRefused;

/// All the keys at hand.
pub struct Keyring {
    wrap: LessSafeKey,
    secrets: LessSafeKey,
    index: hmac::Key,
    indexes: Mutex<LruCache<Organization, Arc<hmac::Key>>>,
    ids: Arc<dyn Ids>,
    persons: Mutex<LruCache<(String, Fingerprint), PersonKey>>,
    opened: Mutex<LruCache<Uuid, Arc<LessSafeKey>>>,
    /// Whose keys are never kept at hand, since another node may destroy them at any moment, and where that was last said.
    forgotten: Mutex<HashMap<(String, [u8; 16]), Position>>,
    /// About to be destroyed here.
    closed: Mutex<HashSet<Uuid>>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring")
    }
}

impl Keyring {
    pub fn try_new(data_key: &DataKey, ids: Arc<dyn Ids>) -> Result<Self, CipherRefused> {
        let master = hmac::Key::new(hmac::HMAC_SHA256, &data_key.0);
        let wrap = aes(hmac::sign(&master, b"karnay/wrap").as_ref())?;
        let secrets = aes(hmac::sign(&master, b"karnay/secrets").as_ref())?;
        let index = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&master, b"karnay/index").as_ref());
        let persons = Mutex::new(LruCache::new(CACHED_KEYS_MAX));
        let opened = Mutex::new(LruCache::new(CACHED_KEYS_MAX));
        let indexes = Mutex::new(LruCache::new(CACHED_INDEXES_MAX));
        Ok(Self {
            wrap,
            secrets,
            index,
            indexes,
            ids,
            persons,
            opened,
            forgotten: Mutex::default(),
            closed: Mutex::default(),
        })
    }

    /// A name for a number within its organization, of no use to anybody without the data key.
    pub fn fingerprint(&self, organization: &Organization, phone: &Phone) -> Fingerprint {
        Fingerprint(shortened(hmac::sign(&self.index_of(organization), phone.as_str().as_bytes())))
    }

    /// What a command asks for, so that another one under its name is recognised. It may ask for something of somebody.
    pub fn command(&self, organization: &Organization, asked: &str) -> Hash {
        let mut hash = hmac::Context::with_key(&self.index_of(organization));
        hash.update(b"command/");
        hash.update(asked.as_bytes());
        let mut whole = Hash::default();
        whole.iter_mut().zip(hash.sign().as_ref()).for_each(|(to, from)| *to = *from);
        whole
    }

    /// The same for a report that is held: the one that names this session in these very words, whichever node hears it, and
    /// however often. No number begins like what is hashed here.
    pub fn held_report(&self, organization: &Organization, session: &str, body: &[u8]) -> Uuid {
        let mut hash = hmac::Context::with_key(&self.index_of(organization));
        hash.update(b"held report/");
        hash.update(&u64::try_from(session.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(session.as_bytes());
        hash.update(body);
        uuid::Builder::from_custom_bytes(shortened(hash.sign())).into_uuid()
    }

    /// The same for a row of an exchange's log, which has no name of its own: everything that tells it from another row, and which
    /// number of those that are equal it is. In clear it would tell whose numbers they are.
    pub fn log_row(&self, organization: &Organization, row: &LogRow, ordinal: u32) -> String {
        let mut hash = hmac::Context::with_key(&self.index_of(organization));
        hash.update(b"log row/");
        hash.update(&row.started_at.timestamp().to_be_bytes());
        for text in [&row.from, &row.to, &row.code] {
            hash.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.update(&row.secs.to_be_bytes());
        hash.update(&row.talk_secs.to_be_bytes());
        format!("{}-{ordinal}", hex::encode(shortened(hash.sign())))
    }

    /// An organization's own index key, made from the one of all: so that two organizations cannot compare.
    fn index_of(&self, organization: &Organization) -> Arc<hmac::Key> {
        let mut known = locked(&self.indexes);
        if let Some(key) = known.get(organization) {
            return Arc::clone(key);
        }
        let own = hmac::sign(&self.index, organization.as_str().as_bytes());
        let key = Arc::new(hmac::Key::new(hmac::HMAC_SHA256, own.as_ref()));
        known.put(organization.clone(), Arc::clone(&key));
        key
    }

    /// The key to seal this person's data with.
    pub fn person(&self, organization: &str, person: Fingerprint) -> Result<PersonKey, CipherRefused> {
        let name = (organization.to_owned(), person);
        if let Some(key) = locked(&self.persons).get(&name) {
            return Ok(key.clone());
        }
        let key = self.make(organization, person)?;
        locked(&self.persons).put(name, key.clone());
        Ok(key)
    }

    fn make(&self, organization: &str, person: Fingerprint) -> Result<PersonKey, CipherRefused> {
        let mut secret = [0; 32];
        self.ids.fill(&mut secret);
        let id = self.ids.uuid();
        let wrapped = self.encrypt(&self.wrap, id.as_bytes(), &secret)?;
        let row = Arc::new(KeyRow { id, organization: organization.to_owned(), person: person.0, wrapped });
        let stored = AtomicBool::new(false);
        Ok(PersonKey(Arc::new(Own { id, key: aes(&secret)?, row, stored })))
    }

    /// `<key id>.<nonce and ciphertext>`, both base64.
    pub fn seal(&self, key: &PersonKey, clear: &[u8]) -> Result<String, CipherRefused> {
        let id = key.0.id.as_bytes();
        let sealed = self.encrypt(&key.0.key, id, clear)?;
        let mut text = String::with_capacity(23 + sealed.len() * 4 / 3 + 4);
        URL_SAFE_NO_PAD.encode_string(id, &mut text);
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(&sealed, &mut text);
        Ok(text)
    }

    /// The same for what is no text: key id, nonce and ciphertext.
    pub fn seal_bytes(&self, key: &PersonKey, clear: &[u8]) -> Result<Vec<u8>, CipherRefused> {
        let id = key.0.id.as_bytes();
        let mut sealed = id.to_vec();
        sealed.extend(self.encrypt(&key.0.key, id, clear)?);
        Ok(sealed)
    }

    /// The id of the key that a sealed text needs.
    pub fn key_id(sealed: &str) -> Option<Uuid> {
        let (key, _) = personal::key_of(sealed)?;
        Uuid::from_slice(&URL_SAFE_NO_PAD.decode(key).ok()?).ok()
    }

    /// The key from memory.
    pub fn at_hand(&self, id: Uuid) -> Option<Arc<LessSafeKey>> {
        locked(&self.opened).get(&id).cloned()
    }

    /// Unwraps a stored key and keeps it at hand.
    pub fn admit(&self, row: &KeyRow) -> Result<Arc<LessSafeKey>, CipherRefused> {
        let secret = decrypt(&self.wrap, row.id.as_bytes(), &row.wrapped)?;
        let key = Arc::new(aes(&secret)?);
        if !locked(&self.forgotten).contains_key(&(row.organization.clone(), row.person)) {
            locked(&self.opened).put(row.id, Arc::clone(&key));
        }
        Ok(key)
    }

    /// A secret that is no person's, sealed for one place and of no use in any other.
    pub fn seal_for(&self, place: &str, clear: &[u8]) -> Result<String, CipherRefused> {
        let sealed = self.encrypt(&self.secrets, place.as_bytes(), clear)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// What was sealed for that place.
    pub fn open_for(&self, place: &str, sealed: &str) -> Result<Vec<u8>, CipherRefused> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| CipherRefused)?;
        decrypt(&self.secrets, place.as_bytes(), &sealed)
    }

    /// The key itself, for whoever is given what it sealed.
    pub fn unwrap(&self, row: &KeyRow) -> Result<[u8; 32], CipherRefused> {
        decrypt(&self.wrap, row.id.as_bytes(), &row.wrapped)?.try_into().map_err(|_| CipherRefused)
    }

    /// Seals nothing more with a person's keys of before, and opens what they sealed only as long as they are stored.
    /// True where it was not known that this was said at that position.
    pub fn forget(&self, organization: &str, person: Fingerprint, said: Position) -> bool {
        let mut forgotten = locked(&self.forgotten);
        let known = forgotten.entry((organization.to_owned(), person.0)).or_default();
        let new = *known < said;
        *known = said.max(*known);
        drop(forgotten);
        if new {
            locked(&self.persons).pop(&(organization.to_owned(), person));
            locked(&self.opened).clear();
        }
        new
    }

    /// Opens nothing more with these.
    pub fn close(&self, keys: &[Uuid]) {
        locked(&self.closed).extend(keys);
        let mut opened = locked(&self.opened);
        for key in keys {
            opened.pop(key);
        }
    }

    pub fn is_closed(&self, key: Uuid) -> bool {
        locked(&self.closed).contains(&key)
    }

    /// What a sealed text begins with where this key sealed it.
    pub fn beginning(id: Uuid) -> String {
        format!("{}.", URL_SAFE_NO_PAD.encode(id.as_bytes()))
    }

    fn encrypt(&self, key: &LessSafeKey, bound_to: &[u8], clear: &[u8]) -> Result<Vec<u8>, CipherRefused> {
        let mut nonce = [0; NONCE_LEN];
        self.ids.fill(&mut nonce);
        let mut text = Vec::with_capacity(NONCE_LEN + clear.len() + 16);
        text.extend_from_slice(clear);
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound_to), &mut text)
            .map_err(|_| CipherRefused)?;
        text.splice(0..0, nonce);
        Ok(text)
    }
}

/// Opens a sealed text with its key.
pub fn open(key: &LessSafeKey, sealed: &str) -> Option<Vec<u8>> {
    let (id, text) = personal::key_of(sealed)?;
    let id = URL_SAFE_NO_PAD.decode(id).ok()?;
    decrypt(key, &id, &URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Opens what `seal_bytes` made, its key's id taken off.
pub fn open_bytes(key: &LessSafeKey, id: &[u8; 16], sealed: &[u8]) -> Result<Vec<u8>, CipherRefused> {
    decrypt(key, id, sealed)
}

/// The same with the key as it was given away.
pub fn open_with(secret: &[u8; 32], sealed: &str) -> Option<Vec<u8>> {
    open(&aes(secret).ok()?, sealed)
}

fn decrypt(key: &LessSafeKey, bound_to: &[u8], text: &[u8]) -> Result<Vec<u8>, CipherRefused> {
    let (nonce, text) = text.split_first_chunk::<NONCE_LEN>().ok_or(CipherRefused)?;
    let mut text = text.to_vec();
    let clear = key
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(bound_to), &mut text)
        .map_err(|_| CipherRefused)?
        .len();
    text.truncate(clear);
    Ok(text)
}

fn aes(secret: &[u8]) -> Result<LessSafeKey, CipherRefused> {
    UnboundKey::new(&AES_256_GCM, secret).map(LessSafeKey::new).map_err(|_| CipherRefused)
}

fn shortened(tag: hmac::Tag) -> [u8; 16] {
    let mut short = [0; 16];
    short.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
    short
}

/// A cache that a panicking thread left behind is still a cache.
fn locked<T>(cache: &Mutex<T>) -> MutexGuard<'_, T> {
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}
