//! Starting calls, and sessions as they are shown.

use std::time::Duration;

use actix_web::http::Method;
use domain::session::{Command, Completion, Exit, Remote};
use futures_util::future::join;
use karnay::adapters::system::SystemIds;
use karnay::ports::Ids;
use serde_json::{Value, json};

use crate::http_world::{Answer, Floor, near, now, options};

/// Starts, and lets the remote host answer as the test says.
async fn started(floor: &Floor, remote: impl AsyncFnOnce(&str)) -> Answer {
    let start = floor.ask(near(Method::POST, "/calls/start"));
    let host = async {
        loop {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let all = floor.get("/calls/sessions/all").await.json();
            if let Some(name) = all[0]["sessionId"].as_str() {
                return remote(name).await;
            }
        }
    };
    join(start, host).await.0
}

fn exit(code: i32, stdout: &str, stderr: &str) -> Command {
    let exit = Exit { code: Some(code), signal: None, stdout: stdout.to_owned(), stderr: stderr.to_owned() };
    Command::Return { exit, heard: false, at: now() }
}

#[actix_web::test]
async fn a_start_answers_what_the_remote_said() {
    let floor = Floor::new().await;
    let answer = started(&floor, async |name| {
        floor.command("1", name, Command::Launch { at: now() }).await;
        floor.command("1", name, exit(0, "Call process initiated successfully", "")).await;
    })
    .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut body = answer.json();
    let name = body["sessionId"].take().as_str().unwrap().to_owned();
    let parts: Vec<&str> = name.split('-').collect();
    assert!(
        parts.len() == 3 && parts[0] == "session" && parts[1].len() == 13 && parts[2].len() == 6,
        "{name}"
    );
    let expected = json!({
        "ok": true, "message": "Remote process started.", "sessionId": null,
        "stdout": "Call process initiated successfully", "stderr": "", "code": 0, "signal": null,
    });
    assert_eq!(body, expected);
    let session = floor.get(&format!("/calls/session/{name}")).await.json();
    assert_eq!((&session["status"], &session["progressPercentage"]), (&json!("COMPLETED"), &json!(100)));
    assert_eq!(session["remoteResponse"], "Call process initiated successfully");
}

#[actix_web::test]
async fn a_bad_exit_is_told_with_200_and_a_lost_host_with_502() {
    let floor = Floor::new().await;
    let answer = started(&floor, async |name| {
        floor.command("1", name, Command::Launch { at: now() }).await;
        floor.command("1", name, exit(7, "", "no such file")).await;
    })
    .await;
    let body = answer.json();
    assert_eq!((answer.status, &body["ok"], &body["code"]), (200, &json!(false), &json!(7)));
    assert_eq!(
        (&body["stderr"], &body["message"]),
        (&json!("no such file"), &json!("Remote command failed: exit code 7: no such file"))
    );

    let floor = Floor::new().await;
    let reason = "SSH connection error: Connection timeout to HOST:22. Check firewall and network";
    let answer = started(&floor, async |name| {
        floor.command("1", name, Command::Fail { reason: reason.to_owned(), at: now() }).await;
    })
    .await;
    assert_eq!((answer.status, &*answer.problem()), (502, "remote-unreachable"));
    let body = answer.json();
    assert_eq!((&body["ok"], &body["message"]), (&json!(false), &json!(reason)));
    let path = format!("/calls/session/{}", body["sessionId"].as_str().unwrap());
    let session = floor.get(&path).await.json();
    assert_eq!(
        (&session["status"], &session["hasError"], &session["errorMessage"]),
        (&json!("FAILED"), &json!(true), &json!(reason))
    );
}

#[actix_web::test]
async fn a_long_command_is_answered_while_it_runs() {
    let floor = Floor::new().await;
    let answer =
        started(&floor, async |name| floor.command("1", name, Command::Launch { at: now() }).await).await;
    let body = answer.json();
    assert_eq!((answer.status, &body["ok"], &body["code"]), (200, &json!(true), &json!(null)));
}

#[actix_web::test]
async fn a_start_that_nobody_took_up_is_not_called_started() {
    let floor = Floor::new().await;
    let answer = started(&floor, async |_| {}).await;
    assert_eq!((answer.status, &*answer.problem()), (504, "start-unconfirmed"));
    assert!(answer.json()["sessionId"].is_string());
}

#[actix_web::test]
async fn no_patience_at_all_still_waits_for_the_start() {
    let floor = Floor::with(karnay::http::Options { start_wait: Duration::ZERO, ..options() }).await;
    let answer = started(&floor, async |name| {
        tokio::time::sleep(Duration::from_millis(200)).await;
        floor.command("1", name, Command::Launch { at: now() }).await;
    })
    .await;
    let body = answer.json();
    assert_eq!((answer.status, &body["ok"], &body["code"]), (200, &json!(true), &json!(null)));
}

#[actix_web::test]
async fn whoever_waits_for_a_start_is_answered_when_the_doors_close() {
    for launched in [true, false] {
        let floor =
            Floor::with(karnay::http::Options { start_wait: Duration::from_mins(1), ..options() }).await;
        let answer = started(&floor, async |name| {
            if launched {
                floor.command("1", name, Command::Launch { at: now() }).await;
                floor.get(&format!("/calls/session/{name}")).await;
            }
            floor.engine.close().await;
        });
        let answer = tokio::time::timeout(Duration::from_secs(2), answer).await.unwrap();
        let body = answer.json();
        assert!(body["sessionId"].is_string(), "{body}");
        if launched {
            assert_eq!((answer.status, &body["ok"], &body["code"]), (200, &json!(true), &json!(null)));
        } else {
            assert_eq!((answer.status, &*answer.problem()), (504, "start-unconfirmed"));
        }
    }
}

