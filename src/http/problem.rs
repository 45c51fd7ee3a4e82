//! What is answered when something is wrong: one table of code, status, slug and title, as `application/problem+json` (RFC 9457).
//! It alone knows status codes. `detail` is for the client, `cause` for the log; neither ever holds a person's data.
//! Each slug has a paragraph with its remedy in `docs/problems.md`; a test compares both.

mod far_ends;
mod refusals;
mod webhooks;

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What a problem's type begins with; the slug follows.
const TYPE_PREFIX: &str = "urn:karnay:problem:";
pub const CONTENT_TYPE: &str = "application/problem+json";

macro_rules! codes {
    ($($name:ident = $status:ident, $slug:literal, $title:literal;)*) => {
        /// Everything that can be wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($name,)*
        }

        impl Code {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            pub fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)*
                }
            }

            pub fn slug(self) -> &'static str {
                match self {
                    $(Self::$name => $slug,)*
                }
            }

            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)*
                }
            }
        }
    };
}

codes! {
    BadRequest         = BAD_REQUEST,            "bad-request",          "The request cannot be understood";
    BadJson            = BAD_REQUEST,            "bad-json",             "The body is no JSON object";
    BadField           = BAD_REQUEST,            "bad-field",            "A field of the body is wrong";
    BadParameter       = BAD_REQUEST,            "bad-parameter",        "A part of the address is wrong";
    BadSheet           = BAD_REQUEST,            "bad-sheet",            "The file is no such list";
    TokenMissing       = UNAUTHORIZED,           "token-missing",        "A token is needed";
    TokenInvalid       = UNAUTHORIZED,           "token-invalid",        "The token is not valid";
    TokenExpired       = UNAUTHORIZED,           "token-expired",        "The token has expired";
    TokenRevoked       = UNAUTHORIZED,           "token-revoked",        "The token was withdrawn";
    SignInRefused      = UNAUTHORIZED,           "sign-in-refused",      "The name or the password is wrong";
    SignatureMissing   = UNAUTHORIZED,           "signature-missing",    "The report has to be signed";
    SignatureInvalid   = UNAUTHORIZED,           "signature-invalid",    "The signature is not valid";
    SignatureStale     = UNAUTHORIZED,           "signature-stale",      "The signature is not of now";
    RoleTooLow         = FORBIDDEN,              "role-too-low",         "The token's role does not allow this";
    ScopeMissing       = FORBIDDEN,              "scope-missing",        "The key is not for this";
    GlobalListClosed   = FORBIDDEN,              "global-list-closed",   "The global list is not yours";
    HouseOnly          = FORBIDDEN,              "house-only",           "This is the engine's own";
    OriginRefused      = FORBIDDEN,              "origin-refused",       "Pages from there may not call the engine";
    NotFound           = NOT_FOUND,              "not-found",            "There is nothing here";
    SessionUnknown     = NOT_FOUND,              "session-unknown",      "There is no such session";
    UserUnknown        = NOT_FOUND,              "user-unknown",         "There is no such user";
    KeyUnknown         = NOT_FOUND,              "key-unknown",          "There is no such key";
    UploadUnknown      = NOT_FOUND,              "upload-unknown",       "There is no such upload";
    QuarantineUnknown  = NOT_FOUND,              "quarantine-unknown",   "There is no such report in quarantine";
    ResultUnknown      = NOT_FOUND,              "result-unknown",       "There is no such result";
    RecordingUnknown   = NOT_FOUND,              "recording-unknown",    "There is no recording of the call";
    CallUnknown        = NOT_FOUND,              "call-unknown",         "There is no such call";
    ImportUnknown      = NOT_FOUND,              "import-unknown",       "There is no such import";
    ContactUnknown     = NOT_FOUND,              "contact-unknown",      "There is no such contact";
    NumberUnlisted     = NOT_FOUND,              "number-not-listed",    "The number is not on the list";
    CampaignUnknown    = NOT_FOUND,              "campaign-unknown",     "There is no such campaign";
    PromiseUnknown     = NOT_FOUND,              "promise-unknown",      "There is no such promise";
    CursorUnknown      = NOT_FOUND,              "cursor-unknown",       "There is no such cursor";
    WebhookUnknown     = NOT_FOUND,              "webhook-endpoint-unknown", "There is no such endpoint";
    DeliveryUnknown    = NOT_FOUND,              "webhook-delivery-unknown", "There is no such delivery";
    ReplayUnknown      = NOT_FOUND,              "replay-unknown",       "There is no such replay";
    ProjectionUnknown  = NOT_FOUND,              "projection-unknown",   "There is no such projection";
    StreamNotParked    = NOT_FOUND,              "stream-not-parked",    "That stream is not parked";
    NotYet             = NOT_FOUND,              "not-yet",              "It did not exist yet";
    MethodNotAllowed   = METHOD_NOT_ALLOWED,     "method-not-allowed",   "The method does not exist here";
    RequestTimeout     = REQUEST_TIMEOUT,        "request-timeout",      "The request took too long to arrive";
    CommandReused      = UNPROCESSABLE_ENTITY,   "command-reused",       "The command id belongs to another command";
    ImportUnderWay     = CONFLICT,               "import-under-way",     "The import is under way";
    DuplicateRow       = CONFLICT,               "duplicate-row",        "A row has a number that is taken";
    PhoneTaken         = CONFLICT,               "phone-taken",          "The number is another contact's";
    ContactForgotten   = CONFLICT,               "contact-forgotten",    "The person was forgotten";
    CallUnderWay       = CONFLICT,               "call-under-way",       "A call to the number is under way";
    NumberListed       = CONFLICT,               "number-listed",        "The number is on the do-not-call list";
    CampaignEmpty      = BAD_REQUEST,            "campaign-empty",       "The campaign has no contacts";
    CampaignRunning    = CONFLICT,               "campaign-running",     "The campaign is running";
    CampaignStill      = CONFLICT,               "campaign-not-running", "The campaign is not running";
    CampaignThrough    = CONFLICT,               "campaign-through",     "Nobody is left to be called";
    CampaignSpent      = CONFLICT,               "campaign-spent",       "The campaign's budget is used up";
    PromiseOver        = CONFLICT,               "promise-over",         "The promise is over";
    RemoteInUse        = CONFLICT,               "remote-in-use",        "The remote host is in use";
    SessionAlreadyOpen = CONFLICT,               "session-already-open", "The session exists already";
    SessionEnded       = CONFLICT,               "session-ended",        "The session has ended";
    NothingToRetry     = CONFLICT,               "nothing-to-retry",     "There is no number to try again";
    TooManyReports     = CONFLICT,               "too-many-reports",     "The call has too many reports";
    QuarantineBound    = CONFLICT,               "quarantine-bound",     "The report was bound to a session";
    QuarantineGone     = CONFLICT,               "quarantine-discarded", "The report was discarded";
    QuarantineUnread   = CONFLICT,               "quarantine-unreadable", "The held report cannot be read";
    VerifyRunning      = CONFLICT,               "verification-running", "The journal is being verified already";
    SigningKeyMissing  = CONFLICT,               "signing-key-missing",  "This node has no key to sign with";
    EvidenceTooLong    = CONFLICT,               "evidence-too-long",    "The evidence would be too long";
    JournalDamaged     = CONFLICT,               "journal-damaged",      "The journal is not what was written";
    RebuildRunning     = CONFLICT,               "rebuild-running",      "The projection is being rebuilt already";
    ForgottenUnapplied = CONFLICT,               "forgotten-unapplied",  "Nobody was forgotten again yet";
    UserExists         = CONFLICT,               "user-exists",          "There is a user of that name";
    ExchangeUnset      = CONFLICT,               "exchange-unset",       "No exchange is watched";
    CursorElsewhere    = CONFLICT,               "cursor-elsewhere",     "The cursor stands elsewhere";
    TooManyCursors     = CONFLICT,               "too-many-cursors",     "There are too many cursors";
    TooManyWebhooks    = CONFLICT,               "too-many-webhook-endpoints", "There are too many endpoints";
    SettingsUnusable   = CONFLICT,               "settings-unusable",    "The organization's own settings cannot be used";
    ReplayOver         = CONFLICT,               "replay-over",          "The replay is over";
    TooManyReplays     = CONFLICT,               "too-many-replays",     "There are too many replays";
    NotSignedIn        = CONFLICT,               "not-signed-in",        "The token is of no sign-in";
    ChangedMeanwhile   = PRECONDITION_FAILED,    "changed-meanwhile",    "It was changed meanwhile";
    TooLarge           = PAYLOAD_TOO_LARGE,      "too-large",            "The request is too large";
    EncodingUnknown    = UNSUPPORTED_MEDIA_TYPE, "encoding-unknown",     "The body's encoding is not understood";
    RangeOutside       = RANGE_NOT_SATISFIABLE,  "range-outside",        "The recording is shorter than that";
    TooManyTries       = TOO_MANY_REQUESTS,      "too-many-tries",       "Too many sign-ins went wrong";
    TooManyRequests    = TOO_MANY_REQUESTS,      "too-many-requests",    "Too many requests in too short a time";
    Internal           = INTERNAL_SERVER_ERROR,  "internal",             "The engine made a mistake";
    RemoteUnreachable  = BAD_GATEWAY,            "remote-unreachable",   "The remote host could not be used";
    Busy               = SERVICE_UNAVAILABLE,    "busy",                 "Try again shortly";
    Contended          = SERVICE_UNAVAILABLE,    "contended",            "Others changed the same thing";
    JournalUnavailable = SERVICE_UNAVAILABLE,    "journal-unavailable",  "Nothing can be recorded now";
    ScreensUnavailable = SERVICE_UNAVAILABLE,    "screens-unavailable",  "Nothing can be shown now";
    ScreensBehind      = SERVICE_UNAVAILABLE,    "screens-behind",       "The screens have not caught up";
    NotReady           = SERVICE_UNAVAILABLE,    "not-ready",            "The engine is not ready";
    NotStopped         = BAD_GATEWAY,            "not-stopped",          "The remote host did not stop the calls";
    RecordingUnfit     = BAD_GATEWAY,            "recording-unfit",      "The recording cannot be passed on";
    ExchangeUnwatched  = SERVICE_UNAVAILABLE,    "exchange-unwatched",   "Nobody watches the exchange here now";
    RecordingAway      = SERVICE_UNAVAILABLE,    "recording-away",       "The recording cannot be reached now";
    DiskLow            = INSUFFICIENT_STORAGE,   "disk-low",             "Too little room is left on the disk";
    StartUnconfirmed   = GATEWAY_TIMEOUT,        "start-unconfirmed",    "The session waits for its start";
}

