//! The upload itself: what is told of each row, what is kept, what is refused, and how far a long one has come.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{LIST, NUMBERS};
use crate::world::World;

/// Told row by row, after a restart as well, and nothing of it in clear in the journal's file.
#[tokio::test(flavor = "multi_thread")]
async fn every_row_is_told_and_stored_sealed() {
    let mut world = World::sqlite().with_local_remote("true");
    world.start().await;
    let (_, answer) = world.upload("numbers.csv", NUMBERS.as_bytes()).await;
    let id = answer["uploadId"].as_str().unwrap();
    assert!(world.stop().success());
    world.start().await;
    assert_eq!(
        world.text(&format!("/calls/uploads/{id}/report")).await,
        "line,value,outcome,number,reason\n1,Telefon,header,,\n2,+998901234567,accepted,+998901234567,\n\
         3,90 123-45-68,repaired,+998901234568,\n5,998901234567,duplicate,,The number stands in line 2.\n\
         6,qwerty,refused,,The cell holds no number.\n7,+998901234569,accepted,+998901234569,\n"
    );
    assert_eq!(world.text(&format!("/calls/uploads/{id}/numbers")).await, LIST);
    let shown = world.json(&format!("/calls/uploads/{id}")).await;
    assert_eq!(
        (&shown["status"], &shown["totalNumbers"], &shown["rows"]),
        (&json!("stored"), &json!(3), &json!(6))
    );
    assert_eq!(world.json("/calls/uploads").await.as_array().unwrap().len(), 1);
    assert!(world.stop().success());
    let file = std::fs::read(world.data().join("journal.db")).unwrap();
    for text in ["901234567", "qwerty"] {
        assert!(
            !file.windows(text.len()).any(|bytes| bytes == text.as_bytes()),
            "{text} lies there in clear"
        );
    }
    assert!(
        std::fs::read_dir(world.data().join("uploads")).map_or(true, |mut left| left.next().is_none()),
        "no file is left behind"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_changes_nothing() {
    let mut world = World::sqlite().with_local_remote("echo started");
    world.start().await;
    world.upload("a.txt", b"+998901234567\n").await;
    for (name, bytes, code) in [
        ("empty.txt", b"".as_slice(), "bad-sheet"),
        ("words.csv", b"Telefon\nqwerty\n".as_slice(), "bad-sheet"),
        ("broken.xlsx", b"PK\x03\x04 and nothing else".as_slice(), "bad-sheet"),
    ] {
        let (status, answer) = world.upload(name, bytes).await;
        assert_eq!((status, &answer["code"]), (StatusCode::BAD_REQUEST, &json!(code)), "{name}: {answer}");
    }
    assert_eq!(world.remote_file(), "+998901234567\n");
    assert_eq!(world.json("/calls/uploads").await.as_array().unwrap().len(), 1);
    let (status, answer) = world.post("/calls/upload", json!({})).await;
    assert!(status.is_client_error(), "{answer}");
}

/// A file that replaces the remote one is there whole or not at all, and where it cannot be put, the upload says so.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_put_there_is_kept() {
    let mut world = World::sqlite().with_local_remote("echo started");
    world.set("REMOTE_PATH", "/proc/karnay/numbers.txt");
    world.start().await;
    let (status, answer) = world.upload("a.txt", b"+998901234567\n").await;
    assert_eq!(
        (status, &answer["code"], &answer["ok"]),
        (StatusCode::BAD_GATEWAY, &json!("remote-unreachable"), &json!(false))
    );
    assert!(answer["detail"].as_str().unwrap().contains("REMOTE_PATH"), "{answer}");
    let id = answer["uploadId"].as_str().unwrap();
    assert_eq!(world.json(&format!("/calls/uploads/{id}")).await["placement"], "failed");
    let (status, answer) = world.post("/calls/start", json!({})).await;
    assert_eq!((status, &answer["ok"]), (StatusCode::BAD_GATEWAY, &json!(false)), "{answer}");
    let failed = world.session(answer["sessionId"].as_str().unwrap()).await;
    assert_eq!(failed["status"], "FAILED");
    assert!(failed["errorMessage"].as_str().unwrap().contains("REMOTE_PATH"), "{failed}");
}

/// What was wrong once is not told for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_a_start_puts_there_is_placed() {
    let mut world = World::sqlite().with_local_remote("echo started");
    let folder = world.folder.path().join("later");
    world.set("REMOTE_PATH", folder.join("numbers.txt").to_str().unwrap());
    world.start().await;
    let (status, answer) = world.upload("a.txt", b"+998901234567\n").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY, "{answer}");
    let upload = format!("/calls/uploads/{}", answer["uploadId"].as_str().unwrap());
    let shown = world.json(&upload).await;
    assert!(shown["placement"] == "failed" && shown["placeError"].is_string(), "{shown}");
    std::fs::create_dir(folder).unwrap();
    world.started(json!({})).await;
    let shown = world.json(&upload).await;
    assert_eq!((&shown["placement"], &shown["placeError"]), (&json!("placed"), &Value::Null), "{shown}");
}

