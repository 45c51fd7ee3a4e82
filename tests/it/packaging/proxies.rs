//! The example proxies in front of a real engine, with TLS: sockets, streams and large files come through, trust does not.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{changed, content, is_there, text};
use crate::live::Watch;
use crate::ports::free_port;
use crate::world::{World, report};

const PATIENCE: Duration = Duration::from_secs(20);
const SESSION: &str = "session-1738862891234-abc123";
/// As large as no proxy takes by itself, and still read in a moment.
const LINES: usize = 150_000;

/// A proxy as the example has it, on a port of its own, with a certificate of its own. It goes when it is dropped.
struct Proxy {
    child: Child,
    port: u16,
    folder: TempDir,
    http: reqwest::Client,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the proxy stands and what it proves itself with.
struct Place {
    folder: TempDir,
    port: u16,
    authority: reqwest::Certificate,
}

fn pem(what: &str, der: &[u8]) -> String {
    format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", STANDARD.encode(der))
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        std::fs::write(folder.path().join("chain.pem"), pem("CERTIFICATE", certificate.der())).unwrap();
        std::fs::write(folder.path().join("key.pem"), pem("PRIVATE KEY", &key.serialize_der())).unwrap();
        let authority = reqwest::Certificate::from_der(certificate.der()).unwrap();
        Self { folder, port: free_port(), authority }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    async fn open(self, mut command: Command) -> Proxy {
        let log = std::fs::File::create(self.file("log")).unwrap();
        let again = log.try_clone().unwrap();
        command.current_dir(self.folder.path()).env("HOME", self.folder.path());
        let child = command.stdin(Stdio::null()).stdout(log).stderr(again).spawn().unwrap();
        // A connection for each request: no answer may depend on an earlier one.
        let http = reqwest::Client::builder().tls_certs_only([self.authority]).pool_max_idle_per_host(0);
        let http = http.timeout(PATIENCE).build().unwrap();
        let proxy = Proxy { child, port: self.port, folder: self.folder, http };
        let began = Instant::now();
        while proxy.http.get(proxy.url("/health/live")).send().await.is_err() {
            assert!(began.elapsed() < PATIENCE, "{}", std::fs::read_to_string(proxy.file("log")).unwrap());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        proxy
    }
}

impl Proxy {
    async fn nginx(world: &World) -> Option<Self> {
        if !is_there("nginx") {
            return None;
        }
        let place = Place::new();
        let site = changed(
            &text("nginx.conf"),
            &[
                ("127.0.0.1:3000", &format!("127.0.0.1:{}", world.port)),
                ("listen 443 ssl", &format!("listen 127.0.0.1:{} ssl", place.port)),
                ("    listen [::]:443 ssl;\n", ""),
                ("calls.example.com", "localhost"),
                ("/etc/ssl/karnay/fullchain.pem", &place.file("chain.pem")),
                ("/etc/ssl/karnay/key.pem", &place.file("key.pem")),
                ("/var/log/nginx/karnay.log", "stderr"),
            ],
        );
        std::fs::write(place.file("site.conf"), site).unwrap();
        let own =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|of| format!("{of}_temp_path {of};"));
        let around = "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\nevents {}\n";
        let whole = format!("{around}http {{ {} access_log requests; include site.conf; }}\n", own.concat());
        std::fs::write(place.file("nginx.conf"), whole).unwrap();
        let nginx = |more: &[&str]| {
            let mut nginx = Command::new("nginx");
            nginx.args(["-e", "stderr", "-p", place.folder.path().to_str().unwrap(), "-c", "nginx.conf"]);
            nginx.args(more);
            nginx
        };
        assert!(content(nginx(&["-t"])).contains("test is successful"));
        let serving = nginx(&[]);
        Some(place.open(serving).await)
    }

    async fn caddy(world: &World) -> Option<Self> {
        if !is_there("caddy") {
            return None;
        }
        let place = Place::new();
        let (chain, key) = (place.file("chain.pem"), place.file("key.pem"));
        let site = changed(
            &text("Caddyfile"),
            &[
                ("127.0.0.1:3000", &format!("127.0.0.1:{}", world.port)),
                ("calls.example.com {", &format!("https://localhost:{} {{\n\ttls {chain} {key}", place.port)),
            ],
        );
        let quiet = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n";
        std::fs::write(place.file("Caddyfile"), format!("{quiet}{site}")).unwrap();
        let mut caddy = Command::new("caddy");
        caddy.args(["run", "--adapter", "caddyfile", "--config", "Caddyfile"]);
        Some(place.open(caddy).await)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    fn authority(&self) -> PathBuf {
        self.file("chain.pem")
    }
}

/// What this machine may do without a token, and those behind the proxy may not, whatever they say of themselves.
async fn trust_ends(world: &World, proxy: &Proxy) {
    assert_eq!(world.get("/calls/history").await.status(), 200);
    let lies = [
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
        ("x-real-ip", "127.0.0.1"),
        ("connection", "x-forwarded-for"),
        ("host", "localhost"),
    ];
    for (name, value) in lies {
        let ask = |request: reqwest::RequestBuilder| request.header(name, value).send();
        let looked = ask(proxy.http.get(proxy.url("/calls/history"))).await.unwrap();
        assert_eq!(looked.status(), 401, "{name}: {value}");
        let told = ask(proxy.http.post(proxy.url("/calls/result")).json(&report(SESSION, 1))).await.unwrap();
        assert_eq!(told.status(), 401, "{name}: {value}");
        let opened = ask(proxy.http.post(proxy.url("/auth/open"))).await.unwrap();
        assert_eq!(opened.status(), 401, "{name}: {value}");
    }
    assert_eq!(proxy.http.get(proxy.url("/metrics")).send().await.unwrap().status(), 404);
    assert_eq!(world.get("/metrics").await.status(), 200);
}

/// Sockets that poll, that upgrade and that begin as websockets, and a stream: all are told of a report at once.
async fn pushes_come_through(proxy: &Proxy, token: &str) {
    let mut stream = proxy.http.get(proxy.url("/events/stream")).bearer_auth(token).send().await.unwrap();
    assert_eq!(stream.status(), 200);
    let ways = [json!(["polling"]), json!(["polling", "websocket"]), json!(["websocket"])];
    let sockets = ways.map(|way| json!({ "namespace": "/", "transports": way, "auth": { "token": token } }));
    let mut watch = Watch::at(&proxy.url(""), &json!(sockets), Some(&proxy.authority())).await;
    watch.each("position", sockets.len()).await;
    while watch.of(1, "upgrade").is_empty() {
        watch.next().await;
    }
    let sent = proxy.http.post(proxy.url("/calls/result")).bearer_auth(token).json(&report(SESSION, 1));
    assert_eq!(sent.send().await.unwrap().status(), 200);
    watch.each("call-result", sockets.len()).await;
    assert_eq!(watch.of(0, "call-result")[0].data["phoneNumber"], "+998900000001");
    let mut said = String::new();
    while !said.contains("event: call-result") {
        let more = tokio::time::timeout(PATIENCE, stream.chunk()).await.expect("the stream stands still");
        said += std::str::from_utf8(&more.unwrap().expect("the stream ended")).unwrap();
    }
}

async fn large_files_come_through(proxy: &Proxy, token: &str) {
    let numbers: Vec<String> = (0..LINES).map(|line| format!("+99890{line:07}")).collect();
    let list = numbers.join("\n");
    assert!(list.len() > 2_000_000);
    let head = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"numbers.txt\"\r\n\r\n";
    let sent = proxy.http.post(proxy.url("/calls/upload")).bearer_auth(token);
    let sent = sent.header("content-type", "multipart/form-data; boundary=edge");
    let sent = sent.body(format!("{head}{list}\r\n--edge--\r\n"));
    let answer = sent.send().await.unwrap();
    let (status, said) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{status} {said}");
    assert!(said.contains(&LINES.to_string()), "{said}");
}

/// More tries than one address has: whoever makes them is slowed down.
async fn tries_are_slowed_down(proxy: &Proxy) {
    let mut seen = vec![];
    for name in 0..40 {
        let tried: Value = json!({ "username": format!("nobody{name}"), "password": "not the right one" });
        let answer = proxy.http.post(proxy.url("/auth/login")).json(&tried).send().await.unwrap();
        seen.push(answer.status().as_u16());
    }
    assert!(seen.contains(&401) && seen.contains(&429), "{seen:?}");
}

async fn through(world: &World, proxy: &Proxy) {
    trust_ends(world, proxy).await;
    let token = world.token();
    // A client that cannot get through tries again for ever.
    let pushed = tokio::time::timeout(2 * PATIENCE, pushes_come_through(proxy, &token));
    pushed.await.expect("sockets do not come through");
    large_files_come_through(proxy, &token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_come_through_nginx_and_trust_does_not() {
    let mut world = World::sqlite();
    world.set("REMOTE_HOST", "simulated");
    world.start().await;
    let Some(proxy) = Proxy::nginx(&world).await else { return };
    through(&world, &proxy).await;
    tries_are_slowed_down(&proxy).await;
    proxy.http.get(proxy.url("/calls/history?phone=998900000001")).send().await.unwrap();
    for log in ["log", "requests"] {
        let log = std::fs::read_to_string(proxy.file(log)).unwrap_or_default();
        assert!(!log.contains("99890"), "numbers stand in the proxy's log: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_come_through_caddy_and_trust_does_not() {
    let mut world = World::sqlite();
    world.set("REMOTE_HOST", "simulated");
    world.start().await;
    let Some(proxy) = Proxy::caddy(&world).await else { return };
    through(&world, &proxy).await;
}

#[test]
fn the_examples_are_written_as_caddy_writes_them() {
    if !is_there("caddy") {
        return;
    }
    let mut caddy = Command::new("caddy");
    caddy.arg("fmt").arg(Path::new(&super::path("Caddyfile")));
    assert_eq!(content(caddy), text("Caddyfile"));
}
