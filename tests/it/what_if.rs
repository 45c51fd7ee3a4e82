//! `karnay what-if` as its users meet it, over campaigns that the real engine ran: the same rules change nothing, others show what they
//! would have stopped, two runs say the same, and the journal is left alone.

use std::process::Output;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::dialling::agent::{Act, Agent, success};
use crate::dialling::{Desk, phone};
use crate::http_world::now;
use crate::world::World;

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn asked(world: &World, campaign: &str, more: &[&str]) -> Value {
    let text = out(&world.run(&[&["what-if", "--json", "--campaign", campaign], more].concat()));
    serde_json::from_str(&text).unwrap()
}

/// Every other one wants to be called back in a second, and is: two calls for them, one for the rest.
async fn a_campaign(world: World) -> (Desk, String) {
    let agent = Agent::start(move |phone, before| {
        let later = || json!({ "success": true, "outcome": "CALLBACK_REQUESTED", "callbackAt": now() + TimeDelta::seconds(1) });
        let even = phone.ends_with(['0', '2', '4', '6', '8']);
        Act::Say(Duration::from_millis(10), if even && before == 0 { later() } else { success() })
    });
    let desk = Desk::start(world, agent).await;
    let campaign = desk.campaign(0..12, &json!({ "concurrency": 4 })).await;
    desk.begin(&campaign).await;
    desk.until_status(&campaign, "COMPLETED").await;
    (desk, campaign)
}

async fn a_past_is_looked_at(world: World) {
    let (desk, campaign) = a_campaign(world).await;
    let world = &desk.world;
    let before = world.events();
    let file = |name: &str, text: &str| {
        let path = world.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };

    // The rules that it went by, written out and given back.
    let printed = out(&world.run(&["what-if", "--campaign", &campaign, "--print"]));
    let same = file("same.toml", &printed);
    for more in [&["--rules", &same][..], &["--pack", "always"]] {
        let report = asked(world, &campaign, more);
        assert_eq!(report["nothingChanges"], true, "{report:#}");
        assert_eq!(report["report"]["was"], report["report"]["would"], "{report:#}");
        assert_eq!(report["report"]["unexplained"], json!({}), "{report:#}");
        let shown = desk.shown(&campaign).await;
        assert_eq!(report["report"]["was"]["attempts"], shown["attempts"]);
        assert_eq!(report["report"]["was"]["contacts"], shown["totalContacts"]);
    }

    // One call a day: whoever was called twice was called once too often.
    let other = file(
        "other.toml",
        "concurrency = 4\n[[rules.caps]]\ncount = \"attempts\"\nwithin = \"1d\"\natMost = 1\n",
    );
    let report = asked(world, &campaign, &["--rules", &other]);
    let again = before.iter().filter(|event| event["payload"]["dialled"]["attempt"] == 2).count();
    assert!(again > 0, "nobody was called twice");
    assert_eq!(report["byRule"], json!({ "caps": again }), "{report:#}");
    for refused in report["report"]["refused"].as_array().unwrap() {
        assert_eq!(
            (&refused["attempt"], &refused["exact"], &refused["outcome"]),
            (&json!(2), &json!(true), &json!("SUCCESS"))
        );
        assert_eq!(refused["figures"]["cap"]["found"], 1);
    }
    let page = |more: &[&str]| {
        out(&world.run(&[&["what-if", "--campaign", &campaign, "--rules", &other], more].concat()))
    };
    let text = page(&[]);
    assert_eq!(text, page(&[]), "two runs, and two answers");
    assert!(
        text.contains("nothing is recorded") && text.contains("caps") && text.contains("unknown"),
        "{text}"
    );
    assert!((0..12).all(|number| !text.contains(&phone(number)[4..])), "{text}");

    // Up to the last first call nobody was called twice yet.
    let second = before.iter().find(|event| event["payload"]["dialled"]["attempt"] == 2).unwrap();
    let until = (second["position"].as_u64().unwrap() - 1).to_string();
    let report = asked(world, &campaign, &["--rules", &other, "--until", &until]);
    assert_eq!(report["byRule"], json!({}), "{report:#}");

    what_is_wrong_is_named(world, &campaign, &file("wrong.toml", "concurrency = 0"));
    assert_eq!(world.events(), before, "something was recorded");
    desk.agent.stop().await;
}

fn what_is_wrong_is_named(world: &World, campaign: &str, file: &str) {
    for (wrong, why) in [
        (&["--campaign", "0199b9f4-6f00-7000-8000-0000000000c1", "--print"][..], "there is no campaign"),
        (&["--campaign", campaign, "--rules", "nowhere.toml"], "cannot be read from nowhere.toml"),
        (&["--campaign", campaign, "--rules", file], "concurrency"),
        (&["--campaign", campaign, "--pack", "mars"], "mars"),
        (&["--campaign", campaign], "what is to be other? --rules FILE or --pack NAME"),
        (&["--campaign", campaign, "--org", "2", "--print"], "in organization 2"),
    ] {
        let said = world.run(&[&["what-if"], wrong].concat());
        let err = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!((said.status.code(), err.contains(why)), (Some(2), true), "{wrong:?}: {err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_is_looked_at_on_sqlite() {
    a_past_is_looked_at(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_is_looked_at_on_postgres() {
    a_past_is_looked_at(World::postgres().await).await;
}
