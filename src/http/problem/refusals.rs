//! How each boundary's errors become problems: one exhaustive `From` a boundary, so that a new error must be looked at here.

use std::convert::Infallible;

use domain::ids::BadName;
use domain::{
    api_key, call, campaign, contact, cursor, disclosure, import, number_list, pbx_call, person, promise,
    quarantine, remote, session, user,
};

use super::{Code, Problem};
use crate::dispatch::dialling::Refused;
use crate::dispatch::proof::{Unproven, Unsigned};
use crate::dispatch::{Failure, contacts, lists, reports};
use crate::http::auth::Refusal;
use crate::http::body;
use crate::http::limits::TooOften;
use crate::http::table::WorkbookError;
use crate::http::vitals;

impl<E: std::error::Error + Into<Self>> From<Failure<E>> for Problem {
    fn from(failure: Failure<E>) -> Self {
        match failure {
            Failure::Refused(why) => why.into(),
            Failure::Busy => Self::new(Code::Busy, "too much is under way; nothing was recorded"),
            Failure::Conflict => Self::new(Code::Contended, "others changed the same thing again and again"),
            Failure::CommandReused => {
                Self::new(Code::CommandReused, "the command id was used for another command")
            }
            Failure::TooLarge { size } => {
                Self::new(Code::TooLarge, format!("an event of {size} bytes is too large to record"))
            }
            Failure::Unavailable(why) => {
                Self::new(Code::JournalUnavailable, "the journal cannot be written now; send it again")
                    .because(why)
            }
        }
    }
}

impl From<Infallible> for Problem {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Busy => Self::new(Code::Busy, "too much is under way; nothing was recorded"),
            Refused::Conflict => Self::new(Code::Contended, "others changed the same thing again and again"),
            Refused::CommandReused => {
                Self::new(Code::CommandReused, "the command id was used for another command")
            }
            Refused::TooLarge { size } => {
                Self::new(Code::TooLarge, format!("an event of {size} bytes is too large to record"))
            }
            Refused::Unavailable(why) => {
                Self::new(Code::JournalUnavailable, "the journal cannot be reached now; ask again")
                    .because(why)
            }
        }
    }
}

impl From<Unsigned> for Problem {
    fn from(why: Unsigned) -> Self {
        match why {
            Unsigned::Journal(why) => {
                Self::new(Code::JournalUnavailable, "the journal cannot be signed now; ask again")
                    .because(why)
            }
            Unsigned::Contended => Self::new(Code::Contended, "others sign the journal at the same moment"),
            why @ (Unsigned::Keys(_) | Unsigned::Stranger) => Self::new(
                Code::SigningKeyMissing,
                "this node has not the key that the journal is signed with",
            )
            .because(why),
        }
    }
}

impl From<Unproven> for Problem {
    fn from(why: Unproven) -> Self {
        match why {
            Unproven::Unsigned(why) => why.into(),
            Unproven::Journal(why) => {
                Self::new(Code::JournalUnavailable, "the journal cannot be read now; ask again").because(why)
            }
            Unproven::Damaged(why) => {
                let told = "what is recorded of this call is not what was written; karnay verify tells where";
                Self::new(Code::JournalDamaged, told).because(why)
            }
            why @ Unproven::TooLong => Self::new(Code::EvidenceTooLong, why.to_string()),
        }
    }
}

impl From<call::Error> for Problem {
    fn from(error: call::Error) -> Self {
        match error {
            call::Error::TooManyReports { .. } => Self::new(Code::TooManyReports, error.to_string()),
        }
    }
}

impl From<session::Error> for Problem {
    fn from(error: session::Error) -> Self {
        let code = match error {
            session::Error::Unknown => Code::SessionUnknown,
            session::Error::AlreadyOpen => Code::SessionAlreadyOpen,
            session::Error::Ended => Code::SessionEnded,
        };
        Self::new(code, error.to_string())
    }
}

impl From<number_list::Error> for Problem {
    fn from(error: number_list::Error) -> Self {
        let code = match error {
            number_list::Error::Unknown => Code::UploadUnknown,
            number_list::Error::AlreadyThere => Code::CommandReused,
            number_list::Error::Empty => Code::BadSheet,
        };
        Self::new(code, error.to_string())
    }
}

impl From<import::Error> for Problem {
    fn from(error: import::Error) -> Self {
        let code = match error {
            import::Error::Unknown => Code::ImportUnknown,
            import::Error::AlreadyThere => Code::CommandReused,
        };
        Self::new(code, error.to_string())
    }
}

