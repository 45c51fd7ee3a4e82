//! What is recorded at once is more than may wait for one client: whoever reads is told all of it, and whoever comes back to more
//! than a connection holds is told to look anew.

use std::time::Duration;

use serde_json::{Value, json};

use super::{CALLS, CAMPAIGNS, Watch, socket, socket_with, token};
use crate::realtime::raw::{Ws, masked};
use crate::world::{World, report};

const CONTACTS: usize = 3_000;

/// A workbook whose every contact has notes of that many bytes.
async fn import(world: &World, token: &str, (contacts, notes): (usize, usize), text: &str) {
    let notes = text.repeat(notes / text.len());
    let rows = (0..contacts).map(|number| format!("Ali,+99890{number:07},{notes}\n"));
    let text: String = std::iter::once("firstName,phone,notes\n".to_owned()).chain(rows).collect();
    let head = "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"contacts.csv\"\r\n\r\n";
    let url = world.url("/auto-calling/contacts/upload-excel?onDuplicate=update");
    let request = world.http.post(url).bearer_auth(token).body(format!("{head}{text}\r\n--edge--\r\n"));
    let answer = request.header("content-type", "multipart/form-data; boundary=edge").send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_reaches_whoever_reads_whole() {
    let mut world = World::sqlite();
    world.start().await;
    let token = token(&world, "1", "manager", &[]);
    let transports = json!({ "transports": ["polling"] });
    let sockets = json!([socket(CAMPAIGNS, &token), socket_with(CAMPAIGNS, &token, &transports)]);
    let mut watch = Watch::entered(&world, &sockets).await;
    // Half a mebibyte may wait for a client: this is nine.
    import(&world, &token, (CONTACTS, 1_500), "ab").await;
    let known: Vec<usize> = (0..2).map(|client| watch.of(client, "contact-update").len()).collect();
    import(&world, &token, (CONTACTS, 1_500), "cd").await;
    let told = |watch: &Watch, client: usize| watch.of(client, "contact-update").len() - known[client];
    while (0..2).any(|client| told(&watch, client) < CONTACTS) {
        let next = watch.next().await;
        assert!(!["disconnect", "resync"].contains(&next.event.as_str()), "{next:?}");
    }
    for client in 0..2 {
        let positions: Vec<u64> =
            watch.of(client, "contact-update").iter().map(|told| told.position()).collect();
        assert!(positions.windows(2).all(|pair| pair[0] < pair[1]), "out of order, or told twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_back_to_more_than_a_connection_holds_is_looking_anew() {
    let mut world = World::sqlite();
    world.start().await;
    let token = token(&world, "1", "manager", &[]);
    for number in 0..350 {
        let mut said = report("session-1738862891234-abc123", number);
        said["notes"] = json!("x".repeat(900));
        assert_eq!(world.report(&said).await.unwrap().status(), 200);
    }
    import(&world, &token, (300, 900), "ab").await;
    import(&world, &token, (300, 900), "cd").await;
    // Each alone is told whole.
    for namespace in [CALLS, CAMPAIGNS] {
        let mut ws = Ws::open(world.port).await;
        assert_eq!(came_back(&mut ws, &token, &[namespace]).await, ["position"], "{namespace}");
    }
    // Both together are more than may wait, unless the one is on its way before the other comes: never is the connection ended.
    for _ in 0..5 {
        let mut ws = Ws::narrow(world.port).await;
        let stands = came_back(&mut ws, &token, &[CALLS, CAMPAIGNS]).await;
        assert_eq!(stands.len(), 2, "{stands:?}");
    }
}

/// Asks for all of them at once before it reads a word, and hears how each stands.
async fn came_back(ws: &mut Ws, token: &str, namespaces: &[&str]) -> Vec<String> {
    let auth = json!({ "token": token, "position": 0 });
    let frames = namespaces.iter().flat_map(|namespace| {
        let prefix = if *namespace == CALLS { String::new() } else { format!("{namespace},") };
        masked(0x81, format!("40{prefix}{auth}").as_bytes())
    });
    ws.raw(&frames.collect::<Vec<u8>>()).await;
    // Until then it reads nothing.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut stands = vec![];
    while stands.len() < namespaces.len() {
        let text = ws.text().await;
        let Some(data) = text.find('[').and_then(|at| text.get(at..)) else { continue };
        let event: Value = serde_json::from_str(data).unwrap();
        if let Some(name @ ("position" | "resync")) = event[0].as_str() {
            stands.push(name.to_owned());
        }
    }
    stands
}
