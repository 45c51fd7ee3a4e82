//! Whether the journal is what was written: asked for, followed while it is looked at, and told. What is told is what this node found
//! since it was started; nothing of it is recorded.

use actix_web::{HttpResponse, get, post};
use domain::access::Role;
use domain::ids::Organization;
use serde::Serialize;
use utoipa::ToSchema;

use super::words::{Teller, Texts};
use crate::http::Engine;
use crate::http::auth::{Caller, Member, Refusal};
use crate::http::language;
use crate::http::problem::{Code, Problem, ProblemBody};
use crate::http::query::Described;
use crate::http::times::Stamp;
use crate::http::vitals::{Asker, Found, Verification, Verified, Verifying};

const NEVER: Texts = [
    "Jurnal bu tugun ishga tushgandan beri tekshirilmagan",
    "Журнал бу тугун ишга тушгандан бери текширилмаган",
    "С запуска этого узла журнал не проверялся",
    "The journal was not verified since this node was started",
];
const RUNNING: Texts = [
    "Jurnal tekshirilmoqda: {0} / {1}",
    "Журнал текширилмоқда: {0} / {1}",
    "Журнал проверяется: {0} из {1}",
    "The journal is being verified: {0} of {1}",
];
const BEGUN: Texts =
    ["Jurnal tekshirilmoqda", "Журнал текширилмоқда", "Журнал проверяется", "The journal is being verified"];
const EMPTY: Texts = [
    "Jurnalda hali hech narsa yo'q",
    "Журналда ҳали ҳеч нарса йўқ",
    "В журнале пока ничего нет",
    "There is nothing in the journal yet",
];
const SOUND: Texts = [
    "Jurnal {0}-o'ringacha yozilganidek",
    "Журнал {0}-ўрингача ёзилганидек",
    "Журнал цел до позиции {0}",
    "The journal is what was written, up to position {0}",
];
const LOST: Texts = [
    "Jurnal {0}-o'ringacha yozilganidek, ammo {1} kishining so'zlari kalitlari bilan yo'qolgan, garchi hech kim ularni unutishni so'ramagan",
    "Журнал {0}-ўрингача ёзилганидек, аммо {1} кишининг сўзлари калитлари билан йўқолган, гарчи ҳеч ким уларни унутишни сўрамаган",
    "Журнал цел до позиции {0}, но слова стольких лиц утрачены вместе с ключами, хотя забыть их никто не просил: {1}",
    "The journal is what was written, up to position {0}, but the words of so many persons are lost with their keys, though nobody asked to forget them: {1}",
];
const WRONG_AT: Texts = [
    "Jurnal {0}-o'rinda buzilgan",
    "Журнал {0}-ўринда бузилган",
    "Журнал нарушен на позиции {0}",
    "The journal is wrong at position {0}",
];
const WRONG: Texts = ["Jurnal buzilgan", "Журнал бузилган", "Журнал нарушен", "The journal is wrong"];
const UNREADABLE: Texts = [
    "Jurnalni oxirigacha o'qib bo'lmadi",
    "Журнални охиригача ўқиб бўлмади",
    "Журнал не удалось прочитать до конца",
    "The journal could not be read to its end",
];

/// What this node knows of the journal's soundness.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JournalVerification)]
pub(super) struct VerificationView {
    /// The look that is under way.
    running: Option<RunningView>,
    /// The last one that came to an end.
    last: Option<VerifiedView>,
    /// Always true: another node knows of its own looks alone, and a restart forgets them.
    kept_in_memory: bool,
    words: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JournalVerifying)]
struct RunningView {
    /// Null where somebody of another organization asked.
    by: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    started_at: Stamp,
    position: u64,
    /// Where the journal ended when the look began.
    head: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JournalVerified)]
struct VerifiedView {
    outcome: Outcome,
    /// Null where somebody of another organization asked.
    by: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    started_at: Stamp,
    #[schema(value_type = String, format = DateTime)]
    finished_at: Stamp,
    /// Up to where it was looked at.
    position: u64,
    /// Over everything up to there, where it is what was written: `sound` or `lost`.
    digest: Option<String>,
    /// How many signed checkpoints were found to be true, where it is what was written.
    checkpoints: Option<u64>,
    /// Up to where it is signed.
    signed_to: Option<u64>,
    /// Of how many persons nothing can be opened any more though nobody asked to forget them: their keys are gone.
    /// Somebody who is told of under several names may be counted as several.
    persons_lost: Option<u64>,
    /// The first place that is wrong; null where it is what was written, and where nobody can say.
    wrong_at: Option<u64>,
    /// What is wrong there.
    wrong: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = JournalOutcome)]
