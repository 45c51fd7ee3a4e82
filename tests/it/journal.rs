//! What both journals promise, tested once and run on each.

pub(crate) mod bed;
mod beneath;
mod contract;
mod effects;
mod leftovers;
mod webhooks;

/// Each test on both stores.
macro_rules! on_both_stores {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::journal::bed::Bed::sqlite()).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::journal::bed::Bed::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both_stores;
