//! R1, the part that a kill cannot show: a kill leaves the page cache, a power cut does not.
//! Under strace every acknowledgement comes after the sync of what it acknowledges,
//! and copies of the log cut to what was synced by then miss nothing acknowledged.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::OpenOptions;
use std::path::Path;

use futures_util::future::join_all;
use rusqlite::Connection;
use serde_json::Value;

use crate::world::{World, report};

const SESSION: &str = "session-1738862891234-abc123";
const CLIENTS: u32 = 8;
const REPORTS_EACH: u32 = 12;

/// What the trace shows of the journal's log and of the sockets, in the order in which it happened.
#[derive(Debug)]
enum Step {
    /// Bytes were handed to the log: where they end, and which results they hold.
    Wrote {
        end: u64,
        ids: Vec<String>,
    },
    /// A sync that will cover what was written above it, on this thread.
    Syncing {
        thread: String,
    },
    Synced {
        thread: String,
    },
    Acknowledged {
        id: String,
    },
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_before_it_is_synced() {
    let mut world = World::sqlite();
    let trace = world.folder.path().join("trace");
    let what = "trace=pwrite64,fdatasync,fsync,write,writev,sendto,sendmsg,openat";
    if !world.strace(&["-y", "-s", "65536", "-e", what, "-o", trace.to_str().unwrap()]) {
        return;
    }
    world.start().await;
    let sender = |client: u32| {
        let (http, url) = (world.http.clone(), world.url("/calls/result"));
        tokio::spawn(async move {
            for n in 0..REPORTS_EACH {
                let body = report(SESSION, client * 1_000 + n);
                assert_eq!(http.post(&url).json(&body).send().await.unwrap().status(), 200);
            }
        })
    };
    let senders: Vec<_> = (0..CLIENTS).map(sender).collect();
    for sender in senders {
        sender.await.unwrap();
    }
    // Taken while the engine runs: the log is still there, as it would be after a power cut.
    let copy = tempfile::tempdir().unwrap();
    copy_journal(&world.data(), copy.path());
    world.kill();

    let acknowledged = check(&steps(&std::fs::read_to_string(&trace).unwrap()));
    let count: usize = acknowledged.values().map(Vec::len).sum();
    assert_eq!(count, usize::try_from(CLIENTS * REPORTS_EACH).unwrap());
    for (synced, ids) in acknowledged {
        let cut = tempfile::tempdir().unwrap();
        copy_journal(copy.path(), cut.path());
        let log = OpenOptions::new().write(true).open(cut.path().join("journal.db-wal")).unwrap();
        log.set_len(synced).unwrap();
        let connection = Connection::open(cut.path().join("journal.db")).unwrap();
        for id in ids {
            let there = "SELECT count(*) FROM events WHERE payload LIKE '%' || ?1 || '%'";
            let count: i64 = connection.query_row(there, [&id], |row| row.get(0)).unwrap();
            assert_eq!(count, 1, "{id} was acknowledged and is not in what was synced by then");
        }
    }
}

fn copy_journal(from: &Path, to: &Path) {
    for file in ["journal.db", "journal.db-wal"] {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
}

/// After a sync that failed nobody knows what is on the disk: whoever waits is told so, the engine ends,
/// and the next start writes the log anew before it goes on from what is there.
/// Gives whether one of the clients was told: what fails may have been the sync of something of the engine's own, such as a lease.
async fn ends_at_a_failed_sync(clients: u32) -> bool {
    let mut world = World::sqlite();
    // The twentieth of a thread, and every one after it.
    let fail = "inject=fdatasync:error=EIO:when=20+";
    if !world.strace(&["-e", "trace=fdatasync", "-e", fail, "-o", "/dev/null"]) {
        return true;
    }
    world.start().await;
    let here = &world;
    let client = |client: u32| async move {
        let mut acknowledged = vec![];
        for number in 0..200 {
            let answer = here.report(&report(SESSION, client * 1_000 + number)).await;
            let Ok(answer) = answer else { return (acknowledged, None) };
            if answer.status() != 200 {
                assert_eq!(answer.status(), 503);
                return (acknowledged, Some(answer.headers()["x-request-id"].to_str().unwrap().to_owned()));
            }
            acknowledged.push(answer.json::<Value>().await.unwrap()["id"].clone());
        }
        panic!("the sync was to fail");
    };
    let (acknowledged, refused): (Vec<_>, Vec<_>) =
        join_all((0..clients).map(client)).await.into_iter().unzip();
    let acknowledged = acknowledged.concat();
    assert!(!world.ready().await);
    assert!(acknowledged.len() >= 5, "the sync was to fail under way");
    assert!(!world.ended().await.success());
    assert!(world.said().contains("could not be synced"), "{}", world.said());
    let named = |id: &String| assert!(world.said().contains(id), "{id} is not in {}", world.said());
    refused.iter().flatten().for_each(named);
    let trace = world.folder.path().join("trace");
    world.strace(&["-y", "-e", "trace=pwrite64,fdatasync", "-o", trace.to_str().unwrap()]);
    world.start().await;
    let stored = world.json(&format!("/calls/session/{SESSION}/results")).await;
    let ids: HashSet<_> = stored.as_array().unwrap().iter().map(|result| result["id"].clone()).collect();
    assert!(acknowledged.iter().all(|id| ids.contains(id)));
    assert_eq!(world.report(&report(SESSION, 9_000)).await.unwrap().status(), 200);
    let trace = std::fs::read_to_string(trace).unwrap();
    let of_log = |line: &&str| line.contains("journal.db-wal>");
    let first = trace.lines().find(of_log).unwrap();
    assert!(first.contains("pwrite64("), "the log was not written anew: {first}");
    refused.iter().any(Option::is_some)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_is_told_of_a_failed_sync() {
    for _ in 0..3 {
        if ends_at_a_failed_sync(1).await {
            return;
        }
    }
    panic!("nobody was told");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_are_told_of_a_failed_sync() {
    assert!(ends_at_a_failed_sync(32).await, "nobody was told");
}

/// Every acknowledgement has its write and a sync after that write above it. By how much of the log was synced then.
fn check(steps: &[Step]) -> BTreeMap<u64, Vec<String>> {
    let (mut written, mut durable) = (HashSet::new(), HashSet::new());
    let (mut end, mut synced) = (0, 0);
    let mut syncing = HashMap::new();
    let mut acknowledged: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for step in steps {
        match step {
            Step::Wrote { end: to, ids } => {
                end = end.max(*to);
                written.extend(ids.iter().cloned());
            }
            Step::Syncing { thread } => {
                syncing.insert(thread, (written.clone(), end));
            }
            Step::Synced { thread } => {
                let (covered, to) = syncing.remove(thread).unwrap();
                durable.extend(covered);
                synced = synced.max(to);
            }
            Step::Acknowledged { id } => {
                assert!(durable.contains(id), "{id} was acknowledged before it was synced");
                acknowledged.entry(synced).or_default().push(id.clone());
            }
        }
    }
    acknowledged
}

/// The trace's lines, with calls that were interrupted by others put where they finished. A sync covers what had been
/// written when it began, and counts when it is over: the writer goes on meanwhile.
fn steps(trace: &str) -> Vec<Step> {
    let mut unfinished: HashMap<&str, &str> = HashMap::new();
    let mut steps = vec![];
    for line in trace.lines() {
        let (pid, rest) = line.split_once(' ').unwrap();
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix("<unfinished ...>") {
            // What is sent may be seen before the call returns, what is synced only after.
            if is_send(begun) {
                steps.extend(step(pid, begun));
                continue;
            }
            if is_sync(begun) {
                steps.push(Step::Syncing { thread: pid.to_owned() });
            }
            unfinished.insert(pid, begun);
        } else if rest.starts_with("<... ") {
            let begun = unfinished.remove(pid);
            steps.extend(begun.and_then(|begun| step(pid, begun)));
        } else {
            if is_sync(rest) {
                steps.push(Step::Syncing { thread: pid.to_owned() });
            }
            steps.extend(step(pid, rest));
        }
    }
    steps
}

fn is_send(call: &str) -> bool {
    ["sendto(", "sendmsg(", "write(", "writev("].iter().any(|name| call.starts_with(name))
        && call.contains("HTTP/1.1 200")
}

fn is_sync(call: &str) -> bool {
    (call.starts_with("fdatasync(") || call.starts_with("fsync(")) && call.contains("journal.db-wal>")
}

fn step(thread: &str, call: &str) -> Option<Step> {
    if call.starts_with("pwrite64(") && call.contains("journal.db-wal>") {
        return Some(Step::Wrote { end: end_of(call)?, ids: ids(call) });
    }
    if is_sync(call) {
        return Some(Step::Synced { thread: thread.to_owned() });
    }
    if is_send(call) {
        return ids(call).into_iter().next().map(|id| Step::Acknowledged { id });
    }
    None
}

/// `pwrite64(12</…/journal.db-wal>, "…", 4096, 32) = 4096`, or without the end where it was interrupted.
fn end_of(call: &str) -> Option<u64> {
    let numbers = call.rsplit_once('"')?.1.trim_start_matches(['.', ',', ' ']);
    let mut numbers = numbers.split([',', ')', ' ']).filter_map(|word| word.parse::<u64>().ok());
    Some(numbers.next()? + numbers.next()?)
}

/// The results' ids: `"id":"<uuid>"`, with the quotes escaped as strace does.
fn ids(call: &str) -> Vec<String> {
    let mark = "\\\"id\\\":\\\"";
    call.match_indices(mark)
        .filter_map(|(at, _)| call.get(at + mark.len()..at + mark.len() + 36))
        .map(str::to_owned)
        .collect()
}
