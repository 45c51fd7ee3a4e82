//! What a job on its own thread does when it goes wrong.

use super::*;

#[tokio::test]
async fn rule_10_a_job_that_panics_is_an_error_and_nothing_more() {
    let broken: Result<(), Error> = apart(|| async { panic!("as libssh2's wrapper may") }).await;
    assert!(matches!(broken, Err(Error::Broke)));
    assert!(matches!(apart(|| async { Ok(7) }).await, Ok(7)));
}

#[tokio::test]
async fn a_job_goes_on_when_nobody_waits_for_it() {
    let (go, gone) = oneshot::channel::<()>();
    let (tell, told) = oneshot::channel();
    let job = apart(move || async move {
        let _ = gone.await;
        tell.send(()).map_err(|()| Error::Broke)
    });
    drop(job);
    go.send(()).unwrap();
    told.await.unwrap();
}