impl From<campaign::Error> for Problem {
    fn from(error: campaign::Error) -> Self {
        let code = match error {
            campaign::Error::Unknown => Code::CampaignUnknown,
            campaign::Error::AlreadyThere => Code::CommandReused,
            campaign::Error::Empty => Code::CampaignEmpty,
            campaign::Error::NothingLeft => Code::CampaignThrough,
            campaign::Error::NotRunning => Code::CampaignStill,
            campaign::Error::Running => Code::CampaignRunning,
        };
        Self::new(code, error.to_string())
    }
}

impl From<pbx_call::Error> for Problem {
    fn from(error: pbx_call::Error) -> Self {
        match error {
            pbx_call::Error::Unknown => Self::new(Code::CallUnknown, error.to_string()),
            pbx_call::Error::NoRecording => Self::new(Code::RecordingUnknown, error.to_string()),
            // Nobody tells calls of rows here.
            pbx_call::Error::Taken => Self::new(Code::Internal, "see the log").because(error),
        }
    }
}

impl From<contacts::Refusal> for Problem {
    fn from(refusal: contacts::Refusal) -> Self {
        match &refusal {
            contacts::Refusal::Contact(contact::Error::Unknown) => {
                Self::new(Code::ContactUnknown, refusal.to_string())
            }
            contacts::Refusal::Contact(contact::Error::AlreadyThere) => {
                Self::new(Code::CommandReused, refusal.to_string())
            }
            contacts::Refusal::Contact(contact::Error::Forgotten) => {
                Self::new(Code::ContactForgotten, refusal.to_string())
            }
            // Nobody else asks here whether it rings.
            contacts::Refusal::Number(person::Error::Ringing { call }) => {
                let told =
                    "a call to one of the contact's numbers is under way; forget the person when it is over";
                Self::new(Code::CallUnderWay, told).with("callId", call.to_string())
            }
            contacts::Refusal::Number(person::Error::Taken { contact }) => {
                Self::new(Code::PhoneTaken, refusal.to_string()).with("contactId", contact.to_string())
            }
            contacts::Refusal::Listed { number } => {
                let told = "an admin takes it off with DELETE /auto-calling/do-not-call/{id}";
                let id = number.to_string();
                Self::new(Code::NumberListed, format!("{refusal}; {told}")).with("id", id)
            }
            contacts::Refusal::ListedForEveryone => Self::new(Code::NumberListed, refusal.to_string()),
            contacts::Refusal::NotListed => Self::new(Code::NumberUnlisted, refusal.to_string()),
            // Nobody asks to ring here.
            contacts::Refusal::Number(person::Error::OptedOut | person::Error::Retired) => {
                Self::new(Code::Internal, "see the log").because(refusal)
            }
        }
    }
}

impl From<promise::Error> for Problem {
    fn from(error: promise::Error) -> Self {
        let code = match error {
            promise::Error::Unknown => Code::PromiseUnknown,
            promise::Error::Over => Code::PromiseOver,
        };
        Self::new(code, error.to_string())
    }
}

impl From<remote::Error> for Problem {
    fn from(error: remote::Error) -> Self {
        match error {
            remote::Error::Held { .. } => Self::new(Code::RemoteInUse, error.to_string()),
        }
    }
}

impl From<lists::Error> for Problem {
    fn from(error: lists::Error) -> Self {
        match error {
            lists::Error::Unavailable(why) => {
                Self::new(Code::JournalUnavailable, "the list cannot be reached now").because(why)
            }
            lists::Error::Damaged | lists::Error::Forgotten => {
                Self::new(Code::Internal, "the list cannot be read").because(error)
            }
        }
    }
}

impl From<reports::Error> for Problem {
    fn from(error: reports::Error) -> Self {
        match error {
            reports::Error::Unavailable(why) => {
                Self::new(Code::JournalUnavailable, "the journal cannot be read now").because(why)
            }
            reports::Error::Unreadable { position, .. } => {
                let detail = format!("the report at position {position} cannot be read; the log says why");
                Self::new(Code::Internal, detail).because(error)
            }
        }
    }
}

impl From<quarantine::Error> for Problem {
    fn from(error: quarantine::Error) -> Self {
        let code = match error {
            quarantine::Error::Unknown => Code::QuarantineUnknown,
            quarantine::Error::Bound { .. } => Code::QuarantineBound,
            quarantine::Error::Discarded => Code::QuarantineGone,
        };
        Self::new(code, error.to_string())
    }
}

impl From<user::Error> for Problem {
    fn from(error: user::Error) -> Self {
        let code = match error {
            user::Error::Unknown => Code::UserUnknown,
            user::Error::AlreadyThere => Code::UserExists,
            user::Error::Disabled | user::Error::PasswordChanged => Code::SignInRefused,
        };
        Self::new(code, error.to_string())
    }
}

