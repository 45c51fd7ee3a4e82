//! Whose panic it was. A ward has a thread of its own, and actix names threads by number.

use std::cell::Cell;
use std::panic;

thread_local! {
    static WARD: Cell<Option<&'static str>> = const { Cell::new(None) };
}

tokio::task_local! {
    static TASK: &'static str;
}

/// From now on this thread speaks for a ward.
pub(super) fn name_thread(ward: &'static str) {
    WARD.set(Some(ward));
}

/// A task that speaks for a ward, on whatever thread it runs.
pub(in crate::actors) async fn named<T>(ward: &'static str, task: impl Future<Output = T>) -> T {
    TASK.scope(ward, task).await
}

fn whose() -> Option<&'static str> {
    TASK.try_with(|name| *name).ok().or_else(|| WARD.get())
}

/// Tells a ward's panic in one line with its name; any other goes on to whoever told panics before.
/// Once a process, after the log was begun.
pub fn name_panics() {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| match whose() {
        Some(actor) => {
            let place = panicked.location().map(ToString::to_string).unwrap_or_default();
            let what = panicked.payload_as_str().unwrap_or("without a text");
            tracing::error!(actor, place, "{actor} panicked: {what}");
        }
        None => others(panicked),
    }));
}
