//! Reports of calls that were only taken, sent to whoever asked for them and sent again until they are stored.
//! To whom an agent may report is decided by whoever starts it; here it is done.

use std::sync::{Mutex, PoisonError};

use reqwest::Url;
use serde_json::{Value, json};

use super::super::post::{Post, Proof, Webhook};
use super::Taken;

pub struct Reporter {
    proof: Option<Proof>,
    /// Whoever asks once asks again.
    last: Mutex<Option<(Url, Post)>>,
}

impl std::fmt::Debug for Reporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reporter").finish_non_exhaustive()
    }
}

impl Reporter {
    /// With what proves who reports, where somebody wants to know.
    pub fn new(proof: Option<Proof>) -> Self {
        Self { proof, last: Mutex::default() }
    }

    /// Waits for the call's end and tells it.
    pub fn report(&self, url: &Url, effect: &str, taken: Taken) {
        let post = match self.post(url) {
            Ok(post) => post,
            Err(why) => return tracing::error!("a simulated report cannot be sent: {why}"),
        };
        let Taken { call_id, ends, answer, .. } = taken;
        let body = body(answer, &call_id, effect);
        tokio::spawn(async move {
            tokio::time::sleep_until(ends).await;
            if let Err(why) = post.send(None, body).await {
                tracing::error!(%call_id, "a simulated report is given up: {why}");
            }
        });
    }

    fn post(&self, url: &Url) -> Result<Post, reqwest::Error> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, post)) = last.as_ref().filter(|(known, _)| known == url) {
            return Ok(post.clone());
        }
        let post = Post::to(Webhook { url: url.clone(), proof: self.proof.clone() })?;
        *last = Some((url.clone(), post.clone()));
        Ok(post)
    }
}

/// The answer, and whose it is: by the agent's name for the call and by ours.
fn body(mut answer: Value, call_id: &str, effect: &str) -> Vec<u8> {
    if let Value::Object(fields) = &mut answer {
        fields.insert("callId".to_owned(), json!(call_id));
        fields.insert("idempotencyKey".to_owned(), json!(effect));
    }
    answer.to_string().into_bytes()
}
