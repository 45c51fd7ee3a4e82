//! Configuration: one tree, read once at start. Flags come before the environment, before `.env`, before the defaults.
//! A wrong value or a misspelt name stops the start with the name and the reason. Nobody else reads the environment,
//! and nothing here is changed while the engine runs.

mod access;
mod documents;
mod env_file;
pub mod keys;
mod limits;
mod origins;
pub mod own;
mod pbx;
mod secret;
mod settings;
pub mod signature;
mod sources;
#[cfg(test)]
mod tests;
pub mod token;
mod values;
mod webhooks;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use domain::ids::Organization;
use domain::phone::Home;
use domain::rules::Pack;
use domain::session::Completion;
use reqwest::Url;

pub use access::{Access, CallsAuth, KeyKind, PublicKey, WebhookAuth};
pub use documents::{example, table};
pub use limits::{Limits, Networks, Rate};
pub use origins::{Origins, is_here};
pub use pbx::{Pbx, PbxDriver, PbxHost, PbxTls};
pub use secret::{Key, Secret, SigningSecret};
pub use settings::{Setting, settings};
pub use sources::{Origin, Said, Sources};
pub use webhooks::{Private, Webhooks};

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Config {
    pub http: Http,
    pub store: Store,
    pub log: Log,
    pub traces: Traces,
    pub house: House,
    pub access: Access,
    pub limits: Limits,
    pub remote: Remote,
    pub sessions: Sessions,
    pub agent: Agent,
    pub pbx: Pbx,
    pub webhooks: Webhooks,
    /// What organizations may set for themselves though it is not public.
    pub private: Private,
    /// Each setting as it was said, in the order in which they are best read.
    pub said: Vec<Said>,
    /// Lines for the log at start: names without effect, and doors that were opened on purpose.
    pub remarks: Vec<String>,
}

/// The door.
#[derive(Debug, Clone)]
pub struct Http {
    pub host: IpAddr,
    pub port: u16,
    pub cors: Origins,
    /// How long a read waits for what was written just before it.
    pub read_wait: Duration,
}

impl Http {
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }

    /// Where a program on this machine reaches the engine.
    pub fn local_url(&self) -> String {
        format!("http://{}", SocketAddr::new(self.local_host(), self.port))
    }

    /// The same as an address, which is also where such a program's requests come from.
    pub fn local_host(&self) -> IpAddr {
        match self.host {
            IpAddr::V4(host) if host.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(host) if host.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            host @ (IpAddr::V4(_) | IpAddr::V6(_)) => host,
        }
    }
}

/// Where things are kept.
#[derive(Debug, Clone)]
pub struct Store {
    pub data_dir: PathBuf,
    /// Unset: the embedded store in the data folder.
    pub database_url: Option<Secret>,
    /// Unset: `keys::data_key` reads or makes the one in the data folder.
    pub data_key: Option<Key>,
    /// The newest first. Empty: `keys::signing_keys` reads or makes the one in the data folder.
    pub signing_keys: Vec<Key>,
    /// For how long recordings are kept here; none: until they are forgotten.
    pub recordings_for: Option<Duration>,
    /// So many bytes have to be left where the data folder lies.
    pub disk_enough: u64,
}

#[derive(Debug, Clone)]
pub struct Log {
    pub filter: String,
    pub format: LogFormat,
}

/// Where spans go.
#[derive(Debug, Clone)]
pub struct Traces {
    /// None: nothing is traced.
    pub collector: Option<Url>,
    /// What this engine is called there.
    pub service: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Pretty,
    Json,
}

/// What holds where nobody said otherwise.
#[derive(Debug, Clone)]
pub struct House {
    pub organization: Organization,
    pub region: Home,
    pub timezone: Tz,
    pub unknown_session: UnknownSession,
}

/// The answer to a result of a session that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownSession {
    NotFound,
    Accepted,
    /// A session without a list is opened for it.
    Create,
}

/// The host whose call server dials.
#[derive(Debug, Clone)]
pub struct Remote {
    pub host: Option<RemoteKind>,
    pub port: u16,
    pub user: String,
    /// A private key file in base64, as it was given.
    pub private_key: Option<Secret>,
    pub known_hosts: Option<PathBuf>,
    pub host_key: HostKey,
    /// The file that a list replaces.
    pub path: String,
    pub command: String,
    pub stop_command: Option<String>,
    pub recordings: String,
    /// Names and addresses that recordings may come from though they are not public.
    pub recording_hosts: Vec<String>,
    pub start_wait: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteKind {
    Simulated,
    Local,
    /// A host's name or address.
    Ssh(String),
}

/// How a host proves that it is the right one, beside a file of known hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostKey {
    /// Only by that file.
    Listed,
    /// `SHA256:…`
    Fingerprint(String),
    /// The key met first is taken for right.
    FirstUse,
}

