//! What holds beside it and after it: a call under way is not cut off, a crash loses nothing, other nodes forget as well, and whoever
//! has the number next is somebody new.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::planted::{PHONE, Planted, dials_from_a_file, hits, keeps_the_recording, until};
use super::{all_rows, forget};
use crate::called::Called;
use crate::contacts::Desk;
use crate::http_world::{Floor, bearer, in_seconds, near, now};
use crate::rebuild::{SCREENS, rebuild};
use crate::world::{World, report};

#[actix_web::test]
async fn nobody_is_forgotten_in_the_middle_of_a_call() {
    let floor = Floor::new().await;
    let called = Called::of(&floor, "1").await;
    let contact = called.contact(PHONE).await;
    let call = called.rung(contact, now()).await;
    let ask = async |id: String| {
        let request =
            near(actix_web::http::Method::DELETE, &format!("/auto-calling/contacts/{id}/personal-data"));
        let admin = bearer(&json!({ "organizationId": "1", "role": "admin", "exp": in_seconds(600) }));
        floor.ask(request.insert_header(admin)).await
    };
    let answer = ask(contact.to_string()).await;
    assert_eq!((answer.status, &*answer.problem()), (409, "call-under-way"));
    assert_eq!(answer.json()["callId"], json!(call));
    let answer = ask(uuid::Uuid::nil().to_string()).await;
    assert_eq!((answer.status, &*answer.problem()), (404, "contact-unknown"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_the_middle_of_it_leaves_nothing_behind() {
    let mut world = World::sqlite();
    let planted = Planted::everywhere(&mut world).await;
    for millis in [3, 30, 90, 180] {
        let asked = {
            let (token, http) = (world.token(), world.http.clone());
            let url = world.url(&format!("/auto-calling/contacts/{}/personal-data", planted.contact));
            tokio::spawn(async move { drop(http.delete(url).bearer_auth(token).send().await) })
        };
        tokio::time::sleep(Duration::from_millis(millis)).await;
        world.kill();
        asked.await.unwrap();
        world.start().await;
    }
    forget(&world, &planted.contact).await;
    assert_eq!(hits(&world), Vec::<String>::new());
    assert!(world.verify().status.success());
    planted.is_told_nowhere(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_number_next_is_somebody_new() {
    let mut world = World::sqlite();
    let planted = Planted::everywhere(&mut world).await;
    forget(&world, &planted.contact).await;
    let desk = Desk::of(&world, "1", "admin");
    let next = desk.created(&json!({ "firstName": "Karim", "lastName": "Olimov", "phone": PHONE })).await;
    assert_eq!(next["status"], "DO_NOT_CALL", "the wish is the number's");
    let id = next["id"].as_str().unwrap().to_owned();
    assert!(world.stop().success());
    world.start().await;
    let desk = Desk::of(&world, "1", "admin");
    assert_eq!(desk.get(&format!("/contacts/{id}")).await["firstName"], "Karim");
    forget(&world, &id).await;
    assert_eq!(hits(&world), Vec::<String>::new());
    let removed = desk.ask(Method::DELETE, &format!("/contacts/{}", planted.contact), None).await;
    assert_eq!(removed.0, 200, "what is left of a contact can be removed: {}", removed.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_forgets() {
    let mut one = World::postgres().await;
    let planted = Planted::everywhere(&mut one).await;
    let mut other = World::sqlite();
    for (name, value) in [("DATABASE_URL", one.database_url()), ("DATA_KEY", one.setting("DATA_KEY"))] {
        other.set(name, value);
    }
    dials_from_a_file(&mut other, &one.data().join("remote-numbers.txt"));
    other.start().await;
    // It has the keys at hand for reading and for sealing, and the facts.
    let mine = report("session-1738862899999-abc998", 1_234_567);
    assert_eq!(other.report(&mine).await.unwrap().status(), 200);
    let desk = Desk::of(&other, "1", "admin");
    assert_eq!(desk.get(&format!("/contacts/{}", planted.contact)).await["phone"], PHONE);
    let path = format!("/audit/contact/{}", planted.contact);
    let audit = other.http.get(other.url(&path)).bearer_auth(other.token()).send().await.unwrap();
    assert!(audit.text().await.unwrap().contains(PHONE));

    keeps_the_recording(&other);
    assert_ne!(hits(&other), Vec::<String>::new());
    // Either may carry it out, and each has what the other cannot reach.
    forget(&one, &planted.contact).await;
    planted.is_told_nowhere(&other).await;
    until(|| hits(&other).is_empty()).await;
    assert_eq!(hits(&one), Vec::<String>::new());
    let live = all_rows(&one).await;
    for screen in SCREENS {
        rebuild(&other, screen);
    }
    for ((screen, followed), (_, fresh)) in live.iter().zip(&all_rows(&one).await) {
        assert_eq!(fresh, followed, "{screen}");
    }

    // What is told from now on is of somebody new, and can be read by every node for as long as they are known.
    let later = report("session-1738862899999-abc997", 1_234_567);
    assert_eq!(other.report(&later).await.unwrap().status(), 200);
    assert!(other.stop().success());
    other.start().await;
    for world in [&one, &other] {
        let told = world.json("/calls/session/session-1738862899999-abc997/results").await;
        assert!(told.to_string().contains(PHONE), "{told}");
    }
}
