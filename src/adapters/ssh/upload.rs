//! A list that replaces the one at the far end: uploaded beside it, synced, looked at there, and moved over it in one step.
//! Whoever reads meanwhile has the old list whole or the new one whole, and so has whoever reads after a connection that broke.

use std::path::Path;
use std::time::Duration;

use async_ssh2_lite::AsyncFile;
use aws_lc_rs::digest::{Context, SHA256, digest};
use bytes::Bytes;
use futures_util::{AsyncReadExt as _, AsyncWriteExt as _};
use ssh2::{ErrorCode, FileStat, OpenFlags, OpenType};
use tokio::net::TcpStream;

use super::session::{Session, Sftp, code, said};
use super::{Error, exec, script};

/// Written at once, each piece with the patience of one step.
const PIECE_LEN: usize = 128 << 10;
/// Longest that the far end may take to look through a list or to move it.
const FAR_WORK: Duration = Duration::from_mins(1);
/// Of a list that is there for the first time: the call server may be another user.
const MODE: u32 = 0o644;
const DURING: &str = "during the upload; the list before is untouched";
const MOVING: &str = "while the list was put in place; it is the old one or the new one, whole";

type File = AsyncFile<TcpStream>;

/// Where a list goes, and where it waits until it is whole.
pub(super) struct Upload<'a> {
    pub(super) session: &'a Session,
    pub(super) path: &'a str,
    pub(super) draft: &'a str,
}

