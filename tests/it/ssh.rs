//! R4: the remote host over SSH, against OpenSSH's own server: what goes wrong on the way to it, on it and on the way back.
//! Each of the ten rules under which libssh2 is used here has a test that is named for it.

mod commands;
mod hosts;
mod lists;
mod logins;
mod recordings;
mod rules;
mod sessions;
pub(crate) mod wire;

use domain::ids::SessionId;
use domain::session::Exit;
use karnay::adapters::ssh::Ssh;
use karnay::ports::{RemoteHost as _, Trouble};

fn session() -> SessionId {
    SessionId::parse("session-1738862891234-abc123").unwrap()
}

async fn launched(ssh: &Ssh) -> Exit {
    ssh.launch("one", &session()).await.unwrap()
}

/// Why a launch did not come to be, as people read it.
async fn refused(ssh: &Ssh) -> String {
    said(ssh.launch("one", &session()).await)
}

fn said<T: std::fmt::Debug>(answer: Result<T, Trouble>) -> String {
    match answer {
        Err(Trouble::Never { why }) => why,
        other => panic!("{other:?} is no reason"),
    }
}
