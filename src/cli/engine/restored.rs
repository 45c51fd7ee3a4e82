//! What is said to an engine that stands on a restored backup.

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::{Engine, Error};

impl Engine {
    /// Tells it that a list of those who were forgotten was applied; false where no restore waits for that.
    pub(in crate::cli) async fn forgotten_applied(&self) -> Result<bool, Error> {
        #[derive(Deserialize)]
        struct Answer {
            noted: bool,
        }
        let answer = self.ask(Method::POST, "/restore/forgotten").await?;
        if !answer.status().is_success() {
            return Err(self.refusal(answer).await);
        }
        self.understand(answer).await.map(|(_, Answer { noted })| noted)
    }

    /// Lets a restored journal ring people again; false where nothing waited for that. `nobody` was forgotten since the backup.
    pub(in crate::cli) async fn confirm_restore(&self, nobody: bool) -> Result<bool, Error> {
        #[derive(Deserialize)]
        struct Answer {
            confirmed: bool,
        }
        let request = self.request(Method::POST, "/restore/confirm", &self.organization)?;
        let answer = self.send(request.json(&json!({ "nobodyWasForgotten": nobody }))).await?;
        if !answer.status().is_success() {
            return Err(self.refusal(answer).await);
        }
        self.understand(answer).await.map(|(_, Answer { confirmed })| confirmed)
    }
}
