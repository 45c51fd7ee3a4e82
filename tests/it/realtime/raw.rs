//! Clients that say whatever a test wants said, byte by byte where it must be.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// Long enough for a loaded machine, and shorter than the heartbeat of real life.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().timeout(PATIENCE).build().unwrap()
}

/// A session over polling.
pub(crate) struct Polling {
    url: String,
    pub(crate) sid: String,
    pub(crate) http: reqwest::Client,
}

impl Polling {
    pub(crate) async fn open(port: u16) -> Self {
        let (url, http) = (format!("http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling"), client());
        let text = http.get(&url).send().await.unwrap().text().await.unwrap();
        let greeting: Value = serde_json::from_str(text.strip_prefix('0').unwrap()).unwrap();
        assert_eq!(
            (&greeting["upgrades"][0], &greeting["maxPayload"]),
            (&"websocket".into(), &1_000_000.into())
        );
        let sid = greeting["sid"].as_str().unwrap().to_owned();
        Self { url: format!("{url}&sid={sid}"), sid, http }
    }

    pub(crate) async fn poll(&self) -> (StatusCode, String) {
        let answer = self.http.get(&self.url).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    pub(crate) async fn post(&self, body: impl Into<reqwest::Body>) -> StatusCode {
        self.http.post(&self.url).body(body).send().await.unwrap().status()
    }

    /// Into the main namespace; answers its connect packet.
    pub(crate) async fn enter(&self, auth: &str) -> String {
        assert_eq!(self.post(format!("40{auth}")).await, StatusCode::OK);
        let (status, text) = self.poll().await;
        assert!(status.is_success() && text.starts_with("40{"), "{status} {text}");
        text
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

#[derive(Debug, PartialEq)]
pub(crate) enum Frame {
    Text(String),
    Binary(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16),
    /// The connection is over.
    End,
}

impl From<&str> for Frame {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

pub(crate) struct Ws {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Ws {
    /// The handshake only, whatever comes of it.
    pub(crate) async fn dial(port: u16, query: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        Self::greet(stream, query).await
    }

    /// A session like any other, of a client whose system takes little before it reads.
    pub(crate) async fn narrow(port: u16) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(8 << 10).unwrap();
        let stream = socket.connect(([127, 0, 0, 1], port).into()).await.unwrap();
        let mut ws = Self::greet(stream, "").await;
        assert_eq!(ws.status().await, 101);
        assert!(ws.text().await.starts_with("0{"));
        ws
    }

    async fn greet(mut stream: TcpStream, query: &str) -> Self {
        let head = format!(
            "GET /socket.io/?EIO=4&transport=websocket{query} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        Self { stream, read: vec![] }
    }

    /// The status of the answer to the handshake.
    pub(crate) async fn status(&mut self) -> u16 {
        let end = loop {
            if let Some(end) = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(self.fill().await, "no answer to the handshake");
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) async fn over(port: u16, query: &str) -> Self {
        let mut ws = Self::dial(port, query).await;
        assert_eq!(ws.status().await, 101);
        ws
    }

    /// A session that begins with a websocket, past its greeting.
    pub(crate) async fn open(port: u16) -> Self {
        let mut ws = Self::over(port, "").await;
        assert!(ws.text().await.starts_with("0{"));
        ws
    }

    /// And in the main namespace.
    pub(crate) async fn enter(port: u16, auth: &str) -> Self {
        let mut ws = Self::open(port).await;
        ws.send(&format!("40{auth}")).await;
        assert!(ws.text().await.starts_with("40{"));
        ws
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.raw(&masked(0x81, text.as_bytes())).await;
    }

    pub(crate) async fn send_binary(&mut self, bytes: &[u8]) {
        self.raw(&masked(0x82, bytes)).await;
    }

    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        // Whoever was let go meanwhile learns it from what is read.
        let _ = self.stream.write_all(bytes).await;
    }

    pub(crate) async fn frame(&mut self) -> Frame {
        loop {
            if let Some(frame) = self.parse() {
                return frame;
            }
            if !self.fill().await {
                return Frame::End;
            }
        }
    }

    pub(crate) async fn text(&mut self) -> String {
        let frame = self.frame().await;
        let Frame::Text(text) = frame else { panic!("no text but {frame:?}") };
        text
    }

    /// Everything until the connection is over, or a close frame.
    pub(crate) async fn rest(&mut self) -> Vec<Frame> {
        let mut frames = vec![];
        loop {
            let frame = self.frame().await;
            let last = matches!(frame, Frame::End | Frame::Close(_));
            frames.push(frame);
            if last {
                return frames;
            }
        }
    }

    /// Whether it was let go, with or without a word.
    pub(crate) async fn is_let_go(&mut self) -> bool {
        matches!(self.rest().await.last(), Some(Frame::End | Frame::Close(_)))
    }

    async fn fill(&mut self) -> bool {
        self.read.reserve(65_536);
        let read = self.stream.read_buf(&mut self.read);
        let len = tokio::time::timeout(PATIENCE, read).await.expect("nothing comes").unwrap_or(0);
        len > 0
    }

    fn parse(&mut self) -> Option<Frame> {
        let (&first, &second) = (self.read.first()?, self.read.get(1)?);
        let (head, len) = match second {
            126 => (4, usize::from(u16::from_be_bytes(self.read.get(2..4)?.try_into().unwrap()))),
            127 => {
                let len = u64::from_be_bytes(self.read.get(2..10)?.try_into().unwrap());
                (10, usize::try_from(len).unwrap())
            }
            short => (2, usize::from(short)),
        };
        let payload = self.read.get(head..head + len)?.to_vec();
        self.read.drain(..head + len);
        Some(match first {
            0x81 => Frame::Text(String::from_utf8(payload).unwrap()),
            0x82 => Frame::Binary(payload),
            0x88 => Frame::Close(payload.try_into().map_or(0, u16::from_be_bytes)),
            0x8a => Frame::Pong(payload),
            other => panic!("a frame that begins with {other:#x}"),
        })
    }
}

/// A frame as clients send it. The mask is nothing, which is a mask too.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        len @ ..126 => frame.push(0x80 | u8::try_from(len).unwrap()),
        len @ ..65_536 => {
            frame.push(0xfe);
            frame.extend_from_slice(&u16::try_from(len).unwrap().to_be_bytes());
        }
        len => {
            frame.push(0xff);
            frame.extend_from_slice(&u64::try_from(len).unwrap().to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}
