//! The program's own side of it: checkpoints that are kept elsewhere, keys that are renewed, and what a crash leaves.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::audit::{Auditor, text};
use crate::world::{World, report};

/// What it printed on stdout, where it ended well.
fn said(world: &World, args: &[&str]) -> String {
    let out = world.run(args);
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

async fn reports(world: &World, numbers: std::ops::Range<u32>) {
    for number in numbers {
        assert_eq!(world.report(&report("s-1", number)).await.unwrap().status(), 200);
    }
}

/// The key's file is the owner's alone, and an ordered stop leaves nothing unsigned.
#[tokio::test(flavor = "multi_thread")]
async fn an_ordered_stop_leaves_nothing_unsigned() {
    for mut world in [World::sqlite(), World::postgres().await] {
        world.start().await;
        reports(&world, 0..10).await;
        assert!(world.stop().success());
        let mode = std::fs::metadata(world.data().join("signing.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let newest: Value = serde_json::from_str(&said(&world, &["checkpoint"])).unwrap();
        let head = world.events().last().unwrap()["position"].clone();
        assert_eq!(newest["position"], head);
        let verified = said(&world, &["verify"]);
        assert!(verified.contains(&format!("signed up to position {head}: ")), "{verified}");
        let keys = said(&world, &["signing-key", "show"]);
        assert!(keys.contains(text(&newest["key"])) && keys.contains("itself, the first"), "{keys}");
    }
}

/// What was kept elsewhere agrees with a journal that went on, also as the engine itself answered it.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_was_kept_is_compared() {
    let mut world = World::sqlite();
    world.start().await;
    reports(&world, 0..5).await;
    let auditor = Auditor::of(&world, "1", "auditor");
    let signing = world.http.post(world.url("/audit/checkpoints")).bearer_auth(world.token());
    let signed: Value = signing.send().await.unwrap().json().await.unwrap();
    let position = &signed["checkpoints"][0]["position"];
    assert_eq!(world.status().await["position"], *position);
    reports(&world, 5..9).await;
    let answer = auditor.get("/audit/checkpoints?limit=1").await;
    assert!(world.stop().success());
    let folder = world.data().parent().unwrap().to_owned();
    let kept = folder.join("kept.ndjson");
    let lines = format!("{}{}\n{answer}\n", said(&world, &["checkpoint"]), signed["checkpoints"][0]);
    std::fs::write(&kept, lines).unwrap();
    let verified = said(&world, &["verify", "--checkpoint", kept.to_str().unwrap()]);
    assert!(verified.contains("it agrees with the 3 checkpoints kept elsewhere"), "{verified}");
    // Another journal's is not this one's.
    let mut other = World::sqlite();
    other.start().await;
    reports(&other, 0..30).await;
    assert!(other.stop().success());
    let out = other.run(&["verify", "--checkpoint", kept.to_str().unwrap()]);
    let told = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(1), "{told}");
    assert!(told.contains("which is not this journal's key of then"), "{told}");
    std::fs::write(&kept, "nothing of the kind").unwrap();
    assert_eq!(world.run(&["verify", "--checkpoint", kept.to_str().unwrap()]).status.code(), Some(2));
    assert_eq!(world.run(&["verify", "--from", "0"]).status.code(), Some(2));
    for nothing in [&["--from", "9", "--to", "8"][..], &["--from", "1000000"]] {
        let out = world.run(&[&["verify"], nothing].concat());
        let told = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(2), "{nothing:?}: {told}");
        assert!(told.contains("what is looked at ends at"), "{told}");
    }
}

/// Whatever was under way when the power went, the journal is what was written, and goes on being signed.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_signing_leaves_a_true_journal() {
    let mut world = World::sqlite();
    for round in 0..4 {
        world.start().await;
        reports(&world, round * 5..round * 5 + 5).await;
        let (url, token, http) = (world.url("/audit/checkpoints"), world.token(), world.http.clone());
        let signing = tokio::spawn(async move { http.post(url).bearer_auth(token).send().await.is_ok() });
        if round % 2 == 0 {
            assert!(signing.await.unwrap());
        }
        world.kill();
        assert!(world.verify().status.success(), "round {round}");
    }
    world.start().await;
    assert!(world.stop().success());
    let verified = said(&world, &["verify"]);
    assert!(verified.contains("signed up to position"), "{verified}");
}

/// Beside the engine and without it; a key that is lost keeps nobody from working, and nothing vouches for the next one.
#[tokio::test(flavor = "multi_thread")]
async fn keys_are_renewed_and_replaced() {
    let mut world = World::sqlite();
    assert_eq!(world.run(&["signing-key", "rotate"]).status.code(), Some(2), "there is no journal");
    world.start().await;
    reports(&world, 0..3).await;
    let renewed = said(&world, &["signing-key", "rotate"]);
    assert!(renewed.starts_with("key 2 signs from checkpoint "), "{renewed}");
    assert_eq!(std::fs::read_to_string(world.data().join("signing.key")).unwrap().lines().count(), 1);
    let beside = world.run(&["signing-key", "rotate", "--lost"]);
    assert_eq!(beside.status.code(), Some(2), "the engine has its key still");
    reports(&world, 3..6).await;
    assert!(world.stop().success());
    let renewed = said(&world, &["signing-key", "rotate"]);
    assert!(renewed.starts_with("key 3 signs from checkpoint "), "{renewed}");
    assert!(!said(&world, &["verify"]).contains("NOTE"));

    std::fs::remove_file(world.data().join("signing.key")).unwrap();
    world.start().await;
    reports(&world, 6..9).await;
    let refused =
        world.http.post(world.url("/audit/checkpoints")).bearer_auth(world.token()).send().await.unwrap();
    assert_eq!(refused.status(), 409);
    assert!(refused.text().await.unwrap().contains("signing-key-missing"));
    assert!(world.stop().success());
    assert_eq!(world.run(&["signing-key", "rotate"]).status.code(), Some(2), "nothing vouches for it");
    let anew = said(&world, &["signing-key", "rotate", "--lost"]);
    assert!(anew.starts_with("key 4 signs from checkpoint "), "{anew}");
    let verified = said(&world, &["verify"]);
    assert!(verified.contains("NOTE: key 4 ("), "{verified}");
    assert!(said(&world, &["signing-key", "show"]).contains("NOBODY"));
    world.set("SIGNING_KEY", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=");
    let set = world.run(&["signing-key", "rotate"]);
    assert!(String::from_utf8(set.stderr).unwrap().contains("SIGNING_KEY is set"));
}