enum Outcome {
    Sound,
    /// It is what was written, and persons' keys are gone without which nobody can read what it says of them.
    Lost,
    Wrong,
    /// It could not be read to its end.
    Unreadable,
}

/// Whether the journal is what was written, as far as this node has looked since it was started, and how far a look has come.
#[utoipa::path(tag = "audit", security(("token" = [])), params(language::Texts), responses(
    (status = OK, body = VerificationView),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/audit/verification")]
pub(super) async fn state(
    engine: Engine,
    member: Member,
    _: Described,
    texts: language::Texts,
) -> Result<HttpResponse, Problem> {
    may_verify(&member.0)?;
    let teller = Teller { language: texts.language, zone: engine.options.timezone };
    Ok(HttpResponse::Ok().json(view(engine.vitals.verification(), &member.0.organization, teller)))
}

/// Begins to look whether the journal is what was written, every event, every digest and every signature of it: gently, beside everything else.
/// `GET` tells how far it has come and what was found.
#[utoipa::path(tag = "audit", security(("token" = [])), params(language::Texts), responses(
    (status = ACCEPTED, body = VerificationView),
    (status = FORBIDDEN, body = ProblemBody, content_type = "application/problem+json"),
    (status = CONFLICT, body = ProblemBody, content_type = "application/problem+json"),
))]
#[post("/audit/verification")]
pub(super) async fn begin(
    engine: Engine,
    member: Member,
    texts: language::Texts,
) -> Result<HttpResponse, Problem> {
    let caller = member.0;
    may_verify(&caller)?;
    let by = Asker { organization: caller.organization.clone(), actor: caller.actor.clone() };
    if !engine.vitals.verify(by) {
        return Err(Problem::new(Code::VerifyRunning, "the journal is being verified already"));
    }
    tracing::info!(by = caller.actor, "the journal is verified");
    let teller = Teller { language: texts.language, zone: engine.options.timezone };
    Ok(HttpResponse::Accepted().json(view(engine.vitals.verification(), &caller.organization, teller)))
}

pub(super) fn may_verify(caller: &Caller) -> Result<(), Refusal> {
    match caller.role {
        Role::Auditor | Role::Admin => Ok(()),
        Role::Operator | Role::Manager => Err(Refusal::RoleTooLow { needed: "auditor or admin" }),
    }
}

fn view(known: Verification, organization: &Organization, teller: Teller) -> VerificationView {
    let words = match (&known.running, &known.last) {
        (Some(running), _) if running.head == 0 => teller.say(BEGUN),
        (Some(running), _) => teller.with(RUNNING, &[&running.position, &running.head]),
        (None, Some(last)) => told(last, teller),
        (None, None) => teller.say(NEVER),
    };
    let by = |by: Asker| Some(by.actor).filter(|_| by.organization == *organization);
    VerificationView {
        running: known.running.map(|Verifying { by: asker, began_at, position, head }| RunningView {
            by: by(asker),
            started_at: Stamp(began_at),
            position,
            head,
        }),
        last: known.last.map(|last| verified(last, by)),
        kept_in_memory: true,
        words,
    }
}

fn told(last: &Verified, teller: Teller) -> String {
    match &last.found {
        Found::Sound { .. } if last.position == 0 => teller.say(EMPTY),
        Found::Sound { lost: 0, .. } => teller.with(SOUND, &[&last.position]),
        Found::Sound { lost, .. } => teller.with(LOST, &[&last.position, lost]),
        Found::Wrong { position: Some(position), .. } => teller.with(WRONG_AT, &[position]),
        Found::Wrong { position: None, .. } => teller.say(WRONG),
        Found::Unreadable => teller.say(UNREADABLE),
    }
}

fn verified(last: Verified, by: impl Fn(Asker) -> Option<String>) -> VerifiedView {
    let mut view = VerifiedView {
        outcome: Outcome::Unreadable,
        by: by(last.by),
        started_at: Stamp(last.began_at),
        finished_at: Stamp(last.ended_at),
        position: last.position,
        digest: None,
        checkpoints: None,
        signed_to: None,
        persons_lost: None,
        wrong_at: None,
        wrong: None,
    };
    match last.found {
        Found::Sound { digest, checkpoints, signed_to, lost } => {
            view.outcome = if lost == 0 { Outcome::Sound } else { Outcome::Lost };
            view.digest = Some(digest);
            (view.checkpoints, view.signed_to) = (Some(checkpoints), signed_to);
            view.persons_lost = Some(lost);
        }
        Found::Wrong { position, what } => {
            (view.outcome, view.wrong_at, view.wrong) = (Outcome::Wrong, position, Some(what));
        }
        Found::Unreadable => {}
    }
    view
}
