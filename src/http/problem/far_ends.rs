//! Why an organization has no far ends that can be used.

use domain::settings;

use super::{Code, Problem};
use crate::dispatch::far_ends::{Error, Wrong};

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(why) => {
                Self::new(Code::JournalUnavailable, "the organization's settings cannot be read now")
                    .because(why)
            }
            Error::Unusable(_) => Self::new(Code::SettingsUnusable, error.to_string()),
        }
    }
}

impl From<Wrong> for Problem {
    fn from(Wrong { name, why }: Wrong) -> Self {
        Self::field(&name, why)
    }
}

impl From<settings::Error> for Problem {
    fn from(error: settings::Error) -> Self {
        match error {}
    }
}
