//! A form's file on its way to the disk: bounded in size, and gone again when it was read.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Payload;
use aws_lc_rs::digest::{Context, Digest, SHA256};
use futures_util::StreamExt as _;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt as _;

use super::under_way::Shown;
use crate::http::problem::{Code, Problem};
use crate::http::{Engine, body};
use crate::ports::SHEET_LEN_MAX;

/// What a form may have beside its file.
const FORM_LEN_MAX: u64 = 1 << 20;
/// The next piece of a file that is not there after this long will not come.
const PIECE_WAIT: Duration = Duration::from_secs(30);
/// So long a form may take altogether: whoever sends more slowly keeps others out.
const ALL_WAIT: Duration = Duration::from_mins(10);
const OTHERS_LEN_MAX: usize = 64 << 10;
const NAME: &str = "file";
/// Read at once when a file is digested.
const PIECE_LEN: usize = 64 << 10;

/// Names of files that are tables, whatever their lines look like.
const TABLE: &str = ".csv";

/// A file on the disk.
#[derive(Debug)]
pub(in crate::http) struct Received {
    pub(in crate::http) file: NamedTempFile,
    /// Its name says that the numbers stand in the first column alone.
    pub(super) is_table: bool,
}

impl Received {
    /// What tells it from another: its bytes, and how they are read.
    pub(super) async fn digest(&self) -> Result<String, Problem> {
        let file = self.file.reopen().map_err(|why| stored(&why))?;
        let digested =
            tokio::task::spawn_blocking(move || digest_of(BufReader::with_capacity(PIECE_LEN, file)));
        let digest = digested.await.map_err(|why| stored(&why))?.map_err(|why| stored(&why))?;
        Ok(format!("{} {}", hex::encode(digest), self.is_table))
    }
}

fn digest_of(mut file: impl BufRead) -> std::io::Result<Digest> {
    let mut digest = Context::new(&SHA256);
    loop {
        let piece = file.fill_buf()?;
        if piece.is_empty() {
            return Ok(digest.finish());
        }
        digest.update(piece);
        let len = piece.len();
        file.consume(len);
    }
}

/// The field `file`, wherever it stands among others.
pub(in crate::http) async fn file(
    engine: &Engine,
    request: &HttpRequest,
    payload: Payload,
    shown: &Shown,
) -> Result<Received, Problem> {
    tokio::time::timeout(ALL_WAIT, find(engine, request, payload, shown)).await.map_err(|_| late())?
}

async fn find(
    engine: &Engine,
    request: &HttpRequest,
    payload: Payload,
    shown: &Shown,
) -> Result<Received, Problem> {
    body::plain(request.headers())?;
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(length);
    if length.is_some_and(|length| length > SHEET_LEN_MAX + FORM_LEN_MAX) {
        return Err(too_large());
    }
    shown.begun.bytes.begin(length.unwrap_or(0));
    let mut form = Multipart::new(request.headers(), payload);
    while let Some(field) = next(&mut form).await? {
        if field.name() == Some(NAME) {
            body::plain(field.headers())?;
            let is_table = is_table(&field);
            return Ok(Received { file: store(engine, field, shown).await?, is_table });
        }
        pass_over(field).await?;
    }
    Err(Problem::field(NAME, "is not in the form: send multipart/form-data with the list as `file`"))
}

fn is_table(field: &Field) -> bool {
    let name = field.content_disposition().and_then(|disposition| disposition.get_filename());
    name.is_some_and(|name| name.to_ascii_lowercase().ends_with(TABLE))
}

fn length(value: &HeaderValue) -> Option<u64> {
    value.to_str().ok()?.parse().ok()
}

async fn next(form: &mut Multipart) -> Result<Option<Field>, Problem> {
    let field = tokio::time::timeout(PIECE_WAIT, form.next()).await.map_err(|_| late())?;
    field.transpose().map_err(|why| broken(&why))
}

/// Forms have small fields beside their file.
async fn pass_over(mut field: Field) -> Result<(), Problem> {
    let mut len = 0;
    while let Some(piece) = tokio::time::timeout(PIECE_WAIT, field.next()).await.map_err(|_| late())? {
        len += piece.map_err(|why| broken(&why))?.len();
        if len > OTHERS_LEN_MAX {
            let what = format!("fields before `{NAME}` may have at most {OTHERS_LEN_MAX} bytes each");
            return Err(Problem::new(Code::TooLarge, what));
        }
    }
    Ok(())
}

async fn store(engine: &Engine, mut field: Field, shown: &Shown) -> Result<NamedTempFile, Problem> {
    if engine.disk.room().is_low {
        return Err(Problem::new(Code::DiskLow, "so little room is left that no file is taken in"));
    }
    let folder = engine.options.uploads.clone();
    let made = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
        NamedTempFile::new_in(folder)
    });
    let file = made.await.map_err(|why| stored(&why))?.map_err(|why| stored(&why))?;
    let mut out = tokio::fs::File::from_std(file.reopen().map_err(|why| stored(&why))?);
    let mut len = 0;
    loop {
        let piece = tokio::time::timeout(PIECE_WAIT, field.next()).await.map_err(|_| late())?;
        let Some(piece) = piece else { break };
        let piece = piece.map_err(|why| broken(&why))?;
        len += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        if len > SHEET_LEN_MAX {
            return Err(too_large());
        }
        out.write_all(&piece).await.map_err(|why| stored(&why))?;
        shown.begun.bytes.add(piece.len());
    }
    out.flush().await.map_err(|why| stored(&why))?;
    Ok(file)
}

/// As the reader would say it.
fn too_large() -> Problem {
    let detail = format!("the file is too large: it may have at most {SHEET_LEN_MAX} bytes");
    Problem::new(Code::TooLarge, detail)
}

fn late() -> Problem {
    Problem::new(Code::RequestTimeout, "the file did not arrive in time")
}

fn broken(why: &MultipartError) -> Problem {
    Problem::new(Code::BadRequest, format!("the form cannot be read: {why}"))
}

fn stored(why: &dyn std::fmt::Display) -> Problem {
    Problem::new(Code::JournalUnavailable, "the file cannot be kept for reading").because(why)
}
