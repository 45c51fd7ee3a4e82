//! Why a host cannot be reached or does not do what it should, in words that say what to check.
//! Whether it may be tried again is said here too; what libssh2 calls it is translated by whoever asked it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::adapters::outside::Refusal;
use crate::ports::Trouble;

/// A host that is asked about an earlier start may be back by then.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// This machine has no room for another thread at the moment.
const NO_ROOM: Duration = Duration::from_secs(5);

/// Most begin as the documented texts do, for people search for these words. `at` is host and port.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("SSH connection error: Host {host} not found. Check REMOTE_HOST and the name server")]
    NotFound { host: String },
    #[error("SSH connection error: Host {host} {why}")]
    NotOutside { host: String, why: Refusal },
    #[error("SSH connection error: Connection timeout to {at}. Check firewall and network")]
    Timeout { at: String },
    #[error(
        "SSH connection error: Connection refused by {at}. Check that its SSH server runs, and REMOTE_PORT"
    )]
    Refused { at: String },
    #[error("SSH connection error: No way to {at} ({why}). Check firewall and network")]
    Unreachable { at: String, why: io::Error },
    #[error(
        "SSH connection error: {at} takes connections but says nothing for {} s. Check REMOTE_PORT, and how busy its SSH server is",
        patience.as_secs()
    )]
    Silent { at: String, patience: Duration },
    #[error(
        "SSH connection error: {at} does not speak SSH, or turned us away before the login ({why}). Check REMOTE_PORT and MaxStartups there"
    )]
    Handshake { at: String, why: String },
    #[error(
        "SSH connection error: {at} has no algorithm in common with us. It has to offer curve25519-sha256, aes256-ctr, hmac-sha2-256 and a host key of {wanted}"
    )]
    Algorithms { at: String, wanted: &'static str },
    #[error(
        "SSH connection error: Host key of {at} is unknown: {met}. If it is the right one, set REMOTE_HOST_KEY to that fingerprint or name the key in REMOTE_KNOWN_HOSTS"
    )]
    HostUnknown { at: String, met: String },
    #[error(
        "SSH connection error: Host key of {at} is not the expected one: met {met}, expected by {source_name}. Somebody may be in between; only if the host was set up anew, change it there"
    )]
    HostMismatch { at: String, met: String, source_name: String },
    #[error(
        "SSH connection error: Host key of {at} is revoked in REMOTE_KNOWN_HOSTS: {met}. Somebody may be in between"
    )]
    HostRevoked { at: String, met: String },
    #[error("SSH connection error: {} cannot be read or written: {why}. Check REMOTE_KNOWN_HOSTS and DATA_DIR", path.display())]
    KnownHosts { path: PathBuf, why: io::Error },
    #[error(
        "SSH connection error: Login refused for {user} at {at} with a key of kind {key}. Check REMOTE_USER, PRIVATE_KEY_BASE64 and authorized_keys there"
    )]
    LoginRefused { user: String, at: String, key: &'static str },
    #[error("SSH connection error: PRIVATE_KEY_BASE64 cannot be used ({why}). Check that the key is whole")]
    KeyUnusable { why: String },
    #[error("SSH connection error: Connection to {at} lost {during}. Check network and the SSH server's log")]
    Lost { at: String, during: &'static str },
    #[error(
        "SSH connection error: Connection to {at} lost while the command ran. What became of it is unknown, and it is not run again"
    )]
    CommandLost { at: String },
    #[error(
        "{at} did not say how the remote command ended. What became of it is unknown, and it is not run again. Check that its SSH server runs what it is told to (ForceCommand)"
    )]
    EndUntold { at: String },
    #[error(
        "The remote command has not come back within {} s. It may be running still, and it is not run again",
        after.as_secs()
    )]
    CommandTooLong { after: Duration },
    #[error("this start was begun before on the remote host; it is not run again")]
    BegunBefore,
    #[error("REMOTE_PATH: the folder {folder} does not exist at {at}. Make it, or change REMOTE_PATH")]
    NoFolder { folder: String, at: String },
    #[error("REMOTE_PATH: {user} may not write in {folder} at {at}. Check who owns it")]
    NotWritable { user: String, folder: String, at: String },
    #[error(
        "REMOTE_PATH: the disk under {folder} at {at} is full. Make room there; the list before is untouched"
    )]
    DiskFull { folder: String, at: String },
    #[error("REMOTE_PATH: {path} at {at} cannot be replaced: {why}")]
    NotReplaced { path: String, at: String, why: String },
    #[error(
        "REMOTE_PATH: what arrived at {at} is not what was sent ({what} differs). The list before is untouched"
    )]
    Damaged { at: String, what: &'static str },
    #[error("REMOTE_RECORDINGS_PATH: a recording cannot be read at {at}: {why}")]
    Recording { at: String, why: String },
    #[error("REMOTE_RECORDINGS_PATH: a recording cannot be removed at {at}: {why}")]
    Unremoved { at: String, why: String },
    #[error("SSH connection error: {what} refused by {at} ({why}). Check the settings of its SSH server")]
    Denied { at: String, what: &'static str, why: String },
    #[error("no thread can be started for the remote host: {0}")]
    Thread(#[source] io::Error),
    #[error(
        "the engine failed while it spoke to the remote host. What it was doing there is not tried again"
    )]
    Broke,
}

impl Error {
    /// Nobody was called where there was no thread for it. The others do not go away by themselves within the time
    /// that a start waits, or leave open what was done; each has a text that says what to check.
    pub(super) fn told(self) -> Trouble {
        if matches!(self, Self::Thread(_)) {
            return Trouble::Later { after: NO_ROOM };
        }
        Trouble::Never { why: self.to_string() }
    }

    /// A question may be asked again as often as one likes.
    pub(super) fn asked(self) -> Trouble {
        tracing::warn!(cause = %self, "the remote host cannot be asked about an earlier start");
        Trouble::Later { after: ASK_AGAIN }
    }
}
