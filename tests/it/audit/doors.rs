//! Who may ask, for what, and how; what nobody is told.

use actix_web::http::Method;
use domain::pbx_call::Status;
use serde_json::{Value, json};

use super::{chain, events, link, text, types};
use crate::http_sign_in::{key, user};
use crate::http_world::{Answer, Floor, bearer, near};
use crate::kerio_calls::{Exchange, OUTSIDE};

async fn ask(floor: &Floor, (organization, role): (&str, &str), path: &str) -> Answer {
    let claims = json!({ "organizationId": organization, "role": role });
    floor.ask(near(Method::GET, path).insert_header(bearer(&claims))).await
}

async fn told(floor: &Floor, path: &str) -> Value {
    let answer = ask(floor, ("1", "auditor"), path).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.json()
}

#[actix_web::test]
async fn auditors_managers_and_admins_may_ask_and_operators_may_not() {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    for role in ["auditor", "manager", "admin"] {
        assert_eq!(ask(&floor, ("1", role), "/audit/session/s-1").await.status, 200, "{role}");
    }
    let refused = ask(&floor, ("1", "operator"), "/audit/session/s-1").await;
    assert_eq!((refused.status, &*refused.problem()), (403, "role-too-low"));
    let nobody = floor.get("/audit/session/s-1").await;
    assert_eq!((nobody.status, &*nobody.problem()), (401, "token-missing"));
}

#[actix_web::test]
async fn nothing_of_another_organization_is_told() {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    let report = json!({ "sessionId": "s-1", "phoneNumber": "+998901234567", "callStatus": "BUSY" });
    let result = floor.report(&report).await.json();
    user(&floor, "aziz", "manager").await;
    let (_, made) = key(&floor, "admin", &["calls"]).await;
    let exchange = Exchange::new(&floor.dispatch);
    exchange.seen("17.1", 0, (OUTSIDE, "1001"), false).await;
    let nil = uuid::Uuid::nil();
    for (path, code) in [
        ("session/s-1".to_owned(), "session-unknown"),
        (format!("call/{}", text(&result["id"])), "call-unknown"),
        ("user/aziz".to_owned(), "user-unknown"),
        (format!("key/{made}"), "key-unknown"),
        ("pbx-call/17.1".to_owned(), "call-unknown"),
        (format!("pbx-call/{}", uuid::Uuid::from_u128(1)), "call-unknown"),
    ] {
        assert_eq!(ask(&floor, ("1", "auditor"), &format!("/audit/{path}")).await.status, 200, "{path}");
        for query in ["", "?cursor=7", "?limit=1"] {
            let foreign = ask(&floor, ("2", "auditor"), &format!("/audit/{path}{query}")).await;
            assert_eq!((foreign.status, &*foreign.problem()), (404, code), "{path}{query}");
        }
    }
    for (kind, code) in [
        ("campaign", "campaign-unknown"),
        ("contact", "contact-unknown"),
        ("list", "upload-unknown"),
        ("import", "import-unknown"),
    ] {
        for id in [nil.to_string(), "x".to_owned(), "s-1".to_owned()] {
            let none = ask(&floor, ("1", "admin"), &format!("/audit/{kind}/{id}")).await;
            assert_eq!((none.status, &*none.problem()), (404, code), "{kind}/{id}");
        }
    }
}

#[actix_web::test]
async fn a_question_is_understood_whole_or_refused() {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    for (path, parameter) in [
        ("session/s-1?limit=501", "limit"),
        ("session/s-1?limit=0", "limit"),
        ("session/s-1?cursor=x", "cursor"),
        ("session/s-1?cursor=~Ly4u", "cursor"),
        ("session/s-1?with=targets", "with"),
        ("list/s-1x?with=calls", "with"),
        ("session/s-1?lang=xx", "lang"),
        ("session/s-1?sort=x", "sort"),
        ("remote/s-1", "kind"),
    ] {
        let wrong = ask(&floor, ("1", "auditor"), &format!("/audit/{path}")).await;
        let expected =
            if path.starts_with("list") { (404, "upload-unknown") } else { (400, "bad-parameter") };
        assert_eq!((wrong.status, &*wrong.problem()), expected, "{path}");
        if expected.0 == 400 {
            assert_eq!(wrong.json()["parameter"], parameter, "{path}");
        }
    }
}

#[actix_web::test]
async fn words_follow_the_language_and_nothing_else_does() {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    let mut bare = None;
    for (lang, words) in [
        ("", "Sessiya ro'yxatsiz ochildi"),
        ("uz", "Sessiya ro'yxatsiz ochildi"),
        ("uz-Cyrl", "Сессия рўйхатсиз очилди"),
        ("ru", "Сессия открыта без списка"),
        ("en", "The session was opened without a list"),
    ] {
        let query = if lang.is_empty() { String::new() } else { format!("?lang={lang}") };
        let mut told = told(&floor, &format!("/audit/session/s-1{query}")).await;
        assert_eq!(events(&told)[0]["words"], words, "{lang}");
        let both = ["events", "chain"].map(|name| told[name].as_array().unwrap().len());
        for (name, count) in ["events", "chain"].into_iter().zip(both) {
            (0..count).for_each(|nth| drop(told[name][nth]["words"].take()));
        }
        assert_eq!(bare.get_or_insert_with(|| told.clone()), &told, "{lang}");
    }
    assert_eq!(chain(&bare.unwrap()), ["session", "start", "end"]);
}

#[actix_web::test]
async fn hashes_of_passwords_and_keys_are_told_to_nobody() {
    let floor = Floor::new().await;
    user(&floor, "aziz", "manager").await;
    let (_, made) = key(&floor, "admin", &["calls"]).await;
    let user = told(&floor, "/audit/user/aziz?lang=en").await;
    assert_eq!(events(&user)[0]["data"]["created"]["password"], "***");
    assert_eq!(events(&user)[0]["words"], "The user aziz was created with the role manager");
    let key = told(&floor, &format!("/audit/key/{made}")).await;
    assert_eq!(events(&key)[0]["data"]["made"]["hash"], "***");
    assert!(!user.to_string().contains("argon2"), "{user}");
}

#[actix_web::test]
async fn a_call_of_the_exchange_leads_back_to_when_it_was_seen() {
    let floor = Floor::new().await;
    let exchange = Exchange::new(&floor.dispatch);
    let call = exchange.seen("17.1", 0, (OUTSIDE, "1001"), false).await;
    call.answered(5).await;
    call.ended(35).await;
    call.confirmed(1, Status::Answered).await;
    // The first look is told of by the second.
    told(&floor, "/audit/pbx-call/17.1").await;
    let seen = told(&floor, "/audit/pbx-call/17.1?lang=en").await;
    let all =
        ["pbx_call.seen", "pbx_call.answered", "pbx_call.ended", "pbx_call.confirmed", "disclosure.looked"];
    assert_eq!(types(events(&seen)), all);
    assert_eq!(chain(&seen), ["log", "seen"], "{seen}");
    assert_eq!(link(&seen, "log")["id"], "k1:5f2a-1");
    let by_id = format!("/audit/call/{}?lang=en", uuid::Uuid::from_u128(1));
    let same = told(&floor, &by_id).await;
    assert_eq!((events(&same), &same["chain"]), (events(&seen), &seen["chain"]), "{same}");
    let logged = exchange.logged(2, 100, Status::Unanswered).await;
    let unseen = told(&floor, &format!("/audit/pbx-call/{}?lang=en", logged.name.as_str())).await;
    assert_eq!(chain(&unseen), ["log", "end"], "{unseen}");
}
