//! A command that comes again under the same `Idempotency-Key` is carried out once: the journal remembers it by that name.

use actix_web::HttpRequest;
use aws_lc_rs::digest::{SHA256, digest};

use super::problem::Problem;
use crate::dispatch::CommandId;

const KEY: &str = "Idempotency-Key";
const KEY_LEN_MAX: usize = 255;

/// None where nobody named the command. `asked` is all that it asks for: under one name there is one command.
pub(super) fn command(request: &HttpRequest, asked: &str) -> Result<Option<CommandId>, Problem> {
    let Some(key) = request.headers().get(KEY) else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| (1..=KEY_LEN_MAX).contains(&key.len()));
    let told = || Problem::parameter(KEY, format!("has to be a text of 1 to {KEY_LEN_MAX} letters in ASCII"));
    Ok(Some(named(key.ok_or_else(told)?, &format!("{} {asked}", request.path()))))
}

fn named(key: &str, asked: &str) -> CommandId {
    let mut id = [0; 16];
    // Effects name their commands by hashes too.
    id.iter_mut().zip(hash(&format!("{KEY}: {key}"))).for_each(|(to, from)| *to = from);
    CommandId { id: uuid::Builder::from_custom_bytes(id).into_uuid(), body: hash(asked) }
}

fn hash(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}
