//! The program as it is started, listening to what its own simulated calls left and to a host that has to prove who it is.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::far::{Certificates, Python, SOUND};
use crate::sim::numbers;
use crate::world::World;

const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_simulated_call_can_be_listened_to() {
    let mut world = World::sqlite();
    world.set("REMOTE_HOST", "simulated");
    world.start().await;
    world.upload("numbers.txt", numbers(50).as_bytes()).await;
    let started: Value =
        world.http.post(world.url("/calls/start")).send().await.unwrap().json().await.unwrap();
    let id = recorded(&world, started["sessionId"].as_str().unwrap()).await;
    let heard = world.get(&format!("/calls/results/{id}/recording")).await;
    assert_eq!(
        (heard.status().as_u16(), &heard.headers()["content-type"]),
        (200, &"audio/wav".parse().unwrap())
    );
    let length: usize = heard.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let bytes = heard.bytes().await.unwrap();
    assert!(bytes.starts_with(b"RIFF") && bytes.len() == length, "{} bytes of {length}", bytes.len());
    assert!(!world.said().contains("+998"), "no number in the log: {}", world.said());
}

/// The first result of a session that has a recording.
async fn recorded(world: &World, session: &str) -> String {
    let began = Instant::now();
    loop {
        let results = world.json(&format!("/calls/session/{session}/results")).await;
        let found = results.as_array().unwrap().iter().find(|result| result["recordingUrl"].is_string());
        if let Some(result) = found {
            return result["id"].as_str().unwrap().to_owned();
        }
        assert!(began.elapsed() < PATIENCE, "nobody has talked: {results}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_has_to_prove_who_it_is() {
    let mut world = World::sqlite();
    let certificates = Certificates::make();
    std::fs::write(certificates.folder.path().join("call.mp3"), SOUND).unwrap();
    let python = Python::serve_tls(&certificates);
    world.set("RECORDING_HOSTS", "127.0.0.1");
    world.set("LOG", "info");
    world.start().await;
    let body = json!({
        "sessionId": "s-1", "phoneNumber": "+998901234567", "callStatus": "ANSWERED", "recordingUrl": python.url("call.mp3"),
    });
    let stored: Value = world.report(&body).await.unwrap().json().await.unwrap();
    let path = format!("/calls/results/{}/recording", stored["id"].as_str().unwrap());
    let stranger = world.get(&path).await;
    let problem: Value = stranger.json().await.unwrap();
    assert_eq!(problem["code"], "recording-away", "{problem}");
    assert!(world.said().contains("certificate"), "the operator is told: {}", world.said());

    world.stop();
    world.set("SSL_CERT_FILE", certificates.authority().to_str().unwrap());
    world.start().await;
    let heard = world.get(&path).await;
    assert_eq!(heard.status(), 200);
    assert_eq!(heard.bytes().await.unwrap(), SOUND);
    let said = world.said();
    assert!(said.contains("a recording is listened to"), "{said}");
    assert!(!said.contains("call.mp3") && !said.contains("998901234567"), "{said}");
}
