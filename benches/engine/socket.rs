//! One client of Socket.IO over a websocket, as little of it as a load generator needs: it comes in, answers heartbeats, says texts
//! and hands out those that it is told.

use std::io;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TEXT: u8 = 0x81;
/// Said to a client: whether it lives still.
const PING: &[u8] = b"2";
const PONG: &str = "3";
/// Read at once, at most, unless one text is larger.
const READ_LEN: usize = 32 << 10;

#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    inbox: Vec<u8>,
}

impl Socket {
    /// In the namespace `/`.
    pub(crate) async fn enter(address: SocketAddr, auth: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        let head = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\n\
                    connection: Upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        stream.write_all(head.as_bytes()).await?;
        let mut socket = Self { stream, inbox: vec![] };
        socket.upgraded().await?;
        socket.expect(b"0{").await?;
        socket.say(&format!("40{auth}")).await?;
        socket.expect(b"40{").await?;
        Ok(socket)
    }

    pub(crate) async fn say(&mut self, text: &str) -> io::Result<()> {
        let mut frame = vec![TEXT];
        match (u8::try_from(text.len()), u16::try_from(text.len())) {
            (Ok(short), _) if short < 126 => frame.push(0x80 | short),
            (_, Ok(long)) => {
                frame.push(0xfe);
                frame.extend_from_slice(&long.to_be_bytes());
            }
            _ => return Err(io::Error::other("too long a text")),
        }
        // Nothing is a mask too.
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(text.as_bytes());
        self.stream.write_all(&frame).await
    }

    /// Waits until something comes, and hands out each text that is there. Heartbeats are answered and not handed out.
    pub(crate) async fn read(&mut self, mut take: impl FnMut(&[u8])) -> Result<()> {
        self.more().await?;
        let (mut used, mut pinged) = (0, false);
        while let Some((text, len)) = first(self.inbox.get(used..).unwrap_or_default())? {
            used += len;
            if text == PING {
                pinged = true;
            } else {
                take(text);
            }
        }
        self.inbox.drain(..used);
        if pinged {
            self.say(PONG).await?;
        }
        Ok(())
    }

    /// The next text begins like that.
    async fn expect(&mut self, start: &[u8]) -> Result<()> {
        loop {
            if let Some((text, len)) = first(&self.inbox)? {
                ensure!(text.starts_with(start), "told: {}", String::from_utf8_lossy(text));
                self.inbox.drain(..len);
                return Ok(());
            }
            self.more().await?;
        }
    }

    async fn upgraded(&mut self) -> Result<()> {
        loop {
            if let Some(at) = self.inbox.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(self.inbox.get(..at).unwrap_or_default()).into_owned();
                ensure!(head.starts_with("HTTP/1.1 101"), "no websocket: {head}");
                self.inbox.drain(..at + 4);
                return Ok(());
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Result<()> {
        self.inbox.reserve(READ_LEN);
        if self.stream.read_buf(&mut self.inbox).await? == 0 {
            bail!("let go of");
        }
        Ok(())
    }
}

/// The first whole text, and how long it is with its head.
fn first(inbox: &[u8]) -> Result<Option<(&[u8], usize)>> {
    let Some((head, len)) = measured(inbox)? else { return Ok(None) };
    Ok(inbox.get(head..head + len).map(|text| (text, head + len)))
}

/// How long the first frame's head is, and what is in it.
fn measured(inbox: &[u8]) -> Result<Option<(usize, usize)>> {
    Ok(match inbox {
        [] | [_] => None,
        [TEXT, 126, a, b, ..] => Some((4, usize::from(u16::from_be_bytes([*a, *b])))),
        [TEXT, 127, rest @ ..] => match rest.first_chunk() {
            Some(len) => Some((10, usize::try_from(u64::from_be_bytes(*len))?)),
            None => None,
        },
        [TEXT, 126, ..] => None,
        [TEXT, short, ..] => Some((2, usize::from(*short))),
        [other, ..] => bail!("a frame that begins with {other:#x}"),
    })
}
