//! A list put to the running engine, line by line, and what became of each.

use std::collections::HashMap;
use std::io::{self, Read as _, Write};
use std::path::Path;

use domain::ids::{Fingerprint, Organization};
use uuid::Uuid;

use super::super::engine::{Engine, Forgot};
use super::super::opening;
use super::super::{Error, Outcome};
use super::{Line, listed, read, refuse_others, wrong};
use crate::config::Config;

pub(super) async fn run(
    file: &Path,
    nobody: bool,
    config: &Config,
    out: &mut dyn Write,
) -> Result<Outcome, Error> {
    let lines = read(file, &text(file)?)?;
    if lines.is_empty() && !nobody {
        let why = "names nobody, which is what a list looks like that was lost, too. Where nobody was forgotten since the backup, say so: \
                   --nobody";
        return Err(wrong(file, why.to_owned()));
    }
    let reader = opening::as_of_today(config).await?;
    let key = reader.data_key_mark().await?.map(hex::encode);
    refuse_others(file, &lines, key.as_deref())?;
    let known = known(listed(&reader).await?);
    let engine = Engine::of(config)?;
    let (mut again, mut before, mut unknown, mut left) = (0, 0, 0, 0);
    for line in &lines {
        let whose = format!("{}/{}", line.organization, line.contact);
        let was = known.get(&(line.organization.clone(), line.contact));
        let is_known = was.is_some_and(|was| line.numbers.iter().all(|number| was.contains(number)));
        let told = match engine.forget(line).await? {
            Forgot::Calling => {
                left += 1;
                "NOT forgotten: a call to them is under way; apply the list again when it is over".to_owned()
            }
            Forgot::Done { others, .. } if !others.is_empty() => {
                left += 1;
                let others: Vec<String> = others.iter().map(Uuid::to_string).collect();
                let others = others.join(", ");
                format!(
                    "NOT wholly forgotten: has a number with {others} here; forget that contact too, then apply the list again"
                )
            }
            Forgot::Done { .. } if is_known => {
                before += 1;
                "was forgotten here before".to_owned()
            }
            Forgot::Done { known: false, .. } => {
                unknown += 1;
                "was not known here: nothing that the backup brought back is of them".to_owned()
            }
            Forgot::Done { .. } => {
                again += 1;
                "is forgotten again".to_owned()
            }
        };
        writeln!(out, "{whose} {told}")?;
        out.flush()?;
    }
    writeln!(
        out,
        "listed: {}, forgotten again: {again}, known before: {before}, not known here: {unknown}, left: {left}",
        lines.len()
    )?;
    if left > 0 {
        return Ok(Outcome::NotFine);
    }
    if engine.forgotten_applied().await? {
        writeln!(out, "next: karnay restore --confirm, once everything else was looked at")?;
    }
    Ok(Outcome::Fine)
}

/// With which numbers, by contact.
fn known(lines: Vec<Line>) -> HashMap<(Organization, Uuid), Vec<Fingerprint>> {
    let mut all: HashMap<_, Vec<Fingerprint>> = HashMap::new();
    for line in lines {
        all.entry((line.organization, line.contact)).or_default().extend(line.numbers);
    }
    all
}

fn text(file: &Path) -> Result<String, Error> {
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        io::stdin().lock().read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.map_err(|why| wrong(file, format!("cannot be read: {why}")))?;
    Ok(text)
}
