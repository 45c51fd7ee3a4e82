//! A campaign's call from its end to the row of the workbook, and a contact with everything that belongs to it.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::{Auditor, chain, events, link, text, types};
use crate::contacts;
use crate::dialling::Desk;
use crate::dialling::agent::{Act, Agent};
use crate::world::World;

const ROWS: &[u8] = b"firstName,phone\nVali,90 123-45-68\nNobody,none\nOlim,90 123-45-69\n";

async fn a_campaigns_call_leads_back_to_the_workbook(world: World) {
    let answer = json!({
        "success": true, "outcome": "PROMISE_TO_PAY", "promiseAmount": 100, "promiseDate": "2035-01-02",
        "duration": 40, "recordingUrl": "https://agent.example/1.mp3",
    });
    let agent = Agent::start(move |_, _| Act::Say(Duration::from_millis(5), answer.clone()));
    let desk = Desk::start(world, agent).await;
    let imported = contacts::Desk::of(&desk.world, "1", "manager").import("contacts.csv", ROWS, "").await.1;
    let import = text(&imported["importId"]).to_owned();
    let found = desk.get("/auto-calling/contacts?q=Olim").await;
    let contact = text(&found["data"][0]["id"]).to_owned();
    let campaign = desk.campaign_of(std::slice::from_ref(&contact), &json!({})).await;
    desk.begin(&campaign).await;
    desk.until(&campaign, "over", |shown| shown["status"] == "COMPLETED").await;

    let auditor = Auditor::of(&desk.world, "1", "auditor");
    let calls = desk.get("/calls/history?source=campaign").await;
    let call = text(&calls[0]["id"]);
    let told = auditor.get(&format!("/audit/call/{call}?lang=en")).await;
    let mut all = types(events(&told));
    all.sort_unstable();
    let expected = ["person.let_go", "person.rung", "promise.made", "target.dialled", "target.ended"];
    assert_eq!(all, expected, "{told}");
    let positions: Vec<u64> = events(&told).iter().map(|event| event["position"].as_u64().unwrap()).collect();
    assert!(positions.is_sorted(), "{positions:?}");
    let whole = ["recording", "report", "effect", "call", "target", "campaign", "contact", "import", "row"];
    assert_eq!(chain(&told), whole, "{told}");
    let ids = ["campaign", "contact", "import"].map(|what| text(&link(&told, what)["id"]).to_owned());
    assert_eq!(ids, [campaign.clone(), contact.clone(), import.clone()]);
    assert_eq!(link(&told, "row")["row"], 4, "{told}");
    assert!(text(&link(&told, "effect")["id"]).contains(&contact), "{told}");

    a_contact_is_told_whole(&auditor, &desk, &contact).await;
    let targets = auditor.get(&format!("/audit/campaign/{campaign}?with=targets")).await;
    let kinds: Vec<&str> = events(&targets).iter().map(|event| text(&event["kind"])).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "target").count(), 3, "{targets}");
    // Among them who was shown its contacts, by us.
    let own: Vec<&str> = kinds.into_iter().filter(|kind| *kind != "disclosure").collect();
    assert!(own.is_sorted(), "the campaign's own events first: {own:?}");
    let told = auditor.get(&format!("/audit/import/{import}")).await;
    assert_eq!(types(events(&told)), ["import.begun", "import.finished"]);
}

async fn a_contact_is_told_whole(auditor: &Auditor<'_>, desk: &Desk, contact: &str) {
    let (status, _) = desk
        .ask(Method::PATCH, &format!("/auto-calling/contacts/{contact}"), &json!({ "phone": "90 123-45-60" }))
        .await;
    assert_eq!(status, 200);
    // The first look is told of by the second.
    auditor.get(&format!("/audit/contact/{contact}")).await;
    let told = auditor.get(&format!("/audit/contact/{contact}?lang=en&limit=500")).await;
    let count = |name: &str| types(events(&told)).iter().filter(|known| *known == name).count();
    for (name, times) in [
        ("contact.created", 1),
        ("person.claimed", 2),
        ("person.released", 1),
        ("person.rung", 1),
        ("promise.made", 1),
        ("target.enlisted", 1),
        ("target.ended", 1),
        ("disclosure.looked", 1),
    ] {
        assert_eq!(count(name), times, "{name}: {told}");
    }
    assert_eq!(chain(&told), ["contact", "import", "row"]);
    let created = events(&told).iter().find(|event| event["type"] == "created").unwrap();
    assert_eq!(created["data"]["created"]["personal"]["first_name"], "Olim");
    for event in events(&told) {
        let words = text(&event["words"]);
        assert!(!words.contains("Olim") && !words.contains("1234"), "{words}");
    }
    let paged = auditor.pages(&format!("/audit/contact/{contact}?lang=en&limit=2")).await;
    assert_eq!(paged, events(&told));
    let (status, _) =
        desk.ask(Method::DELETE, &format!("/auto-calling/contacts/{contact}"), &json!(null)).await;
    assert_eq!(status, 200);
    let gone = auditor.get(&format!("/audit/contact/{contact}?limit=500")).await;
    assert!(types(events(&gone)).contains(&"contact.removed".to_owned()), "{gone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaigns_call_leads_back_to_the_workbook_on_sqlite() {
    a_campaigns_call_leads_back_to_the_workbook(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaigns_call_leads_back_to_the_workbook_on_postgres() {
    a_campaigns_call_leads_back_to_the_workbook(World::postgres().await).await;
}