impl Code {
    /// The nearest code for a status that something else has chosen.
    pub fn nearest(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::TokenMissing,
            StatusCode::FORBIDDEN => Self::OriginRefused,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Self::RequestTimeout,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::EncodingUnknown,
            StatusCode::SERVICE_UNAVAILABLE => Self::Busy,
            client if client.is_client_error() => Self::BadRequest,
            _ => Self::Internal,
        }
    }

    /// Whether somebody was refused what is not theirs. To whoever asks by name, another's does not exist; who they are has to be known, for a
    /// report of a session that nobody knows is no such attempt.
    pub fn is_refusal(self, known: bool) -> bool {
        let unjudged = matches!(self, Self::TokenMissing | Self::SignatureMissing | Self::OriginRefused);
        match self.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => !unjudged,
            StatusCode::NOT_FOUND => known && self.is_of_somebody(),
            _ => false,
        }
    }

    /// Whether what is not there may be another's.
    fn is_of_somebody(self) -> bool {
        matches!(
            self,
            Self::SessionUnknown
                | Self::UserUnknown
                | Self::KeyUnknown
                | Self::UploadUnknown
                | Self::QuarantineUnknown
                | Self::ResultUnknown
                | Self::CallUnknown
                | Self::ImportUnknown
                | Self::ContactUnknown
                | Self::CampaignUnknown
                | Self::PromiseUnknown
                | Self::ReplayUnknown
                | Self::WebhookUnknown
        )
    }

    /// Seconds after which trying again makes sense; every 503 has them.
    fn retry_after(self) -> Option<u16> {
        let slow = matches!(
            self,
            Self::JournalUnavailable
                | Self::ScreensUnavailable
                | Self::NotReady
                | Self::RecordingAway
                | Self::ExchangeUnwatched
        );
        let seconds = if slow { 5 } else { 1 };
        (self.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(seconds)
    }
}

