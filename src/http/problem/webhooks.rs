//! What an endpoint that events are sent to refuses.

use domain::webhook_endpoint::Error;

use super::{Code, Problem};

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let code = match error {
            Error::Unknown => Code::WebhookUnknown,
            Error::AlreadyThere => Code::CommandReused,
            Error::TooMany => Code::TooManyWebhooks,
        };
        Self::new(code, error.to_string())
    }
}
