//! What each value may look like. Every function reads one text and says in words what is wrong with it;
//! those that read secrets never repeat them.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono_tz::Tz;
use domain::access::Role;
use domain::ids::Organization;
use domain::phone::Home;
use domain::rules::Pack;
use domain::session::Completion;
use reqwest::Url;
use reqwest::header::HeaderValue;
use sqlx::postgres::PgConnectOptions;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::{
    CallsAuth, HostKey, Key, LogFormat, Origins, RemoteKind, Secret, SigningSecret, UnknownSession,
    WebhookAuth, keys,
};

pub(super) type Read<T> = Result<T, String>;

pub(super) fn host(text: &str) -> Read<IpAddr> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    text.trim_matches(['[', ']']).parse().map_err(|_| {
        format!("`{text}` is no IP address; 127.0.0.1 for this machine only, 0.0.0.0 or :: for all")
    })
}

pub(super) fn port(text: &str) -> Read<u16> {
    text.parse().map_err(|_| format!("`{text}` is no port, 0 to 65535"))
}

/// Where somebody else listens.
pub(super) fn far_port(text: &str) -> Read<u16> {
    text.parse().ok().filter(|port| *port > 0).ok_or_else(|| format!("`{text}` is no port, 1 to 65535"))
}

pub(super) fn database_url(text: &str) -> Read<Option<Secret>> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with("sqlite:") || text.starts_with("file:") {
        return Err("the embedded store needs no URL; leave it empty and set DATA_DIR".to_owned());
    }
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err("does not begin with postgres://".to_owned());
    }
    // The parser's own words could repeat the password.
    let understood = PgConnectOptions::from_str(text).is_ok();
    let shape = "is not of the form postgres://user:password@host:5432/database; \
                 signs such as @ : / in the password are written %40 %3A %2F";
    if understood { Ok(Some(Secret::new(text))) } else { Err(shape.to_owned()) }
}

pub(super) fn data_key(text: &str) -> Read<Option<Key>> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || "is not 32 bytes in base64; `openssl rand -base64 32` makes one".to_owned();
    Key::parse(text).map(Some).ok_or_else(wrong)
}

pub(super) fn signing_keys(text: &str) -> Read<Vec<Key>> {
    if text.is_empty() {
        return Ok(vec![]);
    }
    let wrong = || {
        "is not 32 bytes in base64, or two such keys with a comma between; `openssl rand -base64 32` makes one"
            .to_owned()
    };
    keys::newest_first(text).ok_or_else(wrong)
}

/// A bare word is taken for a level, since the filter itself would take a misspelt one for the name of a module.
pub(super) fn log_filter(text: &str) -> Read<String> {
    for part in text.split(',').map(str::trim).filter(|part| !part.contains(['=', '['])) {
        if part.parse::<LevelFilter>().is_err() || part.is_empty() {
            return Err(format!(
                "`{part}` is no level; error, warn, info, debug, trace, off or module=level"
            ));
        }
    }
    EnvFilter::try_new(text).map_err(|error| format!("`{text}` cannot be read: {error}"))?;
    Ok(text.to_owned())
}

pub(super) fn log_format(text: &str) -> Read<LogFormat> {
    one_of(text, &[("pretty", LogFormat::Pretty), ("json", LogFormat::Json)])
}

/// The collector's base: each signal has a path of its own beneath it.
pub(super) fn collector(text: &str) -> Read<Option<Url>> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || "is no address of the web such as http://127.0.0.1:4318".to_owned();
    let mut url = Url::parse(text).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || url.query().is_some() {
        return Err(wrong());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a name or a password, which would be shown with it".to_owned());
    }
    let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(Some(url))
}

pub(super) fn origins(text: &str) -> Read<Origins> {
    let mut origins = Origins { any: false, loopback: false, listed: BTreeSet::new() };
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match part {
            "*" => origins.any = true,
            "loopback" => origins.loopback = true,
            origin => {
                origins.listed.insert(origin_of(origin)?);
            }
        }
    }
    Ok(origins)
}

fn origin_of(text: &str) -> Read<String> {
    let wrong =
        || format!("`{text}` is no origin; scheme, host and port only, such as https://board.example.com");
    let url = Url::parse(text).map_err(|_| wrong())?;
    let bare = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty();
    if bare { Ok(url.origin().ascii_serialization()) } else { Err(wrong()) }
}

