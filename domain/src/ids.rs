//! Names of things: organizations, sessions and the streams their events are kept in.
//! Every stream id begins with its organization, so that nobody's stream can be reached by another's name.

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::disclosure;

/// A name that is empty, too long or contains a character that a stream id gives a meaning to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be 1 to {max} letters, digits or any of {}", marks.join(" "))]
pub struct BadName {
    what: &'static str,
    max: usize,
    marks: &'static [&'static str],
}

/// Nothing among them means anything in a stream id.
const MARKS: &[&str] = &[".", "_", ":", "-"];

fn checked(
    text: &str,
    what: &'static str,
    max: usize,
    marks: &'static [&'static str],
) -> Result<String, BadName> {
    let plain = |c: char| c.is_ascii_alphanumeric() || marks.iter().any(|mark| mark.contains(c));
    if text.is_empty() || text.len() > max || !text.chars().all(plain) {
        return Err(BadName { what, max, marks });
    }
    Ok(text.to_owned())
}

/// Whose data it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Organization(String);

impl Organization {
    pub const LEN_MAX: usize = 64;

    pub fn parse(text: &str) -> Result<Self, BadName> {
        checked(text, "organization", Self::LEN_MAX, MARKS).map(Self)
    }

    /// Nobody's own, for what holds for every organization. No client can be called so.
    pub fn everyone() -> Self {
        Self("*".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A session's public name, `session-<unix ms>-<6 base36>` where the engine gives it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionId(String);

impl SessionId {
    pub const LEN_MAX: usize = 100;

    pub fn parse(text: &str) -> Result<Self, BadName> {
        checked(text, "sessionId", Self::LEN_MAX, MARKS).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A call's name at the exchange that is watched, or what stands for it where the exchange has none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PbxCallId(String);

impl PbxCallId {
    pub const LEN_MAX: usize = 100;

    pub fn parse(text: &str) -> Result<Self, BadName> {
        checked(text, "callId", Self::LEN_MAX, MARKS).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a reader of the feed calls the place that it has come to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CursorName(String);

impl CursorName {
    pub const LEN_MAX: usize = 64;

    pub fn parse(text: &str) -> Result<Self, BadName> {
        checked(text, "name", Self::LEN_MAX, MARKS).map(Self)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a user signs in with. In small letters, so that nobody is somebody else by a capital, and with a letter among them:
/// it stands in clear in events and logs, where no telephone number may.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserName(String);

impl UserName {
    pub const LEN_MAX: usize = 64;
    const MARKS: &'static [&'static str] = &[".", "_", "-", "@", "+"];

    pub fn parse(text: &str) -> Result<Self, BadName> {
        let (what, max, marks) = ("name", Self::LEN_MAX, Self::MARKS);
        let name = checked(&text.to_ascii_lowercase(), what, max, marks)?;
        if name.chars().any(|c| c.is_ascii_alphabetic()) {
            return Ok(Self(name));
        }
        Err(BadName { what: "name (with a letter among them)", max, marks })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_id {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = BadName;
            fn try_from(text: String) -> Result<Self, BadName> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
text_id!(Organization);
text_id!(SessionId);
text_id!(PbxCallId);
text_id!(CursorName);
text_id!(UserName);

/// The id of one aggregate's stream: `<organization>/<rest>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId(String);

impl StreamId {
    pub fn session(organization: &Organization, session: &SessionId) -> Self {
        Self(format!("{organization}/{session}"))
    }

    /// A call to a listed number: it ends with the line in the list, so that neighbours in the list are neighbours in the index.
    pub fn listed_call(organization: &Organization, session: &SessionId, line: u32) -> Self {
        Self(format!("{organization}/{session}/{line:07}"))
    }

    /// A call to a number that stands on no list: it ends with the number's fingerprint.
    pub fn unlisted_call(
        organization: &Organization,
        session: &SessionId,
        fingerprint: &Fingerprint,
    ) -> Self {
        Self(format!("{organization}/{session}/~{fingerprint}"))
    }

    pub fn quarantine(organization: &Organization, held: Uuid) -> Self {
        Self(format!("{organization}/{held}"))
    }

    pub fn number_list(organization: &Organization, list: Uuid) -> Self {
        Self(format!("{organization}/{list}"))
    }

    pub fn import(organization: &Organization, import: Uuid) -> Self {
        Self(format!("{organization}/{import}"))
    }

    pub fn contact(organization: &Organization, contact: Uuid) -> Self {
        Self(format!("{organization}/{contact}"))
    }

    /// A number, whoever rings it: named like a call to a number that stands on no list, without a session.
    pub fn person(organization: &Organization, fingerprint: &Fingerprint) -> Self {
        Self(format!("{organization}/~{fingerprint}"))
    }

    pub fn campaign(organization: &Organization, campaign: Uuid) -> Self {
        Self(format!("{organization}/{campaign}"))
    }

    /// One contact in one campaign, beside the campaign's others.
    pub fn target(organization: &Organization, campaign: Uuid, contact: Uuid) -> Self {
        Self(format!("{organization}/{campaign}/{contact}"))
    }

    /// The campaign and the contact of a target; none where it is something else.
    pub fn of_target(&self) -> Option<(Uuid, Uuid)> {
        let mut parts = self.0.split('/').skip(1);
        let (campaign, contact) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        parts.next().is_none().then_some((campaign, contact))
    }

    /// Everything that one contact has promised to pay.
    pub fn promises(organization: &Organization, contact: Uuid) -> Self {
        Self(format!("{organization}/{contact}"))
    }

    pub fn user(organization: &Organization, name: &UserName) -> Self {
        Self(format!("{organization}/{name}"))
    }

    pub fn api_key(organization: &Organization, key: Uuid) -> Self {
        Self(format!("{organization}/{key}"))
    }

    pub fn webhook_endpoint(organization: &Organization, endpoint: Uuid) -> Self {
        Self(format!("{organization}/{endpoint}"))
    }

    /// What an organization has set for itself.
    pub fn settings(organization: &Organization) -> Self {
        Self(format!("{organization}/settings"))
    }

    /// The watch over an organization's exchange.
    pub fn pbx(organization: &Organization) -> Self {
        Self(format!("{organization}/pbx"))
    }

    /// A call that the exchange had, beside its others.
    pub fn pbx_call(organization: &Organization, call: &PbxCallId) -> Self {
        Self(format!("{organization}/pbx/{call}"))
    }

    /// Who was shown something.
    pub fn disclosure(organization: &Organization, kind: disclosure::Kind, id: &str) -> Self {
        Self(format!("{organization}/seen/{}/{id}", kind.as_str()))
    }

    /// Who was refused on a day.
    pub fn denials(organization: &Organization, day: NaiveDate) -> Self {
        Self(format!("{organization}/denied/{day}"))
    }

    /// A remote host is nobody's own.
    pub fn remote(host: &str) -> Self {
        Self(format!("{}/{host}", Organization::everyone()))
    }

    /// A stream id as it was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn organization(&self) -> &str {
        self.0.split_once('/').map_or("", |(organization, _)| organization)
    }

    /// The part after the organization: a session's name, for a call its session's.
    pub fn session_name(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or("")
    }

    /// The stream of the session that this is, or that this call belongs to.
    pub fn of_session(&self) -> &str {
        let end = self.0.match_indices('/').nth(1).map_or(self.0.len(), |(at, _)| at);
        self.0.get(..end).unwrap_or(&self.0)
    }

    /// Whose session it is, or whose call; none where it is neither.
    pub fn whose(&self) -> Option<(Organization, SessionId)> {
        let organization = Organization::parse(self.organization()).ok()?;
        Some((organization, SessionId::parse(self.session_name()).ok()?))
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A keyed hash of a person's number within one organization; useless without the organization's index key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(pub [u8; 16]);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is 32 hexadecimal digits")]
pub struct BadFingerprint;

impl TryFrom<String> for Fingerprint {
    type Error = BadFingerprint;

    fn try_from(text: String) -> Result<Self, BadFingerprint> {
        Self::parse(&text).ok_or(BadFingerprint)
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl Fingerprint {
    /// As it is displayed.
    pub fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 16];
        if text.len() != 2 * hash.len() || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        for (at, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(hash))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_called_everyone() {
        assert!(Organization::parse(Organization::everyone().as_str()).is_err());
        assert!(serde_json::from_str::<Organization>(r#""*""#).is_err());
    }

    #[test]
    fn a_fingerprint_reads_as_it_prints() {
        let print = Fingerprint(std::array::from_fn(|at| u8::try_from(at * 17).unwrap()));
        assert_eq!(Fingerprint::parse(&print.to_string()), Some(print));
        for wrong in ["", "ab", &"g".repeat(32), &"é".repeat(16), &"+1".repeat(16), &"0".repeat(34)] {
            assert_eq!(Fingerprint::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_users_name_is_no_telephone_number_and_no_other_stream() {
        for good in ["aziz", "a.b-c_d+e@example.com", "AZIZ", "998901234567a"] {
            assert_eq!(UserName::parse(good).map(String::from), Ok(good.to_ascii_lowercase()));
        }
        for wrong in ["", "+998901234567", "1", "a/b", "a b", "*", "~a", "é", &"x".repeat(65)] {
            assert!(UserName::parse(wrong).is_err(), "{wrong}");
        }
        let told = UserName::parse("+998901234567").unwrap_err().to_string();
        assert!(told.contains("with a letter") && !told.contains("998"), "{told}");
    }
}
