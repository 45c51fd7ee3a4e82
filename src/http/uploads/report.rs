//! A list told row by row, and the list itself as it is dialled. Streamed, so that a long one costs no memory.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Path};
use actix_web::{HttpResponse, get};
use domain::disclosure::{Kind, Way};
use domain::number_list::{Line, Verdict};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::named;
use crate::dispatch::lists::Error;
use crate::http::auth::Calls;
use crate::http::disclosing::Reading;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::{Engine, formula};

const HEAD: &str = "line,value,outcome,number,reason\n";

/// Every row with what became of it, as CSV: accepted, repaired, duplicate, refused or header.
#[utoipa::path(tag = "uploads", security((), ("token" = [])), responses(
    (status = OK, body = String, content_type = "text/csv"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/calls/uploads/{id}/report")]
pub(super) async fn rows(
    engine: Engine,
    caller: Calls,
    reading: Reading,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let list = named(&engine, &caller.0.organization, &id).await?;
    reading.discloses(&engine, &caller.0, (Way::Copied, Kind::List, &list.id.to_string())).await?;
    let lines = engine.dispatch.lists().lines(&caller.0.organization, list.id);
    let head = stream::once(async { Ok(Bytes::from_static(HEAD.as_bytes())) });
    Ok(download(&format!("report-{}.csv", list.id), "text/csv; charset=utf-8")
        .streaming(head.chain(lines.map_ok(|lines| table(&lines)).inspect_err(tell))))
}

/// The numbers as they are dialled: E.164, one a line.
#[utoipa::path(tag = "uploads", security((), ("token" = [])), responses(
    (status = OK, body = String, content_type = "text/plain"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/calls/uploads/{id}/numbers")]
pub(super) async fn numbers(
    engine: Engine,
    caller: Calls,
    reading: Reading,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let list = named(&engine, &caller.0.organization, &id).await?;
    reading.discloses(&engine, &caller.0, (Way::Copied, Kind::List, &list.id.to_string())).await?;
    let lines = engine.dispatch.lists().lines(&caller.0.organization, list.id);
    Ok(download(&format!("numbers-{}.txt", list.id), "text/plain; charset=utf-8")
        .streaming(lines.map_ok(|lines| dialled(&lines)).inspect_err(tell)))
}

fn download(name: &str, kind: &str) -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, kind));
    answer.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    answer
}

fn tell(why: &Error) {
    tracing::error!(cause = %why, "a list broke off while it was downloaded: {why}");
}

fn dialled(lines: &[Line]) -> Bytes {
    let accepted = lines.iter().filter_map(|line| line.verdict.number());
    accepted.flat_map(|number| [number.as_str(), "\n"]).collect::<String>().into()
}

fn table(lines: &[Line]) -> Bytes {
    let mut table = csv::Writer::from_writer(Vec::with_capacity(lines.len() * 48));
    for Line { row, value, verdict } in lines {
        let (outcome, number, reason) = match verdict {
            Verdict::Accepted(number) => ("accepted", number.as_str(), String::new()),
            Verdict::Repaired(number) => ("repaired", number.as_str(), String::new()),
            Verdict::Duplicate { of } => ("duplicate", "", format!("The number stands in line {of}.")),
            Verdict::Refused(why) => ("refused", "", why.sentence().to_owned()),
            Verdict::Header => ("header", "", String::new()),
            Verdict::Forgotten => ("forgotten", "", "The person was forgotten.".to_owned()),
        };
        let value = formula::harmless(value.as_str().into());
        // Writing to memory cannot fail.
        let _ = table.write_record([&row.to_string(), &*value, outcome, number, &reason]);
    }
    table.into_inner().unwrap_or_default().into()
}