pub(super) fn organization(text: &str) -> Read<Organization> {
    Organization::parse(text).map_err(|error| error.to_string())
}

pub(super) fn region(text: &str) -> Read<Home> {
    let wrong = || format!("`{text}` is no country, two letters such as UZ");
    Home::parse(&text.to_ascii_uppercase()).filter(|_| text.len() == 2).ok_or_else(wrong)
}

pub(super) fn timezone(text: &str) -> Read<Tz> {
    text.parse().map_err(|_| format!("`{text}` is no time zone, such as Asia/Tashkent"))
}

pub(super) fn read_wait(text: &str) -> Read<Duration> {
    whole(text, 60_000, "milliseconds").map(Duration::from_millis)
}

pub(super) fn start_wait(text: &str) -> Read<Duration> {
    whole(text, 3_600, "seconds").map(Duration::from_secs)
}

/// Shorter ones are found by trying.
pub(super) const JWT_SECRET_LEN_MIN: usize = 16;

pub(super) fn jwt_secret(text: &str) -> Read<Option<Secret>> {
    if text.is_empty() {
        return Ok(None);
    }
    let long_enough = text.len() >= JWT_SECRET_LEN_MIN;
    let short = || format!("is shorter than {JWT_SECRET_LEN_MIN} characters, so it can be guessed");
    if long_enough { Ok(Some(Secret::new(text))) } else { Err(short()) }
}

pub(super) fn role(text: &str) -> Read<Role> {
    one_of(text, &Role::ALL.map(|role| (role.as_str(), role)))
}

pub(super) fn calls_auth(text: &str) -> Read<CallsAuth> {
    one_of(text, &[("auto", CallsAuth::Auto), ("open", CallsAuth::Open), ("token", CallsAuth::Token)])
}

pub(super) fn webhook_auth(text: &str) -> Read<WebhookAuth> {
    let known = [
        ("auto", WebhookAuth::Auto),
        ("token", WebhookAuth::Token),
        ("hmac", WebhookAuth::Hmac),
        ("open", WebhookAuth::Open),
    ];
    one_of(text, &known)
}

/// One that holds, and one that is being replaced.
const WEBHOOK_SECRETS_MAX: usize = 2;

pub(super) fn webhook_secrets(text: &str) -> Read<Vec<SigningSecret>> {
    let parts: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.len() > WEBHOOK_SECRETS_MAX {
        return Err(format!("holds {} secrets; {WEBHOOK_SECRETS_MAX} at most can be live", parts.len()));
    }
    let wrong = || {
        let min = SigningSecret::LEN_MIN;
        format!("a secret is whsec_ and {min} bytes or more in base64, or a text of {min} characters or more")
    };
    parts.into_iter().map(|part| SigningSecret::parse(part).ok_or_else(wrong)).collect()
}

pub(super) fn remote_host(text: &str) -> Read<Option<RemoteKind>> {
    match text {
        "" => Ok(None),
        "simulated" => Ok(Some(RemoteKind::Simulated)),
        "local" => Ok(Some(RemoteKind::Local)),
        host if host.contains(|c: char| c.is_whitespace() || "/@".contains(c)) => Err(format!(
            "`{host}` is no host; its name or address alone, REMOTE_USER and REMOTE_PORT being settings of their own"
        )),
        host => Ok(Some(RemoteKind::Ssh(host.trim_matches(['[', ']']).to_owned()))),
    }
}

/// Only that it is base64 is looked at here; whether it is a key shows when it is used.
pub(super) fn private_key(text: &str) -> Read<Option<Secret>> {
    if text.is_empty() {
        return Ok(None);
    }
    let whole = STANDARD.decode(text).is_ok();
    let wrong = || "is no base64; `base64 -w0 < key` makes it".to_owned();
    whole.then(|| Some(Secret::new(text))).ok_or_else(wrong)
}

pub(super) fn host_key(text: &str) -> Read<HostKey> {
    let digest = text.strip_prefix("SHA256:");
    match (text, digest) {
        ("", _) => Ok(HostKey::Listed),
        ("first-use", _) => Ok(HostKey::FirstUse),
        (_, Some(digest)) if digest.trim_end_matches('=').len() == FINGERPRINT_LEN => {
            Ok(HostKey::Fingerprint(format!("SHA256:{}", digest.trim_end_matches('='))))
        }
        _ => Err(format!(
            "`{text}` is no fingerprint such as ssh-keygen -l shows: SHA256:…, and not first-use"
        )),
    }
}