impl Upload<'_> {
    pub(super) async fn place(&self, numbers: &Bytes) -> Result<(), Error> {
        let placed = self.placed(numbers).await;
        if placed.is_err() && !matches!(placed, Err(Error::Lost { .. })) {
            self.tidy().await;
        }
        placed
    }

    async fn placed(&self, numbers: &Bytes) -> Result<(), Error> {
        let sftp = self.session.sftp().await?;
        self.upload(&sftp, numbers).await?;
        let stat = self.session.step(DURING, sftp.stat(Path::new(self.draft))).await?;
        let size = stat.map_err(|why| self.not_replaced(said(&why)))?.size;
        if size != u64::try_from(numbers.len()).ok() {
            return Err(self.damaged("size"));
        }
        drop(sftp);
        self.compare(numbers).await?;
        let moved = self.say(&script::replace(self.draft, self.path), MOVING).await?;
        if moved.code == 0 && moved.signal.is_none() {
            Ok(())
        } else {
            Err(self.not_replaced(moved.stderr.trim().to_owned()))
        }
    }

    async fn upload(&self, sftp: &Sftp, numbers: &Bytes) -> Result<(), Error> {
        let mode = self.mode(sftp).await?;
        let mut file = self.create(sftp).await?;
        for piece in numbers.chunks(PIECE_LEN) {
            if self.session.step(DURING, file.write_all(piece)).await?.is_err() {
                return Err(self.not_written(&mut file, numbers.len()).await);
            }
        }
        // The folder's own rights or the user's mask may have made it another.
        let whole = FileStat { size: None, uid: None, gid: None, perm: Some(mode), atime: None, mtime: None };
        let _ = self.session.step(DURING, file.setstat(whole)).await?;
        self.sync(&mut file).await?;
        let closed = self.session.step(DURING, file.close()).await?;
        closed.map_err(|why| self.not_replaced(said(&why)))
    }

    /// That of the list that is there.
    async fn mode(&self, sftp: &Sftp) -> Result<u32, Error> {
        let there = self.session.step(DURING, sftp.stat(Path::new(self.path))).await?;
        Ok(there.ok().and_then(|there| there.perm).map_or(MODE, |perm| perm & 0o7777))
    }

    async fn create(&self, sftp: &Sftp) -> Result<File, Error> {
        let flags = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::EXCLUSIVE;
        // What only the owner may read until it is whole.
        let open = sftp.open_mode(Path::new(self.draft), flags, 0o600, OpenType::File);
        let (folder, at) = (self.folder(), self.session.far.at());
        self.session.step(DURING, open).await?.map_err(|why| match code(&why) {
            Some(ErrorCode::SFTP(libssh2_sys::LIBSSH2_FX_NO_SUCH_FILE)) => Error::NoFolder { folder, at },
            Some(ErrorCode::SFTP(libssh2_sys::LIBSSH2_FX_PERMISSION_DENIED)) => {
                Error::NotWritable { user: self.session.far.user.clone(), folder, at }
            }
            Some(ErrorCode::SFTP(_)) => self.not_replaced(said(&why)),
            Some(ErrorCode::Session(_)) | None => self.session.lost(DURING),
        })
    }

    /// A server of SFTP has one word for all that fails; only its file system knows whether it is full.
    async fn not_written(&self, file: &mut File, len: usize) -> Error {
        let room = match self.session.step(DURING, file.statvfs()).await {
            Ok(Ok(room)) => room.f_bavail.saturating_mul(room.f_frsize),
            Ok(Err(_)) | Err(_) => return self.session.lost(DURING),
        };
        if u64::try_from(len).is_ok_and(|len| room < len) {
            Error::DiskFull { folder: self.folder(), at: self.session.far.at() }
        } else {
            self.not_replaced("it cannot be written".to_owned())
        }
    }

    /// A server that does not know how to sync is believed when its digest is right.
    async fn sync(&self, file: &mut File) -> Result<(), Error> {
        match self.session.step(DURING, file.fsync()).await? {
            Ok(()) => Ok(()),
            Err(why) if code(&why) == Some(ErrorCode::SFTP(libssh2_sys::LIBSSH2_FX_OP_UNSUPPORTED)) => Ok(()),
            Err(why) => Err(self.not_replaced(said(&why))),
        }
    }

    async fn compare(&self, numbers: &Bytes) -> Result<(), Error> {
        let wanted = hex::encode(digest(&SHA256, numbers));
        let said = self.say(&script::sha256(self.draft), DURING).await?;
        let there = match said.stdout.split_whitespace().next() {
            Some(there) => there.to_owned(),
            None => self.read_back().await?,
        };
        if there == wanted { Ok(()) } else { Err(self.damaged("digest")) }
    }

    /// Where the far end has no program for a digest.
    async fn read_back(&self) -> Result<String, Error> {
        let sftp = self.session.sftp().await?;
        let opened = self.session.step(DURING, sftp.open(Path::new(self.draft))).await?;
        let mut file = opened.map_err(|why| self.not_replaced(said(&why)))?;
        let (mut context, mut piece) = (Context::new(&SHA256), vec![0; PIECE_LEN]);
        loop {
            let read = self.session.step(DURING, file.read(&mut piece)).await?;
            match read.map_err(|why| self.not_replaced(why.to_string()))? {
                0 => return Ok(hex::encode(context.finish())),
                read => context.update(piece.get(..read).unwrap_or_default()),
            }
        }
    }

    /// What is said of a lost command is about the remote command, which this is not.
    async fn say(&self, line: &str, during: &'static str) -> Result<exec::Said, Error> {
        let said = exec::say(self.session, line, FAR_WORK).await;
        if matches!(said, Err(Error::CommandLost { .. } | Error::CommandTooLong { .. })) {
            return Err(self.session.lost(during));
        }
        said
    }

    /// What cannot be taken away now is taken away by a later upload.
    async fn tidy(&self) {
        if let Ok(sftp) = self.session.sftp().await {
            let _ = self.session.step(DURING, sftp.unlink(Path::new(self.draft))).await;
        }
    }

    fn folder(&self) -> String {
        let folder = Path::new(self.path).parent().unwrap_or_else(|| Path::new("/"));
        folder.display().to_string()
    }

    fn not_replaced(&self, why: String) -> Error {
        Error::NotReplaced { path: self.path.to_owned(), at: self.session.far.at(), why }
    }

    fn damaged(&self, what: &'static str) -> Error {
        Error::Damaged { at: self.session.far.at(), what }
    }
}
