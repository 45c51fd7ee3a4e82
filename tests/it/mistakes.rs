//! What clients write wrong to the routes of auto-calling, told so that they can mend it: bodies that are no JSON.

use reqwest::Method;
use serde_json::json;

use crate::contacts::Desk;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_body_is_told_with_its_place() {
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "admin");
    for path in ["/contacts", "/campaigns", "/do-not-call"] {
        for (body, told) in [
            ("{\n \"name\": \"x\",\n \"phone\" 7 }", "the JSON is broken at line 3, column 10"),
            ("{\"name\": 1, \"name\": 2}", "a field is there twice at line 1, column 22"),
            ("[]", "the body has to be a JSON object"),
        ] {
            let (status, answer) = desk.sent(Method::POST, path, body).await;
            assert_eq!(
                (status.as_u16(), &answer["code"], &answer["detail"]),
                (400, &json!("bad-json"), &json!(told)),
                "{path}: {answer}"
            );
        }
    }
    assert!(world.stop().success());
}
