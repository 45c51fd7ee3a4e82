//! A command that comes again under the same `Idempotency-Key` is carried out once: the journal remembers it by that name.
//! Of two that come at once the second waits for the first; on two nodes the journal lets one of them in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use actix_web::HttpRequest;
use domain::ids::Organization;
use tokio::sync::OwnedMutexGuard;
use utoipa::IntoParams;
use uuid::Uuid;

use super::Engine;
use super::problem::Problem;
use crate::dispatch::CommandId;
use crate::dispatch::named::{self, Earlier};

pub(super) const KEY: &str = "Idempotency-Key";
const KEY_LEN_MAX: usize = 255;

/// As the API's document has it.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes the header to the API's document")]
pub(super) struct Key {
    /// A name for this command, of the client's own making. Said again under it, as after an answer that did not come, it is
    /// carried out once.
    #[param(rename = "Idempotency-Key", max_length = 255)]
    key: Option<String>,
}

/// A command that may have a name. While it is held, nobody else is in this node under that name.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) command: Option<CommandId>,
    pub(super) earlier: Option<Earlier>,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Named {
    /// `asked` is all that the body asks for.
    pub(super) async fn begin(
        engine: &Engine,
        organization: &Organization,
        request: &HttpRequest,
        asked: &str,
    ) -> Result<Self, Problem> {
        let Some(key) = request.headers().get(KEY) else { return Ok(Self::default()) };
        let key = key.to_str().ok().filter(|key| (1..=KEY_LEN_MAX).contains(&key.len()));
        let told =
            || Problem::parameter(KEY, format!("has to be a text of 1 to {KEY_LEN_MAX} letters in ASCII"));
        let name = format!("{KEY}: {}", key.ok_or_else(told)?);
        let command = engine.dispatch.named(organization, &name, &format!("{} {asked}", request.path()));
        let turn = engine.turns.take(organization, command.id).await;
        let earlier = engine.dispatch.earlier(organization, &command).await?;
        Ok(Self { command: Some(command), earlier, _turn: Some(turn) })
    }

    /// What the command makes is called so.
    pub(super) fn makes(&self, engine: &Engine, organization: &Organization) -> Uuid {
        let named = self.command.as_ref().map(|command| named::made(organization, command));
        named.unwrap_or_else(|| engine.ids.uuid())
    }
}

/// One after another.
type Turn = tokio::sync::Mutex<()>;

/// Who is in under which name.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<(Organization, Uuid), Weak<Turn>>>);

impl Turns {
    async fn take(&self, organization: &Organization, name: Uuid) -> OwnedMutexGuard<()> {
        self.of((organization.clone(), name)).lock_owned().await
    }

    fn of(&self, name: (Organization, Uuid)) -> Arc<Turn> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&name).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(name, Arc::downgrade(&turn));
        turn
    }
}
