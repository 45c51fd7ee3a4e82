//! Texts in the language that is asked for, on every route that tells any; everything else stays as it is.

use std::io::Cursor;

use actix_web::http::Method;
use calamine::{Reader, Xlsx};
use serde_json::{Value, json};

use crate::http_world::{Answer, Floor, near};

const UZBEK: (&str, &str) = ("Qayta ishlanmoqda...", "Band");
const RUSSIAN: (&str, &str) = ("Обрабатывается...", "Занято");
/// Each route that reads, and whether it tells of sessions; otherwise it tells of calls.
const READ: [(&str, bool); 7] = [
    ("/calls/session/s-1?x=1", true),
    ("/calls/sessions/all?x=1", true),
    ("/calls/session/s-1/results?x=1", false),
    ("/calls/session/s-1/results?limit=1", false),
    ("/calls/session/s-1/results?reports=all", false),
    ("/calls/session/s-1/results?reports=all&limit=1", false),
    ("/calls/history?source=remote", false),
];

async fn floor() -> Floor {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    for number in 0..2 {
        let phone = format!("+99890123450{number}");
        let report = json!({ "sessionId": "s-1", "phoneNumber": phone, "callStatus": "BUSY" });
        assert_eq!(floor.report(&report).await.json()["statusDescription"], UZBEK.1);
    }
    floor
}

async fn preferring_russian(floor: &Floor, method: Method, path: &str) -> Answer {
    floor.ask(near(method, path).insert_header(("accept-language", "ru-RU,ru;q=0.9,en;q=0.8"))).await
}

/// What is told of the first one, and everything else about it.
fn told(answer: &Answer) -> (String, Value) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut one = answer.json();
    if one.is_array() {
        one = one[0].take();
    }
    // It runs on between two looks.
    one["durationSeconds"].take();
    let text = one["statusDescription"].take();
    (text.as_str().unwrap().to_owned(), one)
}

#[actix_web::test]
async fn texts_are_uzbek_unless_lang_says_otherwise() {
    let floor = floor().await;
    for (path, of_session) in READ {
        let pick = |(session, call): (&'static str, &'static str)| if of_session { session } else { call };
        let (text, rest) = told(&floor.get(path).await);
        assert_eq!(text, pick(UZBEK), "{path}");
        assert_eq!(
            told(&preferring_russian(&floor, Method::GET, path).await),
            (text, rest.clone()),
            "{path}"
        );
        for (lang, expected) in [
            ("uz", UZBEK),
            ("uz-Cyrl", ("Қайта ишланмоқда...", "Банд")),
            ("ru", RUSSIAN),
            ("en", ("Processing...", "Busy")),
        ] {
            let answer = told(&floor.get(&format!("{path}&lang={lang}")).await);
            assert_eq!(answer, (pick(expected).to_owned(), rest.clone()), "{path} in {lang}");
        }
    }
}

#[actix_web::test]
async fn the_next_page_is_in_the_same_language() {
    let floor = floor().await;
    for path in [
        "/calls/session/s-1/results?x=1",
        "/calls/session/s-1/results?reports=all",
        "/calls/history?source=remote",
    ] {
        let first = floor.get(&format!("{path}&limit=1&lang=ru")).await;
        let next = floor.get(&first.next_page().unwrap()).await;
        assert_eq!(told(&next).0, RUSSIAN.1, "{path}");
    }
}

#[actix_web::test]
async fn a_session_is_ended_in_the_language_asked_for() {
    for (verb, russian) in [("close", "Успешно завершено"), ("stop", RUSSIAN.0)] {
        let floor = floor().await;
        let path = format!("/calls/session/s-1/{verb}");
        let (text, _) = told(&floor.ask(near(Method::POST, &format!("{path}?lang=ru"))).await);
        assert_eq!(text, russian, "{verb}");
        let (text, _) = told(&preferring_russian(&floor, Method::POST, &path).await);
        let uzbek = if verb == "close" { "Muvaffaqiyatli tugallandi" } else { UZBEK.0 };
        assert_eq!(text, uzbek, "{verb}");
    }
}

#[actix_web::test]
async fn files_have_their_texts_in_that_language_too() {
    let floor = floor().await;
    let column = |answer: &Answer| -> Vec<String> {
        let mut reader = csv::Reader::from_reader(&*answer.bytes);
        reader.records().map(|row| row.unwrap()[4].to_owned()).collect()
    };
    let path = "/calls/history/export";
    assert_eq!(column(&floor.get(path).await), [UZBEK.1; 2]);
    assert_eq!(column(&preferring_russian(&floor, Method::GET, path).await), [UZBEK.1; 2]);
    assert_eq!(column(&floor.get(&format!("{path}?lang=ru")).await), [RUSSIAN.1; 2]);
    for (query, expected) in [("format=xlsx", UZBEK.1), ("format=xlsx&lang=ru", RUSSIAN.1)] {
        let answer = floor.get(&format!("{path}?{query}")).await;
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(answer.bytes)).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        assert_eq!(sheet.get_value((1, 4)).unwrap().to_string(), expected, "{query}");
    }
}

#[actix_web::test]
async fn a_language_that_nobody_speaks_is_refused_before_anything_is_done() {
    let floor = floor().await;
    let before = floor.journal.position();
    let mut routes = READ.map(|(path, _)| (Method::GET, path)).to_vec();
    routes.push((Method::GET, "/calls/history/export?source=remote"));
    routes.push((Method::POST, "/calls/session/s-1/close?x=1"));
    routes.push((Method::POST, "/calls/session/s-1/stop?x=1"));
    for (method, path) in routes {
        for (lang, detail) in [
            ("lang=xx", "lang has to be one of uz, uz-Cyrl, ru, en"),
            ("lang=", "lang has to be one of uz, uz-Cyrl, ru, en"),
            ("lang=ru&lang=en", "lang is there twice"),
        ] {
            let answer = floor.ask(near(method.clone(), &format!("{path}&{lang}"))).await;
            assert_eq!((answer.status, &*answer.problem()), (400, "bad-parameter"), "{path} {lang}");
            let told = answer.json();
            assert_eq!((&told["parameter"], &told["detail"]), (&json!("lang"), &json!(detail)), "{path}");
        }
    }
    assert_eq!(floor.journal.position(), before, "nothing was ended");
}

#[actix_web::test]
async fn the_document_names_the_languages() {
    let document = Floor::new().await.get("/openapi.json").await.json();
    for (path, verb) in [
        ("/calls/session/{id}", "get"),
        ("/calls/sessions/all", "get"),
        ("/calls/session/{id}/results", "get"),
        ("/calls/history", "get"),
        ("/calls/history/export", "get"),
        ("/calls/session/{id}/close", "post"),
        ("/calls/session/{id}/stop", "post"),
    ] {
        let parameters = document["paths"][path][verb]["parameters"].as_array().unwrap();
        let lang = parameters.iter().find(|known| known["name"] == "lang").unwrap();
        assert_eq!((&lang["in"], &lang["required"]), (&json!("query"), &json!(false)), "{path}");
        assert_eq!(lang["schema"]["enum"], json!(["uz", "uz-Cyrl", "ru", "en"]), "{path}: {lang}");
    }
}
