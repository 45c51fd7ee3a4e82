//! The journal as commands open it that write nothing to it. One that was moved lies in its folder as it was that day.

use std::io::{self, Write as _};

use super::Error;
use super::verify::place;
use crate::config::Config;
use crate::journal::verify::Reader;

/// For whoever looks: what was moved may be looked at, and is said to be that.
pub(super) async fn to_look(config: &Config) -> Result<Reader, Error> {
    let place = place(config);
    if let Err(why) = place.refuse_moved() {
        writeln!(io::stderr(), "karnay: NOTE: what is looked at stands still. {why}")?;
    }
    Ok(Reader::open(&place).await?)
}

/// For whoever keeps what it says, or goes on by it: it has to be the journal of today.
pub(super) async fn as_of_today(config: &Config) -> Result<Reader, Error> {
    let place = place(config);
    place.refuse_moved()?;
    Ok(Reader::open(&place).await?)
}
