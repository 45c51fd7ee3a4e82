//! What drivers of exchanges share: a connection whose far end proves who it is, answers of a bounded length, and what their
//! failures mean. No address, name or number is written to the log. What an exchange is asked is not known here.

pub(super) mod loose;
pub(super) mod sound;
mod tls;

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use reqwest::header::{self, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url, retry};

use crate::ports::pbx::PbxTrouble;

pub use tls::Tls;

/// A thousand calls are a tenth of it.
const ANSWER_LEN_MAX: usize = 16 << 20;
/// An exchange that is there lets one in at once.
const CONNECT_WAIT: Duration = Duration::from_secs(5);
/// A wish to be left alone for longer is not obeyed to the letter.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(10);

/// How to reach an exchange.
#[derive(Debug, Clone)]
pub struct Options {
    /// A name or an address.
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: Password,
    pub tls: Tls,
    pub times: Times,
    /// A longer recording is not passed on.
    pub recording_len_max: u64,
}

/// How long anything may last.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// To the end of the list of live calls, which is asked for every few seconds.
    pub poll: Duration,
    /// To the end of any other answer.
    pub call: Duration,
    /// Between two pieces of a recording.
    pub piece: Duration,
}

/// Shown as `***`.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why there can be no driver with these options.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    #[error("it is no host")]
    Host,
    #[error("the file holds no certificate in PEM")]
    CaFile,
    #[error("no connection can be prepared: {0}")]
    Client(String),
}

/// The exchange's door.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) client: Client,
    base: Url,
}

/// Where to is nobody's business who reads the log.
impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}

impl Door {
    pub(super) fn try_new(options: &Options) -> Result<Self, Unfit> {
        let host = options.host.trim_matches(['[', ']']);
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let base = Url::parse(&format!("https://{host}:{}/", options.port)).map_err(|_| Unfit::Host)?;
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .retry(retry::never())
            .https_only(true)
            .connect_timeout(CONNECT_WAIT);
        let client = options.tls.prepare(client)?.build();
        let client = client.map_err(|why| Unfit::Client(last_cause(&why)))?;
        Ok(Self { client, base })
    }

    /// An address of this exchange; none where the text leads elsewhere.
    pub(super) fn at(&self, path: &str) -> Option<Url> {
        let url = self.base.join(path).ok()?;
        let bare = url.username().is_empty() && url.password().is_none();
        (url.origin() == self.base.origin() && bare).then_some(url)
    }
}

/// As much of it as an answer may have.
pub(super) async fn whole(mut answer: Response) -> Result<Bytes, PbxTrouble> {
    let mut body = BytesMut::new();
    while let Some(piece) = answer.chunk().await.map_err(|why| trouble(&why))? {
        if body.len() + piece.len() > ANSWER_LEN_MAX {
            return Err(senseless(format!("it is longer than {} MiB", ANSWER_LEN_MAX >> 20)));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// The exchange's clock, where the answer tells.
pub(super) fn told_at(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let date = headers.get(header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(date).ok().map(|date| date.with_timezone(&Utc))
}

/// What an answer means that is none, whoever gave it.
pub(super) fn unfit(answer: &Response) -> PbxTrouble {
    let status = answer.status();
    let after = answer.headers().get(header::RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
    let after = after.map(|secs| Duration::from_secs(secs).min(RETRY_AFTER_MAX));
    if status.is_server_error()
        || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status)
    {
        return PbxTrouble::Away { why: format!("the exchange answers HTTP {}", status.as_u16()), after };
    }
    senseless(format!("HTTP {}", status.as_u16()))
}

pub(super) fn away(why: impl Into<String>) -> PbxTrouble {
    PbxTrouble::Away { why: why.into(), after: None }
}

pub(super) fn senseless(why: impl Into<String>) -> PbxTrouble {
    PbxTrouble::Senseless { why: why.into() }
}

pub(super) fn trouble(why: &reqwest::Error) -> PbxTrouble {
    let refused = causes(why).find_map(|cause| match cause.downcast_ref::<rustls::Error>() {
        Some(rustls::Error::InvalidCertificate(why)) => Some(tls::words(why)),
        Some(_) | None => None,
    });
    match refused {
        Some(why) => PbxTrouble::Certificate { why },
        None if why.is_timeout() => away("the exchange does not answer in time"),
        None if why.is_connect() => away(format!("the exchange cannot be reached: {}", last_cause(why))),
        None => away("the connection to the exchange broke off"),
    }
}

fn causes<'a>(why: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(why), |cause| beneath(*cause))
}

/// What is packed into an error of the system is passed over by its own `source`.
fn beneath<'a>(why: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match why.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(packed) => Some(packed),
        None => why.source(),
    }
}

/// The innermost reason, which names no address.
fn last_cause(why: &(dyn Error + 'static)) -> String {
    causes(why).skip(1).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(host: &str) -> Options {
        let wait = Duration::from_secs(1);
        Options {
            host: host.to_owned(),
            port: 4021,
            user: "monitor".to_owned(),
            password: Password::new("hunter2"),
            tls: Tls::Insecure,
            times: Times { poll: wait, call: wait, piece: wait },
            recording_len_max: 1,
        }
    }

    #[test]
    fn an_address_of_the_exchange_is_one_of_its_own() {
        let door = Door::try_new(&options("192.0.2.1")).unwrap();
        let at = |path: &str| door.at(path).map(|url| url.to_string());
        assert_eq!(at("/admin/x?y").as_deref(), Some("https://192.0.2.1:4021/admin/x?y"));
        for elsewhere in [
            "//192.0.2.2/x",
            "https://192.0.2.1/x",
            "http://192.0.2.1:4021/x",
            "https://me@192.0.2.1:4021/x",
            "file:///etc/passwd",
            "\\\\192.0.2.2\\x",
        ] {
            assert_eq!(at(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_address() {
        for host in ["pbx.example.com", "192.0.2.1", "2001:db8::1", "[2001:db8::1]"] {
            assert!(Door::try_new(&options(host)).is_ok(), "{host}");
        }
        assert!(Door::try_new(&options("no host")).is_err());
        assert!(!format!("{:?}", options("pbx")).contains("hunter2"));
    }
}
