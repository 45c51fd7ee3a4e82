//! An endpoint that names the engine itself: what somebody has it send is no wish of this machine.

use reqwest::Method;

use super::{Manager, allow};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_does_not_let_itself_in() {
    let mut world = World::sqlite();
    allow(&mut world);
    world.start().await;
    let manager = Manager::of(&world);
    for path in ["/auth/open", "/calls/quarantine/replay"] {
        let near = world.http.post(world.url(path)).json(&serde_json::json!({})).send().await.unwrap();
        assert_eq!(near.status(), 200, "{path}: whoever is at this machine is let in");
        let (endpoint, _) = manager.register(&world.url(path), &[]).await;
        let (_, tried) = manager.ask(Method::POST, &format!("{endpoint}/test"), None).await;
        assert_eq!(tried["status"], 401, "{path}: {tried}");
    }
}
