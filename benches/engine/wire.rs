//! One HTTP/1.1 keep-alive connection, as little of it as a load generator needs: a request's bytes out, one answer back.
//! It knows status, `Retry-After` and bodies with a length; anything else an answer could do is an error here.

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
    pub(crate) retry_after: bool,
    pub(crate) body: &'a [u8],
}

#[derive(Debug, Default, Clone, Copy)]
struct Head {
    status: u16,
    retry_after: bool,
    body_at: usize,
    body_len: usize,
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, inbox: Vec::with_capacity(4096), taken: 0 })
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
        let body = self.inbox.get(head.body_at..end).unwrap_or_default();
        Ok(Answer { status: head.status, retry_after: head.retry_after, body })
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
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.get(9..12)).and_then(|code| code.parse().ok());
    let mut parsed = Head { status: status.ok_or_else(|| wrong("no status"))?, body_at, ..Head::default() };
    let mut measured = false;
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            parsed.body_len = value.trim().parse().map_err(|_| wrong("no length"))?;
            measured = true;
        } else if name.eq_ignore_ascii_case("retry-after") {
            parsed.retry_after = true;
        }
    }
    if measured { Ok(parsed) } else { Err(wrong("a body without a length")) }
}
