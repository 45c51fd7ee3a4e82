//! Errors by their numbers, and the query object over every list.

use std::time::Instant;

use super::*;

const MONTH: Duration = Duration::from_hours(720);

#[tokio::test(flavor = "multi_thread")]
async fn every_mistake_has_its_number() {
    let (pbx, _) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    assert_eq!(visitor.told("{\"jsonrpc\":".to_owned()).await["error"]["code"], -32700);
    for body in ["[]", "{}", "{\"id\":1,\"method\":\"Session.whoAmI\"}", "{\"jsonrpc\":\"2.0\",\"method\":3}"]
    {
        assert_eq!(visitor.told(body.to_owned()).await["error"]["code"], -32600, "{body}");
    }
    let named = json!({ "jsonrpc": "2.0", "id": "a-b", "method": "Session.whoAmI", "params": {} });
    assert_eq!(visitor.told(named.to_string()).await["id"], "a-b");
    assert_eq!(visitor.refusal("Calls.get", all()).await, -32601);
    for query in [
        json!({}),
        json!({ "query": 3 }),
        json!({ "query": { "limit": "many" } }),
        json!({ "query": { "start": -1 } }),
        json!({ "query": { "combining": "Xor" } }),
        json!({ "query": { "orderBy": [{ "columnName": "TIMESTAMP", "direction": "Up" }] } }),
        json!({ "query": { "orderBy": [{ "columnName": "COLOUR" }] } }),
        json!({ "query": { "conditions": [{ "fieldName": "TO_NUM", "comparator": "Is", "value": "1" }] } }),
        json!({ "query": { "conditions": [{ "fieldName": "COLOUR", "comparator": "Eq", "value": "1" }] } }),
    ] {
        assert_eq!(visitor.refusal("CallHistory.get", query.clone()).await, -32602, "{query}");
    }
    let unknown = json!({ "id": "1", "transcode": false });
    assert_eq!(visitor.refusal("Recordings.downloadAudioContent", unknown).await, 1002);
    change(&pbx, "forbidden:CallHistory.get,missing:Batch.run");
    assert_eq!(visitor.refusal("CallHistory.get", all()).await, 1004);
    assert_eq!(visitor.refusal("Batch.run", json!({ "commandList": [] })).await, -32601);
    assert!(visitor.calls().await.is_empty(), "all else it may");
    change(&pbx, "forbidden");
    assert_eq!(visitor.refusal("Status.getCalls", all()).await, 1004);
    change(&pbx, "error:-32002");
    assert_eq!(visitor.refusal("CallHistory.get", all()).await, -32002);
    visitor.result("Session.whoAmI", json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_paged_filtered_sorted_and_cut_to_fields() {
    let (pbx, _) = healthy();
    pbx.make_log(1_000, MONTH);
    let truth = pbx.log();
    let visitor = Visitor::logged_in(&pbx).await;
    let ask = async |query: Value| {
        let said = visitor.result("CallHistory.get", json!({ "query": query })).await;
        (said["totalItems"].as_u64().unwrap(), said["callHistory"].as_array().unwrap().clone())
    };
    let count = |holds: &dyn Fn(&simulated_pbx::Row) -> bool| {
        u64::try_from(truth.iter().filter(|row| holds(row)).count()).unwrap()
    };
    let condition = |name: &str, comparator: &str, value: Value| json!({ "fieldName": name, "comparator": comparator, "value": value });

    let (total, rows) = ask(json!({ "start": 10, "limit": 5 })).await;
    assert_eq!((total, rows.len()), (1_000, 5));
    let expected = json!({ "TIMESTAMP": truth[10].timestamp, "FROM_NUM": truth[10].from, "TO_NUM": truth[10].to,
        "FROM_TYPE": rows[0]["FROM_TYPE"], "STATUS": truth[10].status, "CALL_DURATION": truth[10].call_secs,
        "ANSWERED_DURATION": truth[10].answered_secs });
    assert_eq!(rows[0], expected);
    assert_eq!(ask(json!({ "start": 2_000 })).await, (1_000, vec![]));

    let middle = truth[500].timestamp;
    for (comparator, expected) in [
        ("Eq", count(&|row| row.timestamp == middle)),
        ("NotEq", count(&|row| row.timestamp != middle)),
        ("LessThan", count(&|row| row.timestamp < middle)),
        ("GreaterThan", count(&|row| row.timestamp > middle)),
        ("LessEq", count(&|row| row.timestamp <= middle)),
        ("GreaterEq", count(&|row| row.timestamp >= middle)),
    ] {
        let query = json!({ "conditions": [condition("TIMESTAMP", comparator, json!(middle))], "limit": 1 });
        assert_eq!(ask(query).await.0, expected, "{comparator}");
    }
    let two = [condition("TO_NUM", "Eq", json!("158")), condition("FROM_NUM", "Eq", json!("158"))];
    let expected = count(&|row| row.to == "158" || row.from == "158");
    assert!(expected > 0);
    assert_eq!(ask(json!({ "conditions": two, "combining": "Or" })).await.0, expected);
    let expected = count(&|row| row.to == "158" && row.from == "158");
    assert_eq!(ask(json!({ "conditions": two, "combining": "And" })).await.0, expected);
    let part = &truth[3].from[..];
    let expected = count(&|row| row.from.contains(part) || row.to.contains(part));
    assert_eq!(ask(json!({ "conditions": [condition("SEARCH", "Like", json!(part))] })).await.0, expected);

    let orders =
        [json!({ "columnName": "STATUS", "direction": "Desc" }), json!({ "columnName": "CALL_DURATION" })];
    let (_, rows) = ask(json!({ "orderBy": orders, "fields": ["status", "CALL_DURATION"] })).await;
    let keys =
        rows.iter().map(|row| (-row["STATUS"].as_i64().unwrap(), row["CALL_DURATION"].as_i64().unwrap()));
    assert!(keys.is_sorted());
    assert!(
        rows.iter().all(|row| row.as_object().unwrap().len() == 2),
        "only what was asked for: {}",
        rows[0]
    );
    let (_, rows) = ask(newest(0, 1_000)["query"].clone()).await;
    let mut stamps: Vec<i64> = rows.iter().map(|row| row["TIMESTAMP"].as_i64().unwrap()).collect();
    stamps.reverse();
    assert_eq!(stamps, truth.iter().map(|row| row.timestamp).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_may_ignore_or_refuse_what_nobody_has_seen_and_cut_its_answers() {
    let (pbx, _) = with("ignore,cap:50");
    pbx.make_log(1_000, MONTH);
    let visitor = Visitor::logged_in(&pbx).await;
    let future = json!({ "query": { "conditions":
        [{ "fieldName": "TIMESTAMP", "comparator": "GreaterEq", "value": NOON }], "limit": 200 } });
    let said = visitor.result("CallHistory.get", future.clone()).await;
    assert_eq!((&said["totalItems"], said["callHistory"].as_array().unwrap().len()), (&json!(1_000), 50));
    change(&pbx, "refuse");
    assert_eq!(visitor.refusal("CallHistory.get", future.clone()).await, -32602);
    change(&pbx, "");
    assert_eq!(visitor.result("CallHistory.get", future).await["totalItems"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_rows_are_paged_from_either_end() {
    let (pbx, _) = healthy();
    pbx.make_log(1_000_000, MONTH);
    let visitor = Visitor::logged_in(&pbx).await;
    let began = Instant::now();
    for start in [0, 250_000, 500_000, 999_900] {
        let said = visitor.result("CallHistory.get", newest(start, 200)).await;
        assert_eq!(said["totalItems"], 1_000_000);
        assert_eq!(said["callHistory"].as_array().unwrap().len(), 200.min(1_000_000 - start));
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_knows_lines_of_three_and_four_digits_a_queue_and_a_group() {
    let (pbx, _) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    let query = |only: bool| json!({ "query": {}, "onlyExtensions": only });
    let every = visitor.result("Server.getInternalDirectoryList", query(false)).await;
    let kinds: Vec<(&str, u64)> = every["numberList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|number| (number["TEL_NUM"].as_str().unwrap(), number["EXTENSION_TYPE_ID"].as_u64().unwrap()))
        .collect();
    for expected in [("158", 1), ("1001", 1), ("600", 5), ("700", 9)] {
        assert!(kinds.contains(&expected), "{kinds:?}");
    }
    let lines = visitor.result("Server.getInternalDirectoryList", query(true)).await;
    assert_eq!(lines["totalItems"], 8);
    let users =
        visitor.result("Users.get", json!({ "query": { "orderBy": [{ "columnName": "USERNAME" }] } })).await;
    assert_eq!(users["userList"][0]["EXTENSIONS"][0]["TEL_NUM"], "101");
    let extensions = visitor
        .result("Extensions.get", json!({ "query": { "orderBy": [{ "columnName": "telNum" }] } }))
        .await;
    assert_eq!(extensions["sipExtensionList"][0]["telNum"], "1001", "texts are sorted as texts");
    let agents = visitor.result("Status.getQueueAgents", json!({ "query": {}, "extension": "600" })).await;
    assert_eq!(agents["totalItems"], 4);
    let version = visitor.result("Version.getApiVersion", json!({})).await;
    assert_eq!(version["apiVersion"], 33_554_432);
    let constants = visitor.result("Server.getConstantList", json!({})).await;
    assert!(
        constants["constantList"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["name"].as_str().unwrap().starts_with("KTS_"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_answers_each_of_a_hundred_commands() {
    let (pbx, _) = healthy();
    let visitor = Visitor::logged_in(&pbx).await;
    let batch = |commands: usize| {
        let command = json!({ "method": "Status.getCalls", "params": all() });
        let mut list = vec![command; commands - 1];
        list.push(json!({ "method": "Nothing.get" }));
        json!({ "commandList": list })
    };
    let said = visitor.result("Batch.run", batch(100)).await;
    assert_eq!((&said[0]["result"]["totalItems"], &said[99]["error"]["code"]), (&json!(0), &json!(-32601)));
    assert_eq!(visitor.refusal("Batch.run", batch(101)).await, -32606);
}
