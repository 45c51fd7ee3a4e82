//! Who is logged in: sessions with their cookie and their token, and how they end.

use crate::ports::Ids;

use super::faults::Faults;

/// Whoever logs in for every poll pushes the oldest out.
const SESSIONS_MAX: usize = 1_000;

#[derive(Debug)]
struct Session {
    id: String,
    token: String,
    began: i64,
    used: i64,
    calls: u64,
}

#[derive(Debug, Default)]
pub(super) struct Sessions(Vec<Session>);

/// What a request carries to be known by.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) session: Option<String>,
    pub(super) token_cookie: Option<String>,
    pub(super) token: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No session, none any more, or half of its cookies.
    Session,
    /// The session is there, and whoever sends it does not know its token.
    Token,
}

impl Sessions {
    /// The cookie of a new session, and its token.
    pub(super) fn open(&mut self, ids: &dyn Ids, now: i64) -> (String, String) {
        if self.0.len() >= SESSIONS_MAX {
            self.0.remove(0);
        }
        let (id, token) = (hex32(ids), hex32(ids));
        self.0.push(Session { id: id.clone(), token: token.clone(), began: now, used: now, calls: 0 });
        (id, token)
    }

    /// Counts a call of the session, if it still is one.
    pub(super) fn check(&mut self, shown: &Shown, now: i64, faults: &Faults) -> Result<(), Refusal> {
        let known = self.0.iter().position(|session| shown.session.as_ref() == Some(&session.id));
        let Some(at) = known else { return Err(Refusal::Session) };
        let Some(session) = self.0.get_mut(at) else { return Err(Refusal::Session) };
        let older = |since: i64, limit: Option<std::time::Duration>| {
            limit.is_some_and(|limit| u128::try_from(now - since).unwrap_or(0) >= limit.as_millis())
        };
        let worn = faults.kill_after.is_some_and(|calls| session.calls >= calls);
        if worn || older(session.used, faults.idle) || older(session.began, faults.lifetime) {
            self.0.remove(at);
            return Err(Refusal::Session);
        }
        if shown.token_cookie.as_ref() != Some(&session.token) {
            return Err(Refusal::Session);
        }
        if shown.token.as_ref() != Some(&session.token) {
            return Err(Refusal::Token);
        }
        session.calls += 1;
        session.used = now;
        Ok(())
    }

    pub(super) fn end(&mut self, id: Option<&str>) {
        self.0.retain(|session| Some(session.id.as_str()) != id);
    }

    pub(super) fn end_all(&mut self) {
        self.0.clear();
    }
}

/// 32 hex digits that nobody can guess.
pub(super) fn hex32(ids: &dyn Ids) -> String {
    let mut bytes = [0; 16];
    ids.fill(&mut bytes);
    hex::encode(bytes)
}