/// The voice agent that campaigns are dialled by.
#[derive(Debug, Clone)]
pub struct Agent {
    /// None: a simulated one.
    pub url: Option<Url>,
    pub token: Option<Secret>,
    pub status_url: Option<Url>,
    pub timeout: Duration,
    /// None: what suits the agent.
    pub rules: Option<Pack>,
}

/// When a session is over.
#[derive(Debug, Clone)]
pub struct Sessions {
    pub completion: Completion,
    pub idle: Duration,
    pub parallel: bool,
}

/// Why the engine does not start with this configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{name}: {reason} ({origin})")]
    Wrong { name: &'static str, reason: String, origin: Origin },
    #[error("{name}: there is no such setting; is {likely} meant? (.env, line {line})")]
    Misspelt { name: String, line: usize, likely: &'static str },
    #[error(".env, line {line}: {reason}")]
    EnvLine { line: usize, reason: &'static str },
    #[error(".env: cannot be read: {0}")]
    EnvFile(#[source] io::Error),
    #[error("{name}: {} {reason}", path.display())]
    Key { name: &'static str, path: PathBuf, reason: String },
}

impl Config {
    /// Understands what was said, or names the first thing that cannot be.
    pub fn read(sources: &Sources) -> Result<Self, Error> {
        let reading = Reading(sources);
        let mut config = Self {
            http: reading.http()?,
            store: reading.store()?,
            log: reading.log()?,
            traces: reading.traces()?,
            house: reading.house()?,
            access: reading.access()?,
            limits: reading.limits()?,
            remote: reading.remote()?,
            sessions: reading.sessions()?,
            agent: reading.agent()?,
            pbx: reading.pbx()?,
            webhooks: reading.webhooks()?,
            private: reading.value("ORGANIZATION_PRIVATE_HOSTS", Private::parse)?,
            said: sources.said()?,
            remarks: sources.remarks(),
        };
        if config.access.webhook == WebhookAuth::Hmac && config.access.webhook_secrets.is_empty() {
            return Err(reading.wrong("WEBHOOK_AUTH", "hmac checks signatures: set WEBHOOK_SECRETS"));
        }
        config.remarks.extend(config.open_doors());
        Ok(config)
    }

    fn open_doors(&self) -> Vec<String> {
        let (address, near) = (self.http.address(), self.http.host.is_loopback());
        let doors = [
            (
                !near && self.access.calls == CallsAuth::Open,
                "CALLS_AUTH=open: anyone who reaches it may use /calls",
            ),
            (
                !near && self.access.webhook == WebhookAuth::Open,
                "WEBHOOK_AUTH=open: anyone who reaches it may report results",
            ),
            (self.http.cors.any, "CORS_ORIGINS=*: any web page may call the engine"),
        ];
        let opened = doors.iter().filter(|(open, _)| *open);
        let mut remarks: Vec<String> =
            opened.map(|(_, what)| format!("{what} (listening on {address})")).collect();
        if self.agent.url.as_ref().is_some_and(|url| url.scheme() == "http" && !is_here(url)) {
            remarks.push(
                "AGENT_URL: names, telephone numbers and AGENT_TOKEN travel unencrypted over http".to_owned(),
            );
        }
        if self.access.jwt_secret.as_ref().is_some_and(|secret| secret.expose().len() < Key::LEN) {
            remarks.push(
                "JWT_SECRET is shorter than 32 characters, which is less than HS256 asks for".to_owned(),
            );
        }
        let (data, jwt) = (self.store.data_key.is_none(), self.access.jwt_secret.is_none());
        let kept = [(data, "DATA_KEY"), (jwt, "JWT_SECRET")];
        let alone = kept.iter().filter(|(alone, _)| *alone && self.store.database_url.is_some());
        let same = "is kept in DATA_DIR; every node on this database needs the same one";
        remarks.extend(alone.map(|(_, key)| format!("{key} {same}")));
        remarks
    }
}

/// Reads one value after the other.
struct Reading<'a>(&'a Sources);

impl Reading<'_> {
    fn value<T>(&self, name: &'static str, read: fn(&str) -> Result<T, String>) -> Result<T, Error> {
        let default =
            settings().iter().find(|setting| setting.name == name).map_or("", |setting| setting.default);
        let (text, origin) = self.0.value(name, default)?;
        read(&text).map_err(|reason| Error::Wrong { name, reason, origin })
    }

    /// What is right by itself and wrong beside the others.
    fn wrong(&self, name: &'static str, reason: &str) -> Error {
        let origin = self.0.value(name, "").map_or(Origin::Default, |(_, origin)| origin);
        Error::Wrong { name, reason: reason.to_owned(), origin }
    }

    fn http(&self) -> Result<Http, Error> {
        Ok(Http {
            host: self.value("HOST", values::host)?,
            port: self.value("PORT", values::port)?,
            cors: self.value("CORS_ORIGINS", values::origins)?,
            read_wait: self.value("READ_WAIT_MS", values::read_wait)?,
        })
    }

    fn store(&self) -> Result<Store, Error> {
        Ok(Store {
            data_dir: self.value("DATA_DIR", |text| Ok(PathBuf::from(text)))?,
            database_url: self.value("DATABASE_URL", values::database_url)?,
            data_key: self.value("DATA_KEY", values::data_key)?,
            signing_keys: self.value("SIGNING_KEY", values::signing_keys)?,
            recordings_for: self.value("RECORDINGS_DAYS", values::recordings_days)?,
            disk_enough: self.value("DISK_FREE_MIN_MB", values::megabytes)?,
        })
    }

    fn log(&self) -> Result<Log, Error> {
        Ok(Log {
            filter: self.value("LOG", values::log_filter)?,
            format: self.value("LOG_FORMAT", values::log_format)?,
        })
    }

    fn traces(&self) -> Result<Traces, Error> {
        Ok(Traces {
            collector: self.value("OTEL_EXPORTER_OTLP_ENDPOINT", values::collector)?,
            service: self.value("OTEL_SERVICE_NAME", |text| Ok(text.to_owned()))?,
        })
    }

    fn house(&self) -> Result<House, Error> {
        Ok(House {
            organization: self.value("DEFAULT_ORGANIZATION", values::organization)?,
            region: self.value("DEFAULT_REGION", values::region)?,
            timezone: self.value("DEFAULT_TIMEZONE", values::timezone)?,
            unknown_session: self.value("UNKNOWN_SESSION", values::unknown_session)?,
        })
    }

    fn access(&self) -> Result<Access, Error> {
        let public_key = |text: &str| match text {
            "" => Ok(None),
            pem => PublicKey::parse(pem).map(Some),
        };
        Ok(Access {
            jwt_secret: self.value("JWT_SECRET", values::jwt_secret)?,
            jwt_public_key: self.value("JWT_PUBLIC_KEY", public_key)?,
            jwt_default_role: self.value("JWT_DEFAULT_ROLE", values::role)?,
            calls: self.value("CALLS_AUTH", values::calls_auth)?,
            webhook: self.value("WEBHOOK_AUTH", values::webhook_auth)?,
            webhook_secrets: self.value("WEBHOOK_SECRETS", values::webhook_secrets)?,
        })
    }

    fn remote(&self) -> Result<Remote, Error> {
        let some = |text: &str| Ok((!text.is_empty()).then(|| text.to_owned()));
        Ok(Remote {
            host: self.value("REMOTE_HOST", values::remote_host)?,
            port: self.value("REMOTE_PORT", values::far_port)?,
            user: self.value("REMOTE_USER", |text| Ok(text.to_owned()))?,
            private_key: self.value("PRIVATE_KEY_BASE64", values::private_key)?,
            known_hosts: self.value("REMOTE_KNOWN_HOSTS", some)?.map(PathBuf::from),
            host_key: self.value("REMOTE_HOST_KEY", values::host_key)?,
            path: self.value("REMOTE_PATH", values::remote_path)?,
            command: self.value("REMOTE_COMMAND", |text| Ok(text.to_owned()))?,
            stop_command: self.value("REMOTE_STOP_COMMAND", some)?,
            recordings: self.value("REMOTE_RECORDINGS_PATH", values::remote_path)?,
            recording_hosts: self.value("RECORDING_HOSTS", values::recording_hosts)?,
            start_wait: self.value("START_WAIT_SECONDS", values::start_wait)?,
        })
    }

    fn sessions(&self) -> Result<Sessions, Error> {
        Ok(Sessions {
            completion: self.value("SESSION_COMPLETION", values::completion)?,
            idle: self.value("SESSION_IDLE_MINUTES", values::idle)?,
            parallel: self.value("ALLOW_PARALLEL_SESSIONS", values::yes_or_no)?,
        })
    }

    fn agent(&self) -> Result<Agent, Error> {
        Ok(Agent {
            url: self.value("AGENT_URL", values::agent_url)?,
            token: self.value("AGENT_TOKEN", values::agent_token)?,
            status_url: self.value("AGENT_STATUS_URL", values::agent_url)?,
            timeout: self.value("AGENT_TIMEOUT_SECONDS", values::agent_timeout)?,
            rules: self.value("RULES_PACK", values::rules_pack)?,
        })
    }
}
