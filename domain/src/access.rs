//! What somebody may do: the role of a person or of a key, and the scopes that a key is held to.
//! Who somebody is, is not decided here: users and keys are aggregates of their own, tokens are the door's business.

use serde::{Deserialize, Serialize};

/// What a token's bearer may do, each more than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Auditor,
    Operator,
    Manager,
    Admin,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Auditor, Self::Operator, Self::Manager, Self::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::Manager => "manager",
            Self::Admin => "admin",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// A part of the house that a key opens. A role says how much may be done there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Sessions, lists, results, the quarantine.
    Calls,
    /// Contacts and campaigns.
    AutoCalling,
    /// Reporting results.
    Webhook,
    /// Whatever is only looked at, in calls and auto-calling.
    Read,
    /// The house's own rooms.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 5] = [Self::Calls, Self::AutoCalling, Self::Webhook, Self::Read, Self::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::AutoCalling => "auto-calling",
            Self::Webhook => "webhook",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    fn bit(self) -> u8 {
        match self {
            Self::Calls => 1,
            Self::AutoCalling => 2,
            Self::Webhook => 4,
            Self::Read => 8,
            Self::Admin => 16,
        }
    }
}

/// Some of the scopes. Stored as their names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Scope>", into = "Vec<Scope>")]
pub struct Scopes(u8);

impl Scopes {
    /// What whoever is no key has: nothing but the role holds them back.
    pub fn all() -> Self {
        Self::of(&Scope::ALL)
    }

    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().fold(0, |bits, scope| bits | scope.bit()))
    }

    pub fn contain(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contain(*scope))
    }
}

impl From<Vec<Scope>> for Scopes {
    fn from(scopes: Vec<Scope>) -> Self {
        Self::of(&scopes)
    }
}

impl From<Scopes> for Vec<Scope> {
    fn from(scopes: Scopes) -> Self {
        scopes.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_scopes_are_written_as_they_are_read() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.as_str()), Some(scope));
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
        }
        assert_eq!((Role::parse("emperor"), Scope::parse("*")), (None, None));
    }

    #[test]
    fn scopes_hold_what_was_put_in() {
        for scope in Scope::ALL {
            let alone = Scopes::of(&[scope, scope]);
            assert_eq!(alone.iter().collect::<Vec<_>>(), [scope]);
            assert!(Scopes::all().contain(scope) && !Scopes::default().contain(scope));
        }
        let some = Scopes::of(&[Scope::Webhook, Scope::Calls]);
        assert_eq!(serde_json::to_string(&some).unwrap(), r#"["calls","webhook"]"#);
        assert_eq!(serde_json::from_str::<Scopes>(r#"["webhook","calls"]"#).unwrap(), some);
    }
}
