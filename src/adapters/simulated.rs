//! A remote host that rings nobody: it answers as the real one does, after a delay that its seed decides.
//! It says at its start and at every launch that it is simulated.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use bytes::Bytes;
use domain::ids::SessionId;
use domain::session::{Exit, Remote};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::json;

use crate::ports::{Recording, RemoteHost, Trouble};

const DELAY_MIN: Duration = Duration::from_millis(20);
const DELAY_SPREAD_MS: u64 = 180;

/// The same seed takes the same time over the same effect.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub seed: u64,
}

#[derive(Debug)]
pub struct Simulated {
    options: Options,
}

impl Simulated {
    pub fn start(options: Options) -> Self {
        tracing::warn!("the remote host is simulated: nobody is rung (REMOTE_HOST decides)");
        Self { options }
    }

    fn delay(&self, effect: &str) -> Duration {
        let mut hasher = DefaultHasher::new();
        (self.options.seed, effect).hash(&mut hasher);
        DELAY_MIN + Duration::from_millis(hasher.finish() % DELAY_SPREAD_MS)
    }
}

impl RemoteHost for Simulated {
    fn kind(&self) -> Remote {
        Remote::Simulated
    }

    fn place(&self, _numbers: Bytes) -> BoxFuture<'_, Result<(), Trouble>> {
        async { Ok(()) }.boxed()
    }

    fn launch(&self, effect: &str, session: &SessionId) -> BoxFuture<'_, Result<Exit, Trouble>> {
        tracing::info!(effect, %session, "a simulated start: nobody is rung");
        let delay = self.delay(effect);
        let answer = json!({ "message": "Call process started", "sessionId": session });
        async move {
            tokio::time::sleep(delay).await;
            Ok(Exit { code: Some(0), stdout: answer.to_string(), ..Exit::default() })
        }
        .boxed()
    }

    fn ask(&self, _effect: &str) -> BoxFuture<'_, Result<Option<Exit>, Trouble>> {
        async { Ok(None) }.boxed()
    }

    fn stop(&self, _session: &SessionId) -> BoxFuture<'_, Result<Option<Exit>, Trouble>> {
        async { Ok(None) }.boxed()
    }

    fn recording(&self, _name: &str, _from: u64) -> BoxFuture<'_, Result<Option<Recording>, Trouble>> {
        async { Ok(None) }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_answers_as_the_remote_does() {
        let host = Simulated::start(Options { seed: 7 });
        let session = SessionId::parse("session-1-abc").unwrap();
        let exit = host.launch("launch/1/session-1-abc/1", &session).await.unwrap();
        assert!(exit.success());
        let said: serde_json::Value = serde_json::from_str(&exit.stdout).unwrap();
        assert_eq!(said, json!({ "message": "Call process started", "sessionId": "session-1-abc" }));
        assert_eq!(host.ask("launch/1/session-1-abc/1").await, Ok(None));
    }

    #[test]
    fn the_seed_decides_the_delay() {
        let (one, other) =
            (Simulated { options: Options { seed: 1 } }, Simulated { options: Options { seed: 1 } });
        assert_eq!(one.delay("a"), other.delay("a"));
        assert!(one.delay("a") < DELAY_MIN + Duration::from_millis(DELAY_SPREAD_MS));
    }
}
