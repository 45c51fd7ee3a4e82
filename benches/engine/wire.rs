//! One HTTP/1.1 keep-alive connection, as little of it as a load generator needs: a request's bytes out, one answer back.
//! It knows a status, headers and bodies with a length; anything else an answer could do is an error here.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer larger than this is not one that a benchmark asked for.
const ANSWER_LEN_MAX: usize = 64 << 20;

#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    inbox: Vec<u8>,
    /// Where the answer that was handed out last ends in the inbox.
    taken: usize,
}

#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    head: &'a str,
    pub(crate) body: &'a [u8],
}

impl Answer<'_> {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }
}

#[derive(Debug, Clone, Copy)]
struct Head {
    status: u16,
    body_at: usize,
    body_len: usize,
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, inbox: Vec::with_capacity(4096), taken: 0 })
    }

    /// One request without a body.
    pub(crate) async fn get(&mut self, path: &str) -> io::Result<Answer<'_>> {
        let mut request = String::new();
        crate::webhook::get(path, &mut request);
        self.exchange(request.as_bytes()).await
    }

    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.inbox.drain(..self.taken);
        self.taken = 0;
        self.stream.write_all(request).await?;
        let head = self.head().await?;
        let end = head.body_at + head.body_len;
        while self.inbox.len() < end {
            self.more().await?;
        }
        self.taken = end;
        let (text, rest) = self.inbox.split_at_checked(head.body_at).unwrap_or_default();
        let body = rest.get(..head.body_len).unwrap_or_default();
        Ok(Answer { status: head.status, head: std::str::from_utf8(text).unwrap_or_default(), body })
    }

    async fn head(&mut self) -> io::Result<Head> {
        let mut looked = 0;
        loop {
            let fresh = self.inbox.get(looked..).unwrap_or_default();
            if let Some(at) = fresh.windows(4).position(|four| four == b"\r\n\r\n") {
                let body_at = looked + at + 4;
                return parse(self.inbox.get(..body_at).unwrap_or_default(), body_at);
            }
            looked = self.inbox.len().saturating_sub(3);
            self.more().await?;
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        if self.inbox.len() > ANSWER_LEN_MAX {
            return Err(io::Error::other("the answer is endless"));
        }
        match self.stream.read_buf(&mut self.inbox).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn parse(head: &[u8], body_at: usize) -> io::Result<Head> {
    let wrong = |what: &str| io::Error::other(format!("{what}: {}", String::from_utf8_lossy(head)));
    let text = std::str::from_utf8(head).map_err(|_| wrong("no text"))?;
    let status = text.get(9..12).and_then(|code| code.parse().ok()).ok_or_else(|| wrong("no status"))?;
    let length = header(text, "content-length").and_then(|length| length.parse().ok());
    Ok(Head { status, body_at, body_len: length.ok_or_else(|| wrong("a body without a length"))? })
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut named = head.split("\r\n").filter_map(|line| line.split_once(':'));
    named.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
