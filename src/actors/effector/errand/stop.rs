//! Stopping a session: the remote host is told, and the session is over once that worked. Telling it twice does no harm.

use std::sync::Arc;

use domain::session::{self, Closing};

use super::{Abroad, Errand, Whose};
use crate::ports::Trouble;

impl Errand {
    pub(super) async fn stop(&self, whose: &Whose) {
        match self.stop_remote(whose).await {
            Ok(()) => self.say(whose, "close", |at| session::Command::Close { by: Closing::Stop, at }).await,
            Err(reason) => {
                self.say(whose, "keep on", |at| session::Command::KeepOn { reason: reason.clone(), at })
                    .await;
            }
        }
    }

    /// Well also where there is no command for it: then the session alone is told.
    async fn stop_remote(&self, whose: &Whose) -> Result<(), String> {
        let ends = self.ends(&whose.organization).await?;
        for _ in 0..self.carrier.options.limits.tries_max {
            let (remote, name) = (Arc::clone(&ends.remote), whose.session.clone());
            let patience = self.carrier.options.limits.patience;
            match self.abroad(patience, async move { remote.stop(&name).await }).await {
                Abroad::Answered(Ok(None)) => return Ok(()),
                Abroad::Answered(Ok(Some(exit))) if exit.success() => return Ok(()),
                Abroad::Answered(Ok(Some(exit))) => return Err(exit.complaint()),
                Abroad::Answered(Err(Trouble::Later { after })) => tokio::time::sleep(after).await,
                Abroad::Answered(Err(Trouble::Never { why })) => return Err(why),
                Abroad::Broke => return Err("the engine failed while it ran the stop command".to_owned()),
                Abroad::Silent => return Err("the stop command has not come back".to_owned()),
            }
        }
        Err("the remote host was not ready for the stop command, again and again".to_owned())
    }
}
