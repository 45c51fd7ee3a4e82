//! The telephone exchange that is watched: where it is, how it is spoken to, and what its words mean.
//! Whether it is there, and what its file of certificates holds, shows when it is called.

use std::path::PathBuf;
use std::time::Duration;

use domain::ids::Organization;
use domain::pbx::reading::{LiveWord, LogWord, Pattern, Table};

use super::values::{self, Read};
use super::{Error, Reading, Secret};

/// An exchange, watched or not.
#[derive(Debug, Clone)]
pub struct Pbx {
    pub host: Option<PbxHost>,
    pub driver: PbxDriver,
    pub port: u16,
    pub user: String,
    pub password: Option<Secret>,
    pub tls: PbxTls,
    /// Whose calls its calls are.
    pub organization: Organization,
    pub poll: Duration,
    pub sync: Duration,
    /// The longest call that is expected: a row comes at its end, and bears its start.
    pub overlap: Duration,
    /// How far back the log is read when it is read for the first time.
    pub first: Duration,
    /// Empty where nobody wrote one down.
    pub inside: Pattern,
    pub live: Table<LiveWord>,
    pub log: Table<LogWord>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PbxHost {
    /// An imitation in this very process.
    Simulated,
    /// A name or an address.
    At(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PbxDriver {
    /// What Kerio Operator's own administration speaks.
    JsonRpc,
    /// The documented addresses, which only a gateway serves.
    Rest,
}

impl PbxDriver {
    const NAMES: [(&str, Self); 2] = [("jsonrpc", Self::JsonRpc), ("rest", Self::Rest)];

    /// As the setting names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::JsonRpc => "jsonrpc",
            Self::Rest => "rest",
        }
    }
}

/// How the exchange proves that it is the right one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PbxTls {
    /// By an authority: this machine's, or those of a file.
    Ca(Option<PathBuf>),
    /// By the SHA-256 of its certificate.
    Pin([u8; 32]),
    Insecure,
}

impl Reading<'_> {
    pub(super) fn pbx(&self) -> Result<Pbx, Error> {
        let pbx = Pbx {
            host: self.value("KERIO_PBX_HOST", host)?,
            driver: self.value("KERIO_DRIVER", |text| values::one_of(text, &PbxDriver::NAMES))?,
            port: self.value("KERIO_PORT", values::far_port)?,
            user: self.value("KERIO_API_USERNAME", |text| Ok(text.to_owned()))?,
            password: self
                .value("KERIO_API_PASSWORD", |text| Ok((!text.is_empty()).then(|| Secret::new(text))))?,
            tls: self.value("KERIO_TLS", tls)?,
            organization: self.value("KERIO_ORGANIZATION", values::organization)?,
            poll: self.value("KERIO_POLL_INTERVAL", |text| several(text, 60, "seconds", 1))?,
            sync: self.value("KERIO_SYNC_INTERVAL", |text| several(text, 1_440, "minutes", MINUTE))?,
            overlap: self.value("KERIO_CDR_OVERLAP", |text| several(text, 10_080, "minutes", MINUTE))?,
            first: self.value("KERIO_FIRST_SYNC_DAYS", |text| several(text, 3_650, "days", DAY))?,
            inside: self.value("KERIO_INTERNAL_PATTERN", |text| {
                Pattern::parse(text).map_err(|why| why.to_string())
            })?,
            live: self
                .value("KERIO_LIVE_STATUS_MAP", |text| Table::parse(text).map_err(|why| why.to_string()))?,
            log: self
                .value("KERIO_CDR_STATUS_MAP", |text| Table::parse(text).map_err(|why| why.to_string()))?,
        };
        self.with_ca_file(pbx).and_then(|pbx| self.complete(pbx))
    }

    fn with_ca_file(&self, mut pbx: Pbx) -> Result<Pbx, Error> {
        let file = self.value("KERIO_CA_FILE", |text| Ok((!text.is_empty()).then(|| PathBuf::from(text))))?;
        pbx.tls = match (pbx.tls, file) {
            (PbxTls::Ca(_), file) => PbxTls::Ca(file),
            (tls, None) => tls,
            (PbxTls::Pin(_) | PbxTls::Insecure, Some(_)) => {
                return Err(self.wrong("KERIO_CA_FILE", "says something only where KERIO_TLS is ca"));
            }
        };
        Ok(pbx)
    }

    fn complete(&self, pbx: Pbx) -> Result<Pbx, Error> {
        let missing = |name| Err(self.wrong(name, "has to be set where KERIO_PBX_HOST is a host"));
        match pbx.host {
            Some(PbxHost::At(_)) if pbx.user.is_empty() => missing("KERIO_API_USERNAME"),
            Some(PbxHost::At(_)) if pbx.password.is_none() => missing("KERIO_API_PASSWORD"),
            Some(PbxHost::At(_) | PbxHost::Simulated) | None => Ok(pbx),
        }
    }
}

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

fn host(text: &str) -> Read<Option<PbxHost>> {
    match text {
        "" => Ok(None),
        "simulated" => Ok(Some(PbxHost::Simulated)),
        host if host.contains(|c: char| c.is_whitespace() || "/@?#".contains(c)) || has_port(host) => Err(
            format!("`{host}` is no host; its name or address alone, KERIO_PORT being a setting of its own"),
        ),
        host => Ok(Some(PbxHost::At(host.trim_matches(['[', ']']).to_owned()))),
    }
}

/// An address of six has more than one colon.
fn has_port(host: &str) -> bool {
    host.matches(':').count() == 1 || host.contains("]:")
}

fn tls(text: &str) -> Read<PbxTls> {
    let pin = |text: &str| {
        let bare = text.replace(':', "");
        hex::decode(bare).ok().and_then(|bytes| bytes.try_into().ok()).map(PbxTls::Pin)
    };
    match (text, text.strip_prefix("pin:")) {
        ("ca", _) => Ok(PbxTls::Ca(None)),
        ("insecure", _) => Ok(PbxTls::Insecure),
        (_, Some(digest)) => pin(digest)
            .ok_or_else(|| format!("`{text}` is no pin: after it come the 64 hex digits of a SHA-256")),
        _ => Err(format!("`{text}` is none of ca, pin:<sha256>, insecure")),
    }
}

/// One or more of a unit of so many seconds.
fn several(text: &str, max: u64, unit: &str, secs: u64) -> Read<Duration> {
    let number = text.parse().ok().filter(|number| (1..=max).contains(number));
    number
        .map(|number| Duration::from_secs(number * secs))
        .ok_or_else(|| format!("`{text}` is no whole number of {unit}, 1 to {max}"))
}
