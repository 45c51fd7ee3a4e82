//! The documented `callStatus` of a contact in a campaign: its names, texts and class, and the total function from outcomes to it.

use serde::{Deserialize, Serialize};

use super::{Outcome, Reach, Upshot};
use crate::language::Language;
use crate::outcome::CallStatus;

/// How a contact stands in a campaign. The names are the wire's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    #[default]
    Pending,
    Calling,
    Success,
    Failed,
    NoAnswer,
    Busy,
    PromiseToPay,
    Refused,
    CallbackRequested,
}

/// What a status is counted as in its campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nothing came of it yet.
    Open,
    Success,
    Failed,
    Callback,
}

/// What the documented statuses have no name for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    NetworkError,
    AgentRefused,
    Rejected,
    Unavailable,
    InvalidNumber,
    Dropped,
    Unconfirmed,
    OptedOut,
}

/// An outcome as clients see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    pub status: Status,
    pub reason: Option<Reason>,
}

impl Status {
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Calling,
        Self::Success,
        Self::Failed,
        Self::NoAnswer,
        Self::Busy,
        Self::PromiseToPay,
        Self::Refused,
        Self::CallbackRequested,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Calling => "CALLING",
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::NoAnswer => "NO_ANSWER",
            Self::Busy => "BUSY",
            Self::PromiseToPay => "PROMISE_TO_PAY",
            Self::Refused => "REFUSED",
            Self::CallbackRequested => "CALLBACK_REQUESTED",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// The documented Uzbek text, or what it means in another language.
    pub fn description(self, language: Language) -> &'static str {
        language.of(match self {
            Self::Pending => ["Kutilmoqda", "Кутилмоқда", "Ожидает", "Waiting"],
            Self::Calling => ["Qo'ng'iroq qilinmoqda", "Қўнғироқ қилинмоқда", "Идёт звонок", "Calling"],
            Self::Success => ["Muvaffaqiyatli", "Муваффақиятли", "Успешно", "Successful"],
            Self::Failed => ["Muvaffaqiyatsiz", "Муваффақиятсиз", "Неуспешно", "Unsuccessful"],
            Self::NoAnswer => ["Javob berilmadi", "Жавоб берилмади", "Нет ответа", "No answer"],
            Self::Busy => ["Band", "Банд", "Занято", "Busy"],
            Self::PromiseToPay => {
                ["To'lash va'da berildi", "Тўлаш ваъда берилди", "Обещана оплата", "Promised to pay"]
            }
            Self::Refused => ["Rad etildi", "Рад этилди", "Отказ", "Refused"],
            Self::CallbackRequested => [
                "Qayta qo'ng'iroq so'raldi",
                "Қайта қўнғироқ сўралди",
                "Просили перезвонить",
                "Callback requested",
            ],
        })
    }

    pub fn class(self) -> Class {
        match self {
            Self::Pending | Self::Calling => Class::Open,
            Self::Success | Self::PromiseToPay => Class::Success,
            Self::Failed | Self::Refused | Self::NoAnswer | Self::Busy => Class::Failed,
            Self::CallbackRequested => Class::Callback,
        }
    }
}

impl Reason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NetworkError => "NETWORK_ERROR",
            Self::AgentRefused => "AGENT_REFUSED",
            Self::Rejected => "REJECTED",
            Self::Unavailable => "UNAVAILABLE",
            Self::InvalidNumber => "INVALID_NUMBER",
            Self::Dropped => "DROPPED",
            Self::Unconfirmed => "UNCONFIRMED",
            Self::OptedOut => "OPTED_OUT",
        }
    }
}

impl Outcome {
    /// Total as well: the same as a call server would report it.
    pub fn call_status(&self) -> CallStatus {
        match &self.reach {
            Reach::Reached(
                Upshot::Success
                | Upshot::Failed
                | Upshot::PromiseToPay(_)
                | Upshot::CallbackRequested { .. }
                | Upshot::Refused
                | Upshot::OptedOut
                | Upshot::Dropped,
            ) => CallStatus::Answered,
            Reach::Busy => CallStatus::Busy,
            Reach::NoAnswer => CallStatus::NoAnswer,
            Reach::Rejected => CallStatus::Rejected,
            Reach::Unavailable => CallStatus::Failed,
            Reach::InvalidNumber => CallStatus::InvalidNumber,
            Reach::NetworkError | Reach::AgentRefused | Reach::Unconfirmed => CallStatus::NetworkError,
        }
    }

    /// Total: whatever came of a call has a documented status, and a reason where that says too little.
    pub fn shown(&self) -> Shown {
        let plain = |status| Shown { status, reason: None };
        let because = |status, reason| Shown { status, reason: Some(reason) };
        match &self.reach {
            Reach::Reached(Upshot::Success) => plain(Status::Success),
            Reach::Reached(Upshot::Failed) => plain(Status::Failed),
            Reach::Reached(Upshot::PromiseToPay(_)) => plain(Status::PromiseToPay),
            Reach::Reached(Upshot::CallbackRequested { .. }) => plain(Status::CallbackRequested),
            Reach::Reached(Upshot::Refused) => plain(Status::Refused),
            Reach::Reached(Upshot::OptedOut) => because(Status::Refused, Reason::OptedOut),
            Reach::Reached(Upshot::Dropped) => because(Status::Failed, Reason::Dropped),
            Reach::Busy => plain(Status::Busy),
            Reach::NoAnswer => plain(Status::NoAnswer),
            Reach::Rejected => because(Status::Failed, Reason::Rejected),
            Reach::Unavailable => because(Status::Failed, Reason::Unavailable),
            Reach::InvalidNumber => because(Status::Failed, Reason::InvalidNumber),
            Reach::NetworkError => because(Status::Failed, Reason::NetworkError),
            Reach::AgentRefused => because(Status::Failed, Reason::AgentRefused),
            Reach::Unconfirmed => because(Status::Failed, Reason::Unconfirmed),
        }
    }
}