impl From<api_key::Error> for Problem {
    fn from(error: api_key::Error) -> Self {
        let code = match error {
            api_key::Error::Unknown => Code::KeyUnknown,
            api_key::Error::AlreadyThere => Code::CommandReused,
        };
        Self::new(code, error.to_string())
    }
}

impl From<disclosure::Error> for Problem {
    fn from(error: disclosure::Error) -> Self {
        match error {}
    }
}

impl From<BadName> for Problem {
    fn from(error: BadName) -> Self {
        Self::new(Code::BadParameter, error.to_string())
    }
}

impl From<projections::Error> for Problem {
    fn from(error: projections::Error) -> Self {
        use projections::Error;
        match error {
            Error::Unknown(name) => {
                Self::new(Code::ProjectionUnknown, format!("there is no projection {name}"))
            }
            Error::Open(_)
            | Error::Closed
            | Error::Superseded { .. }
            | Error::Misfed { .. }
            | Error::AlreadyThere
            | Error::Unreadable { .. }
            | Error::Sqlite(_)
            | Error::Postgres(_) => {
                Self::new(Code::ScreensUnavailable, "the screens cannot be read now").because(error)
            }
        }
    }
}

impl From<TooOften> for Problem {
    fn from(refusal: TooOften) -> Self {
        let TooOften { limit, wait_secs } = refusal;
        Self::new(Code::TooManyRequests, refusal.to_string()).with("limit", limit).after(wait_secs)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::Missing => Code::TokenMissing,
            Refusal::Expired => Code::TokenExpired,
            Refusal::Invalid(_) => Code::TokenInvalid,
            Refusal::Revoked => Code::TokenRevoked,
            Refusal::RoleTooLow { .. } => Code::RoleTooLow,
            Refusal::ScopeMissing { .. } => Code::ScopeMissing,
            Refusal::Busy => Code::Busy,
            Refusal::Unavailable(why) => {
                let told = "whether the token still holds cannot be looked up now; send it again";
                return Self::new(Code::JournalUnavailable, told).because(why);
            }
            Refusal::NoSignature => Code::SignatureMissing,
            Refusal::BadSignature(_) => Code::SignatureInvalid,
            Refusal::StaleSignature => Code::SignatureStale,
            Refusal::TooOften(why) => return why.into(),
        };
        Self::new(code, refusal.to_string())
    }
}

impl From<cursor::Error> for Problem {
    fn from(error: cursor::Error) -> Self {
        match error {
            cursor::Error::Unknown => Self::new(Code::CursorUnknown, error.to_string()),
            cursor::Error::Elsewhere { at } | cursor::Error::Back { at } => {
                Self::new(Code::CursorElsewhere, error.to_string()).with("position", at)
            }
            cursor::Error::Outside { .. } => Self::field("position", error),
            cursor::Error::TooMany => Self::new(Code::TooManyCursors, error.to_string()),
        }
    }
}

impl From<body::Error> for Problem {
    fn from(error: body::Error) -> Self {
        let code = match error {
            body::Error::TooLarge { .. } => Code::TooLarge,
            body::Error::TooSlow => Code::RequestTimeout,
            body::Error::Encoded => Code::EncodingUnknown,
            body::Error::Broken => Code::BadRequest,
        };
        Self::new(code, error.to_string())
    }
}

impl From<WorkbookError> for Problem {
    fn from(error: WorkbookError) -> Self {
        match error {
            WorkbookError::Busy => Self::new(Code::Busy, error.to_string()),
            WorkbookError::Screens(why) => why.into(),
            WorkbookError::Workbook(_) | WorkbookError::File(_) | WorkbookError::Abandoned => {
                Self::new(Code::Internal, "the workbook could not be made; the log says why").because(error)
            }
        }
    }
}

impl From<vitals::Error> for Problem {
    fn from(error: vitals::Error) -> Self {
        let code = match error {
            vitals::Error::UnknownProjection(_) => Code::ProjectionUnknown,
            vitals::Error::NotParked => Code::StreamNotParked,
            vitals::Error::RebuildRunning => Code::RebuildRunning,
            vitals::Error::ForgottenUnapplied => Code::ForgottenUnapplied,
            vitals::Error::Journal(why) => {
                return Self::new(Code::JournalUnavailable, "the journal cannot be changed now").because(why);
            }
            vitals::Error::Unavailable(why) => {
                return Self::new(Code::ScreensUnavailable, "the screens cannot be changed now").because(why);
            }
        };
        Self::new(code, error.to_string())
    }
}
