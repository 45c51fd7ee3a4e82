//! Hosts of recordings on this machine: one that does what its path says, and Python's own server, which knows no ranges.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(super) const SOUND: &[u8] = b"ten bytes!";

/// Listens until it is dropped, and remembers what it was asked.
pub(super) struct Far {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Far {
    pub(super) async fn start(address: &str) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(vec![])));
        let heads = Arc::clone(&asked);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let heads = Arc::clone(&heads);
                tokio::spawn(async move { serve(stream, &heads).await });
            }
        });
        Self { address, asked, serving }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn leading_to(&self, target: &str) -> String {
        self.url(&format!("/to?{target}"))
    }

    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(mut stream: TcpStream, heads: &Mutex<Vec<String>>) {
    let mut head = vec![];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    heads.lock().unwrap().push(head);
    let (status, mut body) = answer(&path);
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n\r\n");
    // Whoever has heard enough goes.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(&body).await;
    if path == "/endless.mp3" {
        body = vec![0; 1 << 16];
        while stream.write_all(&body).await.is_ok() {}
    }
    let _ = stream.shutdown().await;
}

/// The status line with its headers, and the body.
fn answer(path: &str) -> (String, Vec<u8>) {
    let sized = |status: &str| (format!("{status}\r\nContent-Length: {}", SOUND.len()), SOUND.to_vec());
    let empty = |status: String| (format!("{status}\r\nContent-Length: 0"), vec![]);
    if let Some(target) = path.strip_prefix("/to?") {
        return empty(format!("302 Found\r\nLocation: {target}"));
    }
    if let Some(turns) = path.strip_prefix("/turn/") {
        let turns: u32 = turns.parse().unwrap();
        let next = if turns == 1 { "/sound.mp3".to_owned() } else { format!("{}", turns - 1) };
        return empty(format!("307 Temporary Redirect\r\nLocation: {next}"));
    }
    match path {
        "/sound.mp3" => sized("200 OK"),
        "/lengthless.mp3" | "/endless.mp3" => ("200 OK".to_owned(), SOUND.to_vec()),
        "/large.mp3" => ("200 OK\r\nContent-Length: 1048577".to_owned(), vec![]),
        "/compressed.mp3" => sized("200 OK\r\nContent-Encoding: gzip"),
        "/forbidden.mp3" => empty("403 Forbidden".to_owned()),
        "/broken.mp3" => empty("500 Internal Server Error".to_owned()),
        other => panic!("nobody asks for {other}"),
    }
}

/// Python's own server for the files of a folder, ended when dropped.
pub(super) struct Python {
    process: Child,
    root: String,
}

const SERVER: &str = "
import functools, http.server, ssl, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*sys.argv[2:])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
";

impl Python {
    pub(super) fn serve(folder: &Path) -> Self {
        Self::run("http", &[folder])
    }

    pub(super) fn serve_tls(certificates: &Certificates) -> Self {
        let folder = certificates.folder.path();
        Self::run("https", &[folder, &folder.join("host.pem"), &folder.join("host.key")])
    }

    fn run(scheme: &str, args: &[&Path]) -> Self {
        let mut command = Command::new("python3");
        command.args(["-c", SERVER]).args(args).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { process, root: format!("{scheme}://127.0.0.1:{}", port.trim()) }
    }

    pub(super) fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.root)
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An authority that nobody knows, and what it says of 127.0.0.1.
pub(super) struct Certificates {
    pub(super) folder: tempfile::TempDir,
}

impl Certificates {
    pub(super) fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = "
            set -e
            key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
            openssl req -x509 $key -keyout ca.key -out ca.pem -days 2 -subj /CN=authority
            openssl req $key -keyout host.key -out host.csr -subj /CN=host
            echo subjectAltName=IP:127.0.0.1 > names
            openssl x509 -req -in host.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -out host.pem -days 2
        ";
        let made = Command::new("sh").args(["-c", script]).current_dir(folder.path()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self { folder }
    }

    pub(super) fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}
