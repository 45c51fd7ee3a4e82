//! The configuration as people write it: what holds, what is refused, and in which words.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::*;

fn read(pairs: &[(&str, &str)]) -> Result<Config, String> {
    Config::read(&Sources::only(pairs.iter().copied())).map_err(|error| error.to_string())
}

fn gathered(flag: &[(&'static str, &str)], variable: &[(&str, &str)], file: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    fs::write(&path, file).unwrap();
    let flags = flag.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let variables = variable.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let sources = Sources::from_parts(flags, variables, &path).map_err(|error| error.to_string())?;
    Config::read(&sources).map_err(|error| error.to_string())
}

#[test]
fn without_a_word_the_defaults_hold() {
    let config = read(&[]).unwrap();
    assert_eq!(config.http.local_url(), "http://127.0.0.1:3000");
    assert_eq!(config.store.data_dir, Path::new("data"));
    assert_eq!(config.house.organization.as_str(), "1");
    assert_eq!(config.house.timezone, chrono_tz::Asia::Tashkent);
    assert_eq!(config.remote.command, "curl http://127.0.0.1:3000/start");
    assert!(config.store.database_url.is_none() && config.remote.host.is_none());
    assert!(config.access.calls_are_open(config.http.host));
    assert_eq!(config.remarks, [""; 0]);
}

#[test]
fn the_example_is_read_as_the_defaults() {
    let (mut ours, mut theirs) = (gathered(&[], &[], &example()).unwrap(), read(&[]).unwrap());
    // Where it was said is the only difference.
    for config in [&mut ours, &mut theirs] {
        config.said.iter_mut().for_each(|said| said.origin = Origin::Default);
    }
    assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
}

#[test]
fn flags_come_before_the_environment_before_the_file() {
    let port = |flag: &[(&'static str, &str)], variable: &[(&str, &str)], file| {
        gathered(flag, variable, file).unwrap().http.port
    };
    assert_eq!(port(&[("PORT", "1")], &[("PORT", "2")], "PORT=3"), 1);
    assert_eq!(port(&[], &[("PORT", "2")], "PORT=3"), 2);
    assert_eq!(port(&[], &[], "PORT=4\nPORT=3"), 3);
    assert_eq!(port(&[], &[("PORT", "")], "PORT=3"), 3000, "written and empty is the default");
}

#[test]
fn a_wrong_value_is_named_with_its_reason() {
    are_named(&[
        ("HOST", "my-machine", "no IP address"),
        ("PORT", "70000", "no port"),
        ("DATABASE_URL", "mysql://x", "postgres://"),
        ("RECORDING_HOSTS", "10.0.0.7,http://10.0.0.8", "no host"),
        ("RECORDING_HOSTS", "10.0.0.0/8", "no host"),
        ("RECORDING_HOSTS", "files:8080", "no host"),
        ("DATABASE_URL", "sqlite://data.db", "DATA_DIR"),
        ("DATABASE_URL", "postgres://u:p@h:port/d", "form"),
        ("DATA_KEY", "c2hvcnQ=", "32 bytes"),
        ("RECORDINGS_DAYS", "forever", "whole number of days"),
        ("DISK_FREE_MIN_MB", "1G", "whole number of megabytes"),
        ("LOG", "inof", "no level"),
        ("LOG", "info,karnay=loud", "loud"),
        ("LOG_FORMAT", "xml", "pretty, json"),
        ("CORS_ORIGINS", "board.example.com", "no origin"),
        ("CORS_ORIGINS", "https://a.example/page", "no origin"),
        ("DEFAULT_ORGANIZATION", "a/b", "letters"),
        ("DEFAULT_REGION", "Uzbekistan", "no country"),
        ("DEFAULT_TIMEZONE", "Tashkent", "no time zone"),
        ("READ_WAIT_MS", "-1", "0 to 60000"),
        ("START_WAIT_SECONDS", "1.5", "whole number"),
        ("JWT_SECRET", "secret", "guessed"),
        ("JWT_PUBLIC_KEY", "abc", "public key"),
        ("JWT_DEFAULT_ROLE", "root", "auditor, operator, manager, admin"),
        ("CALLS_AUTH", "no", "auto, open, token"),
        ("RATE_LIMIT_PER_KEY", "often", "100/s burst 1000"),
        ("RATE_LIMIT_PER_ADDRESS", "10/day", "s, min or h"),
        ("RATE_LIMIT_EXEMPT", "everybody", "webhook, loopback, nobody"),
        ("TRUSTED_PROXIES", "nginx", "10.0.0.0/8"),
        ("REMOTE_HOST", "root@203.0.113.7", "REMOTE_USER"),
        ("REMOTE_HOST_KEY", "SHA256:short", "first-use"),
        ("REMOTE_PATH", "numbers.txt", "from the root"),
        ("PRIVATE_KEY_BASE64", "-----BEGIN", "base64 -w0"),
        ("SESSION_IDLE_MINUTES", "0", "at once"),
        ("WEBHOOK_AUTH", "hmac", "set WEBHOOK_SECRETS"),
        ("WEBHOOK_AUTH", "sometimes", "auto, token, hmac, open"),
        ("WEBHOOK_SECRETS", "short", "16 characters"),
        ("WEBHOOK_SECRETS", "whsec_!", "base64"),
        ("WEBHOOK_SECRETS", "one that is long enough,two that is long enough,three as well", "2 at most"),
        ("UNKNOWN_SESSION", "200", "404, 202, create"),
        ("AGENT_URL", "agent.example.com/call", "address of the web"),
        ("AGENT_URL", "ftp://agent.example.com", "address of the web"),
        ("AGENT_STATUS_URL", "https://me:hunter2@agent.example.com", "AGENT_TOKEN"),
        ("AGENT_TOKEN", "two\nlines", "header"),
        ("AGENT_TIMEOUT_SECONDS", "0", "unconfirmed"),
        ("AGENT_TIMEOUT_SECONDS", "7201", "0 to 7200"),
        ("REMOTE_PORT", "0", "1 to 65535"),
    ]);
}

#[test]
fn a_wrong_value_of_an_exchange_is_named_with_its_reason() {
    are_named(&[
        ("KERIO_PBX_HOST", "https://pbx", "no host"),
        ("KERIO_PBX_HOST", "pbx:4021", "KERIO_PORT"),
        ("KERIO_DRIVER", "soap", "jsonrpc, rest"),
        ("KERIO_TLS", "none", "ca, pin:<sha256>, insecure"),
        ("KERIO_TLS", "pin:abcd", "64 hex digits"),
        ("KERIO_POLL_INTERVAL", "0", "1 to 60"),
        ("KERIO_SYNC_INTERVAL", "5m", "whole number of minutes"),
        ("KERIO_CDR_OVERLAP", "10081", "1 to 10080"),
        ("KERIO_FIRST_SYNC_DAYS", "0", "1 to 3650"),
        ("KERIO_INTERNAL_PATTERN", "2..5", "1xx"),
        ("KERIO_LIVE_STATUS_MAP", "1=up", "ringing, talking"),
        ("KERIO_PORT", "0", "1 to 65535"),
        ("KERIO_LIVE_STATUS_MAP", "1=ringing, 1=talking", "two meanings"),
        ("KERIO_CDR_STATUS_MAP", "4", "answered, unanswered"),
        ("KERIO_ORGANIZATION", "a/b", "letters"),
    ]);
}

fn are_named(wrong: &[(&str, &str, &str)]) {
    for (name, value, reason) in wrong.iter().copied() {
        let error = read(&[(name, value)]).unwrap_err();
        assert!(error.starts_with(&format!("{name}: ")) && error.contains(reason), "{error}");
        assert!(error.ends_with("(from the environment)") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn a_secret_is_not_repeated() {
    for name in ["DATABASE_URL", "DATA_KEY", "JWT_SECRET", "WEBHOOK_SECRETS"] {
        let error = read(&[(name, "hunter2")]).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
    let url = "postgres://karnay:hunter2@127.0.0.1/karnay";
    let long = "hunter2hunter2hunter2";
    let config = read(&[("DATABASE_URL", url), ("JWT_SECRET", long), ("WEBHOOK_SECRETS", long)]).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn a_misspelt_name_in_the_file_stops_the_start() {
    let error = gathered(&[], &[], "PORT=1\nREMOTE_HOTS=local").unwrap_err();
    assert_eq!(error, "REMOTE_HOTS: there is no such setting; is REMOTE_HOST meant? (.env, line 2)");
    let error = gathered(&[], &[], "PORT=x").unwrap_err();
    assert_eq!(error, "PORT: `x` is no port, 0 to 65535 (from .env, line 1)");
}

#[test]
fn what_does_nothing_is_said() {
    let file =
        "NODE_ENV=production\nKERIO_AMI_USER=me\nAGENT_URL=\nPORT=1\nPORT=2\nREMOTE_COMMAND=curl http://a/b";
    let config =
        gathered(&[], &[("KERIO_AMI_PORT", "5038"), ("REMOTE_HOTS", "x"), ("EDITOR", "vi")], file).unwrap();
    assert_eq!(
        config.remarks,
        [
            "NODE_ENV (.env, line 1) is no setting and is ignored",
            "KERIO_AMI_PORT has no effect in this version",
            "KERIO_AMI_USER has no effect in this version",
            "PORT (.env, line 4) is set again further down",
        ]
    );
}

#[test]
fn an_open_door_is_said() {
    let wide = [("HOST", "0.0.0.0"), ("CALLS_AUTH", "open"), ("WEBHOOK_AUTH", "open"), ("CORS_ORIGINS", "*")];
    let config = read(&wide).unwrap();
    assert_eq!(config.remarks.len(), 3, "{:?}", config.remarks);
    assert_eq!(config.http.local_url(), "http://127.0.0.1:3000");
    let config = read(&[("HOST", "0.0.0.0")]).unwrap();
    assert!(!config.access.calls_are_open(config.http.host));
}

/// A node that makes keys of its own joins the others, and takes nobody's token.
#[test]
fn what_nodes_have_to_share_is_said() {
    let shared = ("DATABASE_URL", "postgres://karnay@db/karnay");
    let secret = ("JWT_SECRET", "a secret of thirty-two characters");
    let named = |pairs: &[(&str, &str)]| {
        let remarks = read(pairs).unwrap().remarks;
        let names =
            remarks.iter().filter(|remark| remark.contains("every node on this database needs the same"));
        names.map(|remark| remark.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(named(&[shared]), ["DATA_KEY", "JWT_SECRET"]);
    assert_eq!(named(&[shared, secret]), ["DATA_KEY"]);
    assert_eq!(named(&[]), [""; 0]);
}

#[test]
fn pages_of_this_machine_may_call_by_default() {
    let cors = read(&[]).unwrap().http.cors;
    for origin in
        ["http://localhost:5173", "http://127.0.0.1:8080", "http://[::1]:3000", "https://app.localhost"]
    {
        assert!(cors.allow(origin), "{origin}");
    }
    for origin in [
        "https://example.com",
        "http://localhost.example.com",
        "null",
        "http://192.168.0.2",
        "file://localhost",
    ] {
        assert!(!cors.allow(origin), "{origin}");
    }
    let cors = read(&[("CORS_ORIGINS", "https://Board.example.com:443, loopback")]).unwrap().http.cors;
    assert!(cors.allow("https://board.example.com") && cors.allow("http://localhost:1"));
}

#[test]
fn a_public_key_is_known_by_its_kind() {
    let ed = "-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\\n-----END PUBLIC KEY-----";
    let config = read(&[("JWT_PUBLIC_KEY", ed)]).unwrap();
    assert_eq!(config.access.jwt_public_key.map(|key| key.kind), Some(KeyKind::Edwards));
    let error = read(&[("JWT_PUBLIC_KEY", "-----BEGIN PRIVATE KEY-----\\nMC4=")]).unwrap_err();
    assert!(error.contains("private key") && !error.contains("MC4="), "{error}");
}

/// Set `UPDATE_DOCS=1` to write the file anew.
#[test]
fn the_example_file_equals_the_defaults() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/.env.example");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, example()).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), example());
}

#[test]
fn every_setting_is_named_once_and_read() {
    let house = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path| fs::read_to_string(house.join(path)).unwrap();
    let parts = ["src/config.rs", "src/config/pbx.rs", "src/config/limits.rs", "src/config/webhooks.rs"];
    let source: String = parts.into_iter().map(read).collect();
    let source = source.replace(char::is_whitespace, "");
    for setting in settings() {
        assert_eq!(
            settings().iter().filter(|other| other.name == setting.name).count(),
            1,
            "{}",
            setting.name
        );
        assert!(source.contains(&format!("value(\"{}\"", setting.name)), "{} is never read", setting.name);
        assert!(!setting.help.contains('\n') && !setting.help.ends_with('.'), "{}", setting.name);
    }
}

#[test]
fn an_agent_elsewhere_without_encryption_is_remarked_on() {
    for (url, remarked) in [
        ("http://agent.example.com/call", true),
        ("http://10.0.0.9:8080/call", true),
        ("https://agent.example.com/call", false),
        ("http://127.0.0.1:4100/call", false),
        ("http://localhost:4100/call", false),
    ] {
        let remarks = read(&[("AGENT_URL", url)]).unwrap().remarks;
        assert_eq!(
            remarks.iter().any(|remark| remark.starts_with("AGENT_URL: ")),
            remarked,
            "{url}: {remarks:?}"
        );
    }
}

#[test]
fn an_exchange_is_watched_with_a_name_and_a_password() {
    let host = ("KERIO_PBX_HOST", "pbx.example.com");
    let missing = |pairs: &[(&str, &str)]| read(pairs).unwrap_err();
    assert!(missing(&[host]).starts_with("KERIO_API_USERNAME: has to be set"), "{}", missing(&[host]));
    let user = ("KERIO_API_USERNAME", "monitor");
    assert!(missing(&[host, user]).starts_with("KERIO_API_PASSWORD: has to be set"));
    let config = read(&[host, user, ("KERIO_API_PASSWORD", "hunter2")]).unwrap();
    assert_eq!(config.pbx.host, Some(PbxHost::At("pbx.example.com".to_owned())));
    assert!(!format!("{config:?}").contains("hunter2"));
    assert_eq!(read(&[("KERIO_PBX_HOST", "simulated")]).unwrap().pbx.host, Some(PbxHost::Simulated));
}

#[test]
fn an_exchange_proves_itself_by_an_authority_a_pin_or_not_at_all() {
    let tls = |text: &str| read(&[("KERIO_TLS", text)]).unwrap().pbx.tls;
    let digits = "ab".repeat(32);
    assert_eq!((tls("ca"), tls("insecure")), (PbxTls::Ca(None), PbxTls::Insecure));
    assert_eq!(tls(&format!("pin:{digits}")), PbxTls::Pin([0xab; 32]));
    assert_eq!(
        tls(&format!("pin:{}", ["AB"; 32].join(":"))),
        PbxTls::Pin([0xab; 32]),
        "as openssl prints it"
    );
    let file = ("KERIO_CA_FILE", "box.pem");
    assert_eq!(read(&[file]).unwrap().pbx.tls, PbxTls::Ca(Some("box.pem".into())));
    assert!(read(&[file, ("KERIO_TLS", "insecure")]).unwrap_err().starts_with("KERIO_CA_FILE: "));
}