/// One answer of what is wrong.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    members: Map<String, Value>,
    cause: Option<String>,
    /// Seconds after which to try again, where the code alone does not say.
    after: Option<u32>,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), members: Map::new(), cause: None, after: None }
    }

    pub fn field(name: &str, reason: impl fmt::Display) -> Self {
        Self::new(Code::BadField, format!("{name} {reason}")).with("field", name)
    }

    pub fn parameter(name: &str, reason: impl fmt::Display) -> Self {
        Self::new(Code::BadParameter, format!("{name} {reason}")).with("parameter", name)
    }

    /// The same, where it is not said yet.
    #[must_use]
    pub fn or(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.members.entry(name).or_insert_with(|| value.into());
        self
    }

    /// One more member of the body.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Not before so many seconds have passed.
    #[must_use]
    pub fn after(mut self, secs: u32) -> Self {
        self.after = Some(secs);
        self
    }

    /// What the log should say and the client need not know.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    pub fn code(&self) -> Code {
        self.code
    }

    /// Nobody said no: whoever asks again later may well get it.
    pub(super) fn is_passing(&self) -> bool {
        self.code.status() == StatusCode::SERVICE_UNAVAILABLE
    }

    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// As it is told.
    pub fn body(&self) -> Value {
        let mut body = self.members.clone();
        let mut put = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
        put("type", format!("{TYPE_PREFIX}{}", self.code.slug()).into());
        put("title", self.code.title().into());
        put("status", self.code.status().as_u16().into());
        put("detail", self.detail.as_ref().into());
        put("code", self.code.slug().into());
        put("message", self.detail.as_ref().into());
        put("statusCode", self.code.status().as_u16().into());
        Value::Object(body)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.slug(), self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.code.status());
        answer.insert_header((header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE)));
        if let Some(seconds) = self.after.or_else(|| self.code.retry_after().map(u32::from)) {
            answer.insert_header((header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        if self.code.status() == StatusCode::UNAUTHORIZED {
            answer.insert_header((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        }
        answer.body(self.body().to_string())
    }
}

/// Every error of this API. Some add members of their own.
#[derive(Debug, ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "it only describes the body to the API's document")]
pub struct ProblemBody {
    /// `urn:karnay:problem:` and the code.
    #[schema(rename = "type", example = "urn:karnay:problem:bad-field")]
    kind: String,
    title: String,
    status: u16,
    detail: String,
    /// Stable; see docs/problems.md.
    #[schema(example = "bad-field")]
    code: String,
    /// The same as `detail`, for older clients.
    message: String,
    /// The same as `status`, for older clients.
    #[schema(rename = "statusCode")]
    status_code: u16,
    /// Which field of the body is wrong.
    field: Option<String>,
    /// Which part of the address is wrong.
    parameter: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use actix_web::body::MessageBody;

    use super::*;

    #[test]
    fn every_problem_has_a_remedy_and_every_remedy_a_problem() {
        let document = include_str!("../../docs/problems.md");
        let documented: BTreeSet<&str> =
            document.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.slug()).collect();
        assert_eq!(documented, known);
        for section in document.split("\n## ").skip(1) {
            let (slug, text) = section.split_once('\n').unwrap();
            assert!(text.contains("Remedy:"), "{slug} lacks its remedy");
        }
    }

    #[test]
    fn slugs_differ() {
        let slugs: BTreeSet<&str> = Code::ALL.iter().map(|code| code.slug()).collect();
        assert_eq!(slugs.len(), Code::ALL.len());
    }

    #[test]
    fn a_503_always_says_when_to_come_back() {
        for code in Code::ALL {
            let answer = Problem::new(*code, "x").error_response();
            let told = answer.headers().contains_key(header::RETRY_AFTER);
            assert_eq!(told, code.status() == StatusCode::SERVICE_UNAVAILABLE, "{code:?}");
        }
    }

    #[test]
    fn a_problem_carries_the_old_and_the_new_names() {
        let answer = Problem::field("callStatus", "is wrong").with("ok", false).error_response();
        let body = answer.into_body().try_into_bytes().unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let expected = serde_json::json!({
            "type": "urn:karnay:problem:bad-field", "title": "A field of the body is wrong", "status": 400,
            "detail": "callStatus is wrong", "code": "bad-field", "message": "callStatus is wrong",
            "statusCode": 400, "field": "callStatus", "ok": false,
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn a_foreign_status_finds_its_code() {
        assert_eq!(Code::nearest(StatusCode::IM_A_TEAPOT), Code::BadRequest);
        assert_eq!(Code::nearest(StatusCode::BAD_GATEWAY), Code::Internal);
    }
}
