//! Every setting, declared once. Flags, environment names, `docs/.env.example` and the README's table follow from this list.
//! What a value means and which values are right is said in `config.rs`, not here.

/// One setting: its name as environment variable and line of `.env`; its flag is the same in kebab-case.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub name: &'static str,
    /// As it would be written down; empty where there is none.
    pub default: &'static str,
    pub help: &'static str,
    /// Its value is never printed.
    pub secret: bool,
}

impl Setting {
    /// `READ_WAIT_MS` is `--read-wait-ms`.
    pub fn flag(&self) -> String {
        self.name.to_ascii_lowercase().replace('_', "-")
    }
}

const fn plain(name: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting { name, default, help, secret: false }
}

const fn secret(name: &'static str, help: &'static str) -> Setting {
    Setting { name, default: "", help, secret: true }
}

/// All settings that do something, in the order in which they are best read.
pub fn settings() -> &'static [Setting] {
    &SETTINGS
}

const SETTINGS: [Setting; 66] = [
    plain("HOST", "127.0.0.1", "Address to listen on. 0.0.0.0 or :: opens the engine to the network"),
    plain("PORT", "3000", "Port to listen on. 0 takes any free one"),
    plain(
        "DATA_DIR",
        "data",
        "Folder of the embedded store and of keys made at first start; one process at a time",
    ),
    secret(
        "DATABASE_URL",
        "postgres://user:password@host:5432/database. Empty: the embedded store in DATA_DIR",
    ),
    secret(
        "DATA_KEY",
        "32 bytes in base64 that seal personal data. Empty: made at first start as data.key in DATA_DIR. \
         Whoever loses it loses every phone number and name",
    ),
    secret(
        "SIGNING_KEY",
        "32 bytes in base64 that sign checkpoints of the journal (Ed25519); while a new key replaces it, the new one, a comma and \
         this one. Empty: made at first start as signing.key in DATA_DIR",
    ),
    plain(
        "RECORDINGS_DAYS",
        "",
        "Days for which recordings are kept in DATA_DIR once they were fetched from the exchange, 1 to 3650. \
         Empty: until the person is forgotten. What a call server or an exchange keeps is theirs to remove",
    ),
    plain(
        "DISK_FREE_MIN_MB",
        "512",
        "Megabytes that have to be left where DATA_DIR lies, 0 to 1000000. Below that an alarm is raised, and no file and no recording \
         is taken in; reports are, as long as they can be stored",
    ),
    plain(
        "LOG",
        "info",
        "What to log: error, warn, info, debug, trace, off, or parts such as info,karnay::journal=debug",
    ),
    plain("LOG_FORMAT", "pretty", "pretty for people, json for machines: one object a line"),
    plain(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "",
        "Collector that traces are sent to, OTLP over HTTP, such as http://127.0.0.1:4318. Empty: nothing is traced",
    ),
    plain("OTEL_SERVICE_NAME", "karnay", "What this engine is called there"),
    plain(
        "CORS_ORIGINS",
        "loopback",
        "Pages that browsers may call the engine from: origins with commas between, such as \
         https://board.example.com. loopback: any on this machine. *: any at all",
    ),
    plain("DEFAULT_ORGANIZATION", "1", "Organization of requests that carry no token"),
    plain("DEFAULT_REGION", "UZ", "Country of phone numbers written without a country code"),
    plain("DEFAULT_TIMEZONE", "Asia/Tashkent", "Zone of times written without one"),
    plain("READ_WAIT_MS", "500", "Longest wait of a read for what was written just before it, 0 to 60000"),
    secret(
        "JWT_SECRET",
        "Signs and checks tokens (HS256), 16 characters or more. Empty: made at first start as jwt.secret in DATA_DIR",
    ),
    plain(
        "JWT_PUBLIC_KEY",
        "",
        "Checks tokens of another issuer: a public key in PEM (RSA, EC or Ed25519), \\n standing for line breaks",
    ),
    plain(
        "JWT_DEFAULT_ROLE",
        "manager",
        "Role of a token that names none: auditor, operator, manager or admin",
    ),
    plain(
        "CALLS_AUTH",
        "auto",
        "Who may use /calls, and read /metrics and /openapi.json. token: a token is needed. open: nobody is asked. auto: open while HOST is loopback",
    ),
    plain(
        "WEBHOOK_AUTH",
        "auto",
        "Who may report results. token: a token is needed. hmac: a signature is needed. open: nobody is asked. \
         auto: nothing is needed from loopback and from REMOTE_HOST, from others a token or a signature",
    ),
    secret(
        "WEBHOOK_SECRETS",
        "Check the signatures of reports (Standard Webhooks): one secret, or two with a comma between while one replaces \
         the other, each whsec_ and base64, or a text of 16 characters or more",
    ),
    plain(
        "RATE_LIMIT_PER_KEY",
        "100/s burst 1000",
        "How often each key and each user may ask: so many a second (s, min or h), and so many at once before that counts. off: as often as they like",
    ),
    plain(
        "RATE_LIMIT_PER_ADDRESS",
        "200/s burst 2000",
        "The same for each address of the network, whoever asks from there",
    ),
    plain(
        "RATE_LIMIT_EXEMPT",
        "webhook,loopback",
        "What the two limits leave alone. webhook: reports of results and of the agent. loopback: what comes directly from this machine. nobody: neither",
    ),
    plain(
        "TRUSTED_PROXIES",
        "127.0.0.1,::1",
        "Proxies whose X-Forwarded-For is believed where requests are counted by address: addresses and networks with commas between, such as \
         127.0.0.1,10.0.0.0/8. none: a proxy is one address, whoever is behind it",
    ),
    plain(
        "REMOTE_HOST",
        "",
        "Where the call server runs: a host's name or address, reached over SSH. local: this machine. \
         simulated: an imitation that rings nobody. Empty: nowhere",
    ),
    plain("REMOTE_PORT", "22", "Port of its SSH server"),
    plain("REMOTE_USER", "", "Who logs in there"),
    secret(
        "PRIVATE_KEY_BASE64",
        "The whole private key file that logs in there, in base64 (base64 -w0 < key)",
    ),
    plain(
        "REMOTE_KNOWN_HOSTS",
        "",
        "File that names the host's key, as OpenSSH writes it (ssh-keyscan host >> file, then compare)",
    ),
    plain(
        "REMOTE_HOST_KEY",
        "",
        "Fingerprint of the host's key instead, SHA256:… as ssh-keygen -l shows it. \
         first-use: the key met first is taken for right and kept in DATA_DIR",
    ),
    plain("REMOTE_PATH", "/usr/src/call/numbers.txt", "File there that a list of numbers replaces"),
    plain(
        "REMOTE_COMMAND",
        "curl http://127.0.0.1:3000/start",
        "Starts the calls there. {sessionId} is replaced, and SESSION_ID is set for it",
    ),
    plain(
        "REMOTE_STOP_COMMAND",
        "",
        "Stops the calls there, for POST /calls/session/:id/stop. {sessionId} is replaced, and SESSION_ID is set for it",
    ),
    plain("REMOTE_RECORDINGS_PATH", "/usr/src/call/recordings", "Folder there that holds recordings"),
    plain(
        "RECORDING_HOSTS",
        "",
        "Hosts of private networks, or of this machine, that recordings may come from beside REMOTE_HOST: \
         names or addresses with commas between",
    ),
    plain("START_WAIT_SECONDS", "30", "Longest wait of POST /calls/start for that command, 0 to 3600"),
    plain(
        "SESSION_COMPLETION",
        "results",
        "When a session with a list is over. results: every number has its result. command: REMOTE_COMMAND came back",
    ),
    plain(
        "SESSION_IDLE_MINUTES",
        "60",
        "A running session that nothing is heard of for so long is closed, 1 to 10080",
    ),
    plain(
        "ALLOW_PARALLEL_SESSIONS",
        "false",
        "true: a session may start while another one runs on the same remote host",
    ),
    plain(
        "UNKNOWN_SESSION",
        "404",
        "Answer to a result of a session nobody knows. 404 or 202: the result is kept aside. \
         create: a session is opened for it",
    ),
    plain(
        "AGENT_URL",
        "",
        "Where the voice agent takes calls, such as https://agent.example.com/call. Empty: a simulated one, which rings nobody",
    ),
    secret("AGENT_TOKEN", "Sent to the agent as a bearer token"),
    plain(
        "AGENT_STATUS_URL",
        "",
        "Where the agent tells what became of a call (GET with idempotencyKey and callId). \
         Empty: a call that nothing is heard of stays unconfirmed",
    ),
    plain(
        "AGENT_TIMEOUT_SECONDS",
        "600",
        "Longest wait for the answer to a call, 1 to 7200; after it the call is unconfirmed and is not made again",
    ),
    plain(
        "RULES_PACK",
        "",
        "When and how often campaigns may call: always, uz, us_reg_f or ru_230_fz. \
         Empty: always with the simulated agent, which disturbs nobody, otherwise uz",
    ),
    plain(
        "ORGANIZATION_PRIVATE_HOSTS",
        "",
        "Call servers and voice agents of private networks, or of this machine, that organizations may set for themselves \
         (PATCH /settings/organization), agents also without TLS: written like WEBHOOK_PRIVATE_HOSTS",
    ),
    plain(
        "WEBHOOK_PRIVATE_HOSTS",
        "",
        "Receivers of private networks, or of this machine, that events may be sent to, also without TLS: names, addresses and \
         networks with commas between, such as hooks.internal,10.0.0.0/8",
    ),
    plain(
        "WEBHOOK_LOG_DAYS",
        "30",
        "Days for which it is kept what became of each event that was sent to a receiver, 2 to 365",
    ),
    plain(
        "KERIO_PBX_HOST",
        "",
        "The telephone exchange (Kerio Operator) whose calls are watched: its name or address. \
         simulated: an imitation in this process. Empty: none is watched",
    ),
    plain("KERIO_API_USERNAME", "", "Who logs in there; an account that may only read is enough"),
    secret("KERIO_API_PASSWORD", "The password of that account"),
    plain(
        "KERIO_DRIVER",
        "jsonrpc",
        "How it is spoken to. jsonrpc: as Kerio Operator's own administration does. \
         rest: /api/rest/v1/calls, which only a gateway answers",
    ),
    plain("KERIO_PORT", "4021", "Its port, which is the administration's"),
    plain(
        "KERIO_TLS",
        "ca",
        "How it proves that it is the right one. ca: by an authority that this machine trusts. pin:<sha256>: by the SHA-256 \
         of its certificate, as openssl x509 -fingerprint -sha256 shows it. insecure: whoever answers is taken for it",
    ),
    plain("KERIO_CA_FILE", "", "File with the authorities to trust instead of this machine's, in PEM"),
    plain("KERIO_ORGANIZATION", "1", "Organization that its calls belong to"),
    plain("KERIO_POLL_INTERVAL", "2", "Seconds between two looks at the calls that go on, 1 to 60"),
    plain("KERIO_SYNC_INTERVAL", "5", "Minutes between two readings of its log of calls, 1 to 1440"),
    plain(
        "KERIO_CDR_OVERLAP",
        "120",
        "Minutes of the log that are read again each time, 1 to 10080: the longest call that is expected, \
         for a row comes at its end and bears its start",
    ),
    plain("KERIO_FIRST_SYNC_DAYS", "30", "Days of the log that are read at the first time, 1 to 3650"),
    plain(
        "KERIO_INTERNAL_PATTERN",
        "",
        "Which numbers are inside: numbers of digits (3, 2-5) or shapes (1xx), with commas between them, beside those that the \
         exchange tells. Empty: only those, or 2-5 where it tells none",
    ),
    plain(
        "KERIO_LIVE_STATUS_MAP",
        "",
        "What its codes of live calls mean where the built-in table is wrong, such as 1=ringing,3=talking: \
         ringing, talking, ended, missed, busy, forbidden, voicemail or unknown",
    ),
    plain(
        "KERIO_CDR_STATUS_MAP",
        "",
        "The same for the log, such as 4=answered,3=unanswered: answered, unanswered, busy, failed or voicemail",
    ),
];

/// What names begin with that stand in people's `.env` already, but do nothing in this version.
pub(super) const LATER_PREFIXES: [&str; 1] = ["KERIO_AMI_"];
