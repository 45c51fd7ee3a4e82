//! A session that is closed before it was launched, its list still on the way to the host.

use std::pin::pin;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;

use super::bed::{Bed, ON_ITS_WAY, list};
use crate::world::World;

/// Enough for a start that nobody keeps waiting, and less than what a host that has fallen silent is given.
const HELD_FOR: Duration = Duration::from_secs(3);

/// The next start waits until nobody puts the closed one's list there any more, and not a moment longer.
async fn what_is_closed_on_the_way_is_not_dialled(world: World) {
    let bed = Bed::on(world).await;
    let (first, second) = (list("+99890"), list("+99891"));
    let (first_id, second_id) = (bed.uploaded(&first).await, bed.uploaded(&second).await);
    bed.wire.hold_one_after(ON_ITS_WAY);
    let start = bed.started(json!({ "uploadId": first_id }));
    let others = async {
        bed.wire.holds().await;
        let closing = bed.only_session().await;
        let closed = bed.close(&closing).await;
        assert_eq!((&closed["status"], &closed["processedNumbers"]), (&json!("COMPLETED"), &json!(0)));
        let mut next = pin!(bed.started(json!({ "uploadId": second_id })));
        let early = tokio::time::timeout(HELD_FOR, &mut next).await;
        assert!(early.is_err(), "somebody puts a list there still: {early:?}");
        bed.wire.let_go();
        let next = next.await;
        (closing, next)
    };
    let ((_, closed), (closing, (status, next))) = tokio::join!(start, others);
    assert_eq!(closed["sessionId"], closing, "{closed}");
    assert_eq!(status, StatusCode::OK, "{next}");

    let next = next["sessionId"].as_str().unwrap();
    assert!(bed.dialled(next) == second && bed.file() == second, "the next session dials its own list");
    assert_eq!(bed.launched(), [next], "nothing is dialled for the closed one");
    assert_eq!(bed.history(&closing), ["opened", "completed"]);
    assert_eq!(bed.world.json(&format!("/calls/session/{closing}")).await["status"], "COMPLETED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_closed_on_the_way_is_not_dialled_on_sqlite() {
    what_is_closed_on_the_way_is_not_dialled(World::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_closed_on_the_way_is_not_dialled_on_postgres() {
    what_is_closed_on_the_way_is_not_dialled(World::postgres().await).await;
}