/// 32 bytes in base64 without its padding.
const FINGERPRINT_LEN: usize = 43;

pub(super) fn remote_path(text: &str) -> Read<String> {
    let whole = text.starts_with('/') && !text.ends_with('/') && !text.contains('\0');
    let wrong = || format!("`{text}` is no path from the root, such as /usr/src/call/numbers.txt");
    whole.then(|| text.to_owned()).ok_or_else(wrong)
}

pub(super) fn recording_hosts(text: &str) -> Read<Vec<String>> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(recording_host).collect()
}

pub(super) fn recording_host(text: &str) -> Read<String> {
    let bare = text.trim_matches(['[', ']']);
    let name = !bare.is_empty() && bare.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    let fits = name || bare.parse::<IpAddr>().is_ok();
    let wrong = || format!("`{text}` is no host; its name or address alone, without scheme, port or path");
    fits.then(|| bare.to_ascii_lowercase()).ok_or_else(wrong)
}

/// A password in it would be shown with it.
pub(super) fn agent_url(text: &str) -> Read<Option<Url>> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || "is no address of the web such as https://agent.example.com/call".to_owned();
    let url = Url::parse(text).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a name or a password; AGENT_TOKEN is the place for a secret".to_owned());
    }
    Ok(Some(url))
}

pub(super) fn agent_token(text: &str) -> Read<Option<Secret>> {
    if text.is_empty() {
        return Ok(None);
    }
    let sendable = HeaderValue::try_from(text).is_ok();
    sendable.then(|| Some(Secret::new(text))).ok_or_else(|| "holds what no header can carry".to_owned())
}

pub(super) fn agent_timeout(text: &str) -> Read<Duration> {
    let secs = whole(text, 7_200, "seconds")?;
    if secs == 0 {
        return Err("0 would leave every call unconfirmed; 1 to 7200".to_owned());
    }
    Ok(Duration::from_secs(secs))
}

pub(super) fn rules_pack(text: &str) -> Read<Option<Pack>> {
    if text.is_empty() {
        return Ok(None);
    }
    let known = || format!("`{text}` is none of {}", Pack::NAMES.join(", "));
    Pack::named(text).map(Some).ok_or_else(known)
}

pub(super) fn completion(text: &str) -> Read<Completion> {
    one_of(text, &[("results", Completion::Results), ("command", Completion::Command)])
}

pub(super) fn idle(text: &str) -> Read<Duration> {
    let minutes = whole(text, 10_080, "minutes")?;
    if minutes == 0 {
        Err("0 would close every session at once; 1 to 10080".to_owned())
    } else {
        Ok(Duration::from_mins(minutes))
    }
}

pub(super) fn recordings_days(text: &str) -> Read<Option<Duration>> {
    let days = if text.is_empty() { 0 } else { whole(text, 3_650, "days")? };
    Ok((days > 0).then(|| Duration::from_hours(24 * days)))
}

/// As bytes.
pub(super) fn megabytes(text: &str) -> Read<u64> {
    whole(text, 1_000_000, "megabytes").map(|megabytes| megabytes * 1_000_000)
}

pub(super) fn yes_or_no(text: &str) -> Read<bool> {
    one_of(text, &[("true", true), ("false", false)])
}

pub(super) fn unknown_session(text: &str) -> Read<UnknownSession> {
    let known = [
        ("404", UnknownSession::NotFound),
        ("202", UnknownSession::Accepted),
        ("create", UnknownSession::Create),
    ];
    one_of(text, &known)
}

pub(super) fn whole(text: &str, max: u64, unit: &str) -> Read<u64> {
    let number = text.parse().ok().filter(|number| *number <= max);
    number.ok_or_else(|| format!("`{text}` is no whole number of {unit}, 0 to {max}"))
}

pub(super) fn one_of<T: Copy + Debug>(text: &str, known: &[(&str, T)]) -> Read<T> {
    let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        format!("`{text}` is none of {}", names.join(", "))
    })
}
