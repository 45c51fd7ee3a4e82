//! `karnay checkpoint`: the newest signed checkpoint, as it is to be kept elsewhere.

use std::io::{self, Write};

use super::opening;
use super::{Error, Outcome};
use crate::config::Config;

pub(super) async fn run(config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    let reader = opening::as_of_today(config).await?;
    let Some(newest) = reader.newest_checkpoint().await? else {
        writeln!(io::stderr(), "karnay: nothing of this journal is signed yet")?;
        return Ok(Outcome::NotFine);
    };
    let line = serde_json::to_string(&newest).map_err(io::Error::from)?;
    writeln!(out, "{line}")?;
    Ok(Outcome::Fine)
}