#[actix_web::test]
async fn a_session_has_every_field_by_either_name() {
    let floor = Floor::new().await;
    let id = SystemIds.uuid();
    floor
        .command(
            "1",
            "s-1",
            Command::Open {
                id,
                remote: Remote::Simulated,
                list: None,
                completion: Completion::Results,
                at: now(),
            },
        )
        .await;
    for name in ["s-1".to_owned(), id.to_string(), id.to_string().to_uppercase()] {
        let answer = floor.get(&format!("/calls/session/{name}")).await;
        assert_eq!((answer.status, answer.header("x-behind")), (200, Some("0")), "{name}: {answer:?}");
        assert_eq!(answer.header("x-position"), Some("1"));
        let mut session = answer.json();
        for name in ["startedAt", "createdAt", "updatedAt"] {
            assert_eq!(session[name].take().as_str().unwrap().len(), 24, "{name}");
        }
        let expected = json!({
            "id": id, "sessionId": "s-1", "status": "PENDING", "statusDescription": "Navbatda...",
            "totalNumbers": 0, "processedNumbers": 0, "connectedCalls": 0, "failedCalls": 0,
            "unlistedResults": 0, "unreportedNumbers": 0,
            "byStatus": { "ANSWERED": 0, "NO_ANSWER": 0, "BUSY": 0, "FAILED": 0, "CONNECTED_TO_OPERATOR": 0, "REJECTED": 0,
                          "INVALID_NUMBER": 0, "NETWORK_ERROR": 0 },
            "remoteResponse": null, "errorMessage": null, "startedAt": null, "completedAt": null, "createdAt": null,
            "updatedAt": null, "durationSeconds": 0, "progressPercentage": 0, "isRunning": false, "isCompleted": false,
            "hasError": false, "simulated": true,
        });
        assert_eq!(session, expected);
    }
    floor.command("1", "s-1", Command::Launch { at: now() }).await;
    let session = floor.get("/calls/session/s-1").await.json();
    let told = ["status", "isRunning", "progressPercentage"].map(|name| session[name].clone());
    assert_eq!(told, [json!("RUNNING"), json!(true), json!(50)], "its own write is seen");
}

#[actix_web::test]
async fn a_read_says_how_far_behind_it_is() {
    let mut blind = options();
    blind.read_wait = Duration::from_millis(10);
    let floor = Floor::built(blind, false).await;
    floor.session("1", "s-1").await;
    let answer = floor.get("/calls/sessions/all").await;
    assert_eq!(
        (answer.status, answer.header("x-behind"), answer.header("x-position")),
        (200, Some("2"), Some("0"))
    );
    let enough = floor.get("/calls/sessions/all?minPosition=0").await;
    assert_eq!(enough.header("x-behind"), Some("0"));
}

#[actix_web::test]
async fn the_latest_sessions_come_first() {
    let floor = Floor::new().await;
    for number in 1..=25 {
        floor.session("1", &format!("s-{number}")).await;
    }
    let names = async |path: &str| -> Vec<String> {
        let all = floor.get(path).await.json();
        all.as_array()
            .unwrap()
            .iter()
            .map(|session| session["sessionId"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = names("/calls/sessions/all").await;
    assert_eq!((all.len(), &*all[0], &*all[24]), (25, "s-25", "s-1"));
    assert_eq!(names("/calls/sessions/all?status=running&q=S-2&limit=3").await, ["s-25", "s-24", "s-23"]);
    assert!(names("/calls/sessions/all?status=FAILED,COMPLETED").await.is_empty());
    let (mut paged, mut next) = (vec![], Some("/calls/sessions/all?limit=5&q=s-".to_owned()));
    while let Some(path) = next {
        paged.extend(names(&path).await);
        next = floor.get(&path).await.next_page();
        if paged.len() == 5 {
            floor.session("1", "s-26").await;
        }
    }
    assert_eq!(paged, all, "a new session moves no page");
    let wrong = floor.get("/calls/sessions/all?cursor=x").await;
    assert_eq!((wrong.status, &wrong.json()["parameter"]), (400, &json!("cursor")));
    assert_eq!(names("/calls/sessions/all?limit=2").await, ["s-26", "s-25"]);
}

#[actix_web::test]
async fn results_come_whole_or_in_parts() {
    let floor = Floor::new().await;
    floor.session("1", "s-1").await;
    assert_eq!(floor.get("/calls/session/s-1/results").await.json(), json!([]));
    // One more than two pages of the stream.
    let count = 1_001;
    let report = |number: usize| json!({ "sessionId": "s-1", "phoneNumber": format!("+9989012{number:05}"), "callStatus": "NO_ANSWER" });
    floor.reports((0..count).map(report)).await;
    let all = floor.get("/calls/session/s-1/results").await;
    let phones = |all: &Value| -> Vec<String> {
        all.as_array()
            .unwrap()
            .iter()
            .map(|result| result["phoneNumber"].as_str().unwrap().to_owned())
            .collect()
    };
    let whole = phones(&all.json());
    let expected: Vec<String> = (0..count).map(|number| format!("+9989012{number:05}")).collect();
    assert_eq!(whole, expected);
    let (mut parts, mut cursor) = (vec![], Some("0".to_owned()));
    while let Some(after) = cursor {
        let part = floor.get(&format!("/calls/session/s-1/results?limit=400&cursor={after}")).await;
        parts.extend(phones(&part.json()));
        cursor = part.header("x-next-cursor").map(str::to_owned);
    }
    assert_eq!(parts, expected);
    assert_eq!(floor.get("/calls/session/s-2/results").await.problem(), "session-unknown");
}
