//! An import told row by row, as it is kept and as it is read. Streamed, so that a long one costs no memory.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Path, Query};
use actix_web::{HttpResponse, get};
use domain::disclosure::{Kind, Way};
use domain::import::{Line, Note};
use futures_util::{StreamExt as _, TryStreamExt as _, future, stream};
use projections::imports::Imports;
use projections::projection::Projection;

use super::{find, named};
use crate::dispatch::lists::Error;
use crate::http::auth::Member;
use crate::http::disclosing::Reading;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::sessions::{self, Fresh};
use crate::http::{Engine, formula};

const HEAD: &str = "row,outcome,contactId,field,what,before,after,reason\n";
const LINE_LEN: usize = 96;

/// Every row with what became of it, as CSV: created, updated, skipped or rejected, and a line for each thing about its fields.
#[utoipa::path(tag = "contacts", security(("token" = [])), params(Fresh), responses(
    (status = OK, body = String, content_type = "text/csv"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/imports/{id}/report")]
pub(super) async fn rows(
    engine: Engine,
    member: Member,
    reading: Reading,
    id: Path<String>,
    fresh: Query<Fresh>,
) -> Result<HttpResponse, Problem> {
    let organization = &member.0.organization;
    let fresh = fresh.wait(&engine, Imports::NAME).await;
    let import = find(&engine, organization, named(&id)?).await?;
    reading.discloses(&engine, &member.0, (Way::Copied, Kind::Import, &import.id.to_string())).await?;
    let texts = engine.dispatch.lists().texts(organization, import.id);
    let tables =
        texts.and_then(|text| future::ready(read(&text).map(|lines| table(&lines)).ok_or(Error::Damaged)));
    let head = stream::once(async { Ok(Bytes::from_static(HEAD.as_bytes())) });
    let mut answer = sessions::shown(fresh);
    answer.insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"));
    let name = format!("attachment; filename=\"import-{}.csv\"", import.id);
    answer.insert_header((CONTENT_DISPOSITION, name));
    Ok(answer.streaming(head.chain(tables.inspect_err(tell))))
}

fn tell(why: &Error) {
    tracing::error!(cause = %why, "the report of an import broke off while it was downloaded: {why}");
}

/// As it is kept, for ever: a line of JSON for each row.
pub(super) fn written(lines: &[Line]) -> Vec<u8> {
    let mut text = Vec::with_capacity(lines.len() * LINE_LEN);
    for line in lines {
        // Writing to memory cannot fail.
        let _ = serde_json::to_writer(&mut text, line);
        text.push(b'\n');
    }
    text
}

/// None where it is not what `written` makes.
pub(in crate::http) fn read(text: &[u8]) -> Option<Vec<Line>> {
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).ok()).collect()
}

fn table(lines: &[Line]) -> Bytes {
    let mut table = csv::Writer::from_writer(Vec::with_capacity(lines.len() * LINE_LEN));
    for line in lines {
        let notes: Vec<Option<&Note>> =
            if line.notes.is_empty() { vec![None] } else { line.notes.iter().map(Some).collect() };
        for note in notes {
            // As above.
            let _ = table.write_record(cells(line, note));
        }
    }
    table.into_inner().unwrap_or_default().into()
}

fn cells(line: &Line, note: Option<&Note>) -> [String; 8] {
    let harmless = |text: &str| formula::harmless(text.into()).into_owned();
    let contact = line.contact.map(|contact| contact.to_string()).unwrap_or_default();
    let [field, what, before, after, reason] = note.map_or_else(Default::default, |note| {
        let (what, reason) = (note.what.as_str().to_owned(), note.what.sentence().to_owned());
        [harmless(&note.field), what, harmless(&note.before), harmless(&note.after), reason]
    });
    [line.row.to_string(), line.became.as_str().to_owned(), contact, field, what, before, after, reason]
}

#[cfg(test)]
mod tests {
    use domain::import::{Became, What};

    use super::*;

    #[test]
    fn what_is_written_is_read_and_shown() {
        let notes = vec![
            Note::new("phone", What::Repaired, "90 123-45-67", "+998901234567"),
            Note::new("a\nb", What::NotJson, "=1\n", ""),
        ];
        let lines = [
            Line { row: 2, became: Became::Created, contact: Some(uuid::Uuid::nil()), notes },
            Line { row: 4, became: Became::Rejected, contact: None, notes: vec![] },
        ];
        let text = written(&lines);
        assert_eq!(read(&text).unwrap(), lines);
        let nil = "00000000-0000-0000-0000-000000000000";
        assert_eq!(
            String::from_utf8(table(&lines).to_vec()).unwrap(),
            format!(
                "2,created,{nil},phone,repaired,90 123-45-67,+998901234567,It was written otherwise.\n\
                 2,created,{nil},\"a\nb\",not_json,\"'=1\n\",,The cell holds no JSON.\n4,rejected,,,,,,\n"
            )
        );
        assert_eq!(read(b"{\"row\":1}\n"), None, "anything else is noticed");
    }
}