/// Whoever uploads a long list sees how far it has come, by the name of their own request.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_upload_shows_how_far_it_has_come() {
    let mut world = World::sqlite().with_local_remote("echo started");
    world.start().await;
    let list = crate::sim::numbers(60_000);
    let upload = world.upload("long.txt", list.as_bytes());
    let mut seen = vec![];
    let watching = async {
        loop {
            let answer = world.http.get(world.url("/calls/uploads/long.txt")).send().await.unwrap();
            if answer.status().is_success() {
                let shown: Value = answer.json().await.unwrap();
                assert_eq!(world.json("/calls/uploads").await[0]["uploadId"], shown["uploadId"]);
                seen.push(shown["rows"].as_u64().unwrap());
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    };
    let (status, answer) = tokio::select! {
        done = upload => done,
        () = watching => unreachable!(),
    };
    assert_eq!((status, &answer["totalNumbers"]), (StatusCode::OK, &json!(60_000)), "{answer}");
    assert!(seen.is_sorted(), "{seen:?}");
    seen.dedup();
    assert!(seen.len() >= 5, "{seen:?}");
    assert_eq!(world.remote_file(), list);
}

/// Packed it would be read as it came, and its bytes be taken for rows.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_comes_packed_is_refused() {
    let mut world = World::sqlite().with_local_remote("true");
    world.start().await;
    for (request, part, status) in [
        ("gzip", "", 415),
        ("GZIP, identity", "", 415),
        ("br", "", 415),
        ("", "deflate", 415),
        ("identity", "Identity", 200),
        ("", "", 200),
    ] {
        let part = if part.is_empty() { String::new() } else { format!("Content-Encoding: {part}\r\n") };
        // Whoever is refused hears of it in the middle of sending, too.
        let list = LIST.repeat(if status == 415 { 200_000 } else { 1 });
        let body = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"numbers.csv\"\r\n{part}\r\n{list}\r\n--edge--\r\n"
        );
        let mut upload = world.http.post(world.url("/calls/upload")).body(body);
        upload = upload.header("content-type", "multipart/form-data; boundary=edge");
        if !request.is_empty() {
            upload = upload.header("content-encoding", request);
        }
        let answer = upload.send().await.unwrap();
        assert_eq!(answer.status(), status, "{request} {part}");
        let told: Value = answer.json().await.unwrap();
        if status == 415 {
            assert_eq!((&told["code"], &told["ok"]), (&json!("encoding-unknown"), &json!(false)), "{told}");
            assert_eq!(world.json("/calls/uploads").await, json!([]), "{request} {part}");
        }
    }
    assert_eq!(world.remote_file(), LIST);
}

/// A call server that wrote its numbers into one line gets all of them; a table's second column is somebody else's number.
#[tokio::test(flavor = "multi_thread")]
async fn no_number_of_a_text_vanishes_without_a_word() {
    let mut world = World::sqlite().with_local_remote("true");
    world.start().await;
    let line = b"+998901234567,+998901234568,+998901234569,901234567\n+998901234570,Ali\n";
    let (_, answer) = world.upload("numbers.txt", line).await;
    assert_eq!((&answer["totalNumbers"], &answer["duplicates"]), (&json!(4), &json!(1)), "{answer}");
    assert_eq!(world.remote_file(), "+998901234567\n+998901234568\n+998901234569\n+998901234570\n");
    assert_eq!(
        world.text(answer["report"].as_str().unwrap()).await,
        "line,value,outcome,number,reason\n1,+998901234567,accepted,+998901234567,\n\
         1,+998901234568,accepted,+998901234568,\n1,+998901234569,accepted,+998901234569,\n\
         1,901234567,duplicate,,The number stands in line 1.\n2,+998901234570,accepted,+998901234570,\n"
    );
    let (_, answer) = world.upload("Numbers.CSV", line).await;
    assert_eq!(answer["totalNumbers"], 2, "{answer}");
    assert_eq!(world.remote_file(), "+998901234567\n+998901234570\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_formula_without_its_value_stands_in_the_report() {
    let mut world = World::sqlite().with_local_remote("true");
    world.start().await;
    let workbook = include_bytes!("../workbooks/openpyxl.xlsx");
    let (_, answer) = world.upload("numbers.xlsx", workbook).await;
    let refused: Vec<_> = answer["invalid"].as_array().unwrap().iter().collect();
    let formulas: Vec<_> =
        refused.iter().filter(|row| row["code"] == "formula").map(|row| &row["line"]).collect();
    assert_eq!(formulas, [&json!(5), &json!(12)], "{answer}");
    let report = world.text(answer["report"].as_str().unwrap()).await;
    let lines: Vec<&str> = report.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(lines, ["1", "2", "3", "4", "5", "7", "8", "9", "11", "12"], "{report}");
}

/// Whoever says at once how much is coming hears at once that it is too much.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_beyond_the_limit_is_refused_before_it_is_sent() {
    let mut world = World::sqlite().with_local_remote("true");
    world.start().await;
    let address = world.url("/").trim_start_matches("http://").trim_end_matches('/').to_owned();
    let mut line = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST /calls/upload HTTP/1.1\r\nhost: {address}\r\ncontent-type: multipart/form-data; boundary=edge\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n--edge\r\n",
        130 << 20
    );
    line.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4 << 10];
    let told = tokio::time::timeout(Duration::from_secs(10), line.read(&mut answer)).await;
    let read = told.expect("it is told while nothing more is sent").unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("\"the file is too large: it may have at most 134217728 bytes\""), "{answer}");
}

/// A spreadsheet must not calculate what somebody wrote into a list, and must not lose a number's plus.
#[tokio::test(flavor = "multi_thread")]
async fn no_cell_of_a_report_is_a_formula() {
    let mut world = World::sqlite().with_local_remote("true");
    world.start().await;
    let list = "+998901234567\n=1+1\n+1+cmd\n-2\n@SUM(1)\n＝1+1\n＋1\n－1\n＠x\n+\n";
    let (_, answer) = world.upload("numbers.csv", list.as_bytes()).await;
    let report = world.text(&format!("/calls/uploads/{}/report", answer["uploadId"].as_str().unwrap())).await;
    let values: Vec<&str> = report.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(
        values,
        ["+998901234567", "'=1+1", "'+1+cmd", "'-2", "'@SUM(1)", "'＝1+1", "'＋1", "'－1", "'＠x", "'+"]
    );
}
