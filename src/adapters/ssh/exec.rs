//! A command at the far end, from its request to its exit. stdout is read to its end, then stderr, never both at once.

use std::time::Duration;

use domain::session::Exit;
use futures_util::AsyncReadExt as _;
use futures_util::io::AsyncRead;
use tokio::time::Instant;

use super::Error;
use super::script::{self, Told};
use super::session::{Channel, KEEPALIVE, Session};
use crate::adapters::kept::Kept;

/// Read at once.
const PIECE_LEN: usize = 32 << 10;
/// What the scripts say themselves after the command's own stderr.
const TAIL_LEN_MAX: usize = 1 << 10;

/// What came back, as it was said on the channel.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) code: i32,
    pub(super) signal: Option<String>,
}

/// Runs a script of `script::run`, and believes no exit that it did not tell of.
pub(super) async fn run(session: &Session, line: &str, timeout: Duration) -> Result<Exit, Error> {
    let mut said = say(session, line, timeout).await?;
    let (code, signal) = match (said.signal.take(), script::told(&mut said.stderr)) {
        (Some(signal), _) => (None, Some(signal)),
        (None, Told::Begun) => return Err(Error::BegunBefore),
        (None, Told::Code(code)) => ended(code),
        (None, Told::Nothing) => return Err(Error::EndUntold { at: session.far.at() }),
    };
    Ok(Exit { code, signal, stdout: said.stdout, stderr: said.stderr })
}

pub(super) fn ended(code: i32) -> (Option<i32>, Option<String>) {
    match script::signal(code) {
        Some(signal) => (None, Some(signal.to_owned())),
        None => (Some(code), None),
    }
}

/// From the request on, a connection that breaks leaves open what became of the command.
pub(super) async fn say(session: &Session, line: &str, timeout: Duration) -> Result<Said, Error> {
    let mut channel = session.channel().await?;
    let deadline = Instant::now() + timeout;
    let lost = || Error::CommandLost { at: session.far.at() };
    session.step("", channel.exec(line)).await.map_err(|_| lost())?.map_err(|_| lost())?;
    let (mut stdout, mut stderr) = (Kept::default(), Kept::with_room(TAIL_LEN_MAX));
    listen(session, &mut channel, &mut stdout, deadline, timeout).await?;
    listen(session, &mut channel.stderr(), &mut stderr, deadline, timeout).await?;
    let (code, signal) = exit(session, &mut channel).await?;
    Ok(Said { stdout: stdout.text(), stderr: stderr.text(), code, signal })
}

/// To the end, however much it is.
async fn listen(
    session: &Session,
    from: &mut (impl AsyncRead + Unpin),
    kept: &mut Kept,
    deadline: Instant,
    timeout: Duration,
) -> Result<(), Error> {
    let mut piece = vec![0; PIECE_LEN];
    loop {
        let until = deadline.min(Instant::now() + KEEPALIVE);
        match tokio::time::timeout_at(until, from.read(&mut piece)).await {
            Ok(Ok(0)) => return Ok(()),
            Ok(Ok(read)) => kept.take(piece.get(..read).unwrap_or_default()),
            Ok(Err(_)) => return Err(Error::CommandLost { at: session.far.at() }),
            Err(_) if Instant::now() >= deadline => {
                session.hang_up();
                return Err(Error::CommandTooLong { after: timeout });
            }
            Err(_) => session.keep_alive().await,
        }
    }
}

/// A command that was killed has the exit status 0 in libssh2's eyes; its signal is asked for first.
async fn exit(session: &Session, channel: &mut Channel) -> Result<(i32, Option<String>), Error> {
    let lost = || Error::CommandLost { at: session.far.at() };
    session.step("", channel.close()).await.map_err(|_| lost())?.map_err(|_| lost())?;
    session.step("", channel.wait_close()).await.map_err(|_| lost())?.map_err(|_| lost())?;
    let signal = channel.exit_signal().await.map_err(|_| lost())?.exit_signal;
    Ok((channel.exit_status().map_err(|_| lost())?, signal))
}
