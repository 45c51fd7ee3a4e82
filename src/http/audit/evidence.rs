//! What happened to a call, for those who have to be convinced: its events and those that led to it as they are stored, with the path from
//! each of them to a signed checkpoint. What is in the file and how it is judged is said in `docs/evidence.md`.

use std::collections::BTreeSet;

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Path, Query};
use actix_web::{HttpResponse, get};
use cqrs_es::Aggregate as _;
use domain::disclosure::{Disclosure, Kind, Way};
use domain::language::Language;
use serde::Deserialize;
use utoipa::IntoParams;

use super::object::{Asking, Object};
use super::verification::may_verify;
use super::words::Teller;
use super::{chain, reading};
use crate::dispatch::proof::About;
use crate::http::Engine;
use crate::http::auth::Member;
use crate::http::disclosing::Reading;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::query;
use crate::http::sessions::{self, Fresh};

/// Events read at a time.
const PAGE: u32 = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wished {
    /// What becomes of names, numbers and notes. `sealed`, which is meant where it is left out: they stay closed. `open`: the keys of these
    /// events go with the file, and open them for whoever has it, for ever.
    #[param(example = "open")]
    personal: Option<String>,
}

/// The evidence about a call, as a file that `karnay verify-bundle` checks without this engine or its data. What is not signed yet is
/// signed at once. The call goes by the same `id` as in `GET /audit/call/:id`, and asking is recorded as looking at it.
#[utoipa::path(tag = "audit", security(("token" = [])), params(Wished, Fresh), responses(
    (status = OK, body = Value, description = "The file; docs/evidence.md describes it"),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json"),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
    (status = NOT_FOUND, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/audit/calls/{id}/evidence")]
pub(super) async fn evidence(
    engine: Engine,
    member: Member,
    looking: Reading,
    id: Path<String>,
    (wished, fresh): (Query<Wished>, Query<Fresh>),
) -> Result<HttpResponse, Problem> {
    let caller = member.0;
    may_verify(&caller)?;
    let known = [("open", true), ("sealed", false)];
    let open = query::one_of("personal", wished.personal.as_deref(), &known)?.unwrap_or(false);
    let (object, shown) = Asking::new(&engine, &caller, &fresh).object(Kind::Call, &id, None).await?;
    let own = own(&engine, &object).await?;
    let (seen, name) = object.seen();
    let name = name.to_owned();
    let teller = Teller { language: Language::default(), zone: engine.options.timezone };
    let led = chain::of(&engine, &caller.organization, teller, object.subject).await?;
    let causes = led.iter().filter_map(chain::Link::position).collect();
    let disposition = format!("attachment; filename=\"evidence-{name}.json\"");
    let organization = caller.organization.to_string();
    let about = About { organization, kind: seen.as_str().to_owned(), id: name.clone(), own, causes, open };
    let evidence = engine.proof.evidence(about).await?;
    // Of whoever was forgotten there are no keys to be handed out, whatever was asked for.
    let how = if evidence.personal_keys.is_empty() { Way::Sealed } else { Way::Opened };
    looking.discloses(&engine, &caller, (how, seen, &name)).await?;
    let mut answer = sessions::shown(shown);
    answer
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CONTENT_DISPOSITION, disposition));
    sessions::json(answer, &evidence)
}

/// Where its own events are. Who looked at it is not its story.
async fn own(engine: &Engine, object: &Object) -> Result<BTreeSet<u64>, Problem> {
    let (mut own, mut cursor) = (BTreeSet::new(), None);
    loop {
        let page = reading::page(engine, object, cursor.as_ref(), PAGE).await?;
        let told = page.entries.iter().filter(|entry| entry.kind != Disclosure::TYPE);
        own.extend(told.map(|entry| entry.position));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(own);
        }
    }
}
