//! Listening to calls: files of this machine, hosts of the web as they are and as they should not be, and who may not.

mod far;
mod program;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::http::Method;
use chrono::{SecondsFormat, TimeDelta};
use futures_util::StreamExt as _;
use karnay::adapters::local::{self, Local};
use karnay::adapters::recordings::{LEN_MAX, Options, Recordings};
use karnay::config::CallsAuth;
use karnay::http::Options as HttpOptions;
use serde_json::json;
use tempfile::TempDir;

use crate::http_world::{Answer, Floor, bearer, near, now, options};
use crate::ports::free_port;
use crate::world::World;
use far::{Far, Python};

/// Longer than one piece of a file, and no two places alike.
fn sound() -> Vec<u8> {
    (0..200_000_u32).flat_map(u32::to_be_bytes).collect()
}

/// An engine whose remote host is this machine, with a folder of recordings and one file that lies beside it.
struct House {
    floor: Floor,
    folder: TempDir,
    calls: AtomicU32,
}

impl House {
    async fn new() -> Self {
        Self::with(&["127.0.0.1"], LEN_MAX).await
    }

    async fn with(hosts: &[&str], len_max: u64) -> Self {
        Self::beside(None, hosts, len_max).await
    }

    /// With a host of calls that is not this folder's.
    async fn beside(remote_host: Option<&str>, hosts: &[&str], len_max: u64) -> Self {
        Self::built(options(), (remote_host, hosts), len_max).await
    }

    /// That lets in whoever comes, another engine too.
    async fn open() -> Self {
        let mut open = options();
        open.access.calls = CallsAuth::Open;
        Self::built(open, (None, &["127.0.0.1"]), LEN_MAX).await
    }

    async fn built(
        options: HttpOptions,
        (remote_host, hosts): (Option<&str>, &[&str]),
        len_max: u64,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("recordings/2025")).unwrap();
        std::fs::write(folder.path().join("secret.wav"), "a secret").unwrap();
        let local = Local::open(local::Options {
            command: "true".to_owned(),
            stop_command: None,
            path: folder.path().join("numbers.txt"),
            recordings: folder.path().join("recordings"),
            timeout: Duration::from_secs(10),
            folder: folder.path().join("remote"),
        });
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        let remote_host = remote_host.map(ToOwned::to_owned);
        let recordings = Recordings::new(Options { remote_host, hosts, exchange: None, len_max });
        let floor = Floor::listening(options, true, (recordings, Arc::new(local.unwrap()))).await;
        floor.session("1", "s-1").await;
        Self { floor, folder, calls: AtomicU32::new(0) }
    }

    fn recordings(&self) -> std::path::PathBuf {
        self.folder.path().join("recordings")
    }

    /// The path of a call's recording, the call having ended so many minutes ago.
    async fn call(&self, url: Option<&str>, minutes_ago: i64) -> String {
        let ended = (now() - TimeDelta::minutes(minutes_ago)).to_rfc3339_opts(SecondsFormat::Millis, true);
        let phone = format!("+99890{}", 1_234_567 + self.calls.fetch_add(1, Ordering::Relaxed));
        let body = json!({
            "sessionId": "s-1", "phoneNumber": phone, "callStatus": "ANSWERED", "callEndTime": ended, "recordingUrl": url,
        });
        let stored = self.floor.report(&body).await;
        assert_eq!(stored.status, 200, "{stored:?}");
        format!("/calls/results/{}/recording", stored.json()["id"].as_str().unwrap())
    }

    async fn heard(&self, url: &str) -> Answer {
        let path = self.call(Some(url), 60).await;
        self.floor.get(&path).await
    }

    async fn with_header(&self, path: &str, name: &'static str, value: &str) -> Answer {
        self.floor.ask(near(Method::GET, path).insert_header((name, value))).await
    }
}

/// Every form of a range, against a recording that is there.
async fn every_range(house: &House, path: &str, whole: &[u8]) {
    let size = whole.len();
    for (range, first, last) in [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=70000-140000", 70_000, 140_000),
        ("bytes=70000-", 70_000, size - 1),
        ("bytes=-1", size - 1, size - 1),
        ("bytes=-100000", size - 100_000, size - 1),
        ("bytes=5-99999999", 5, size - 1),
    ] {
        let answer = house.with_header(path, "range", range).await;
        assert_eq!(answer.status, 206, "{range}: {:?}", answer.header("content-type"));
        let told = format!("bytes {first}-{last}/{size}");
        assert_eq!(answer.header("content-range"), Some(&*told), "{range}");
        assert!(answer.bytes == whole[first..=last], "{range}: {} bytes", answer.bytes.len());
    }
    for range in ["bytes=0-1,5-6", "bytes=9-2", "seconds=1-2", "nonsense"] {
        let answer = house.with_header(path, "range", range).await;
        assert!(answer.status == 200 && answer.bytes == whole, "{range}");
    }
    for range in [format!("bytes={size}-"), "bytes=99999999-".to_owned(), "bytes=-0".to_owned()] {
        let answer = house.with_header(path, "range", &range).await;
        assert_eq!((answer.status, &*answer.problem()), (416, "range-outside"), "{range}");
        assert_eq!(answer.header("content-range"), Some(&*format!("bytes */{size}")));
    }
}

#[actix_web::test]
async fn a_file_is_heard_whole_and_in_parts() {
    let house = House::new().await;
    std::fs::write(house.recordings().join("2025/call-1.mp3"), sound()).unwrap();
    let path = house.call(Some("2025/call-1.mp3"), 60).await;
    let before = house.floor.journal.position();
    let answer = house.floor.get(&path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.bytes == sound());
    let id = path.split('/').nth(3).unwrap();
    for (name, value) in [
        ("content-type", "audio/mpeg"),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, no-cache"),
        ("content-disposition", &*format!("inline; filename=\"recording-{id}.mp3\"")),
    ] {
        assert_eq!(answer.header(name), Some(value));
    }
    every_range(&house, &path, &sound()).await;
    assert_eq!(house.floor.journal.position(), before + 1, "who listened is written down, and once");
}

#[actix_web::test]
async fn a_version_is_told_apart() {
    let house = House::new().await;
    let file = house.recordings().join("call.wav");
    std::fs::write(&file, sound()).unwrap();
    let path = house.call(Some("call.wav"), 60).await;
    let first = house.floor.get(&path).await;
    let tag = first.header("etag").unwrap();
    let known = house.with_header(&path, "if-none-match", tag).await;
    assert_eq!((known.status, known.bytes.len(), known.header("etag")), (304, 0, Some(tag)));
    let part = near(Method::GET, &path).insert_header(("range", "bytes=4-7"));
    let part = house.floor.ask(part.insert_header(("if-range", tag))).await;
    assert_eq!((part.status, &part.bytes[..]), (206, &sound()[4..8]));

    std::fs::write(&file, b"another one").unwrap();
    let second = house.with_header(&path, "if-none-match", tag).await;
    assert_eq!((second.status, &*second.bytes), (200, &b"another one"[..]));
    assert_ne!(second.header("etag"), Some(tag));
    let part = near(Method::GET, &path).insert_header(("range", "bytes=4-7"));
    let part = house.floor.ask(part.insert_header(("if-range", tag))).await;
    assert_eq!((part.status, &*part.bytes), (200, &b"another one"[..]), "the whole of the new one");
}

#[actix_web::test]
async fn head_tells_the_size_and_sends_nothing() {
    let house = House::new().await;
    std::fs::write(house.recordings().join("call.ogg"), sound()).unwrap();
    let path = house.call(Some("call.ogg"), 60).await;
    let (address, handle) = house.floor.serve();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{address}{path}");
    let head = client.head(&url).send().await.unwrap();
    assert_eq!(
        (head.status().as_u16(), &head.headers()["content-type"]),
        (200, &"audio/ogg".parse().unwrap())
    );
    assert_eq!(head.headers()["content-length"], *sound().len().to_string());
    assert!(head.bytes().await.unwrap().is_empty());
    let part = client.get(&url).header("range", "bytes=10-19").send().await.unwrap();
    assert_eq!((part.status().as_u16(), &part.headers()["content-length"]), (206, &"10".parse().unwrap()));
    assert_eq!(part.bytes().await.unwrap(), sound()[10..20]);
    handle.stop(false).await;
}

#[actix_web::test]
async fn what_is_not_there_is_waited_for_a_while() {
    let house = House::new().await;
    for url in [Some("later.mp3"), None] {
        let path = house.call(url, 1).await;
        let soon = house.floor.get(&path).await;
        assert_eq!((soon.status, soon.header("retry-after")), (202, Some("10")), "{url:?}");
        assert_eq!(soon.json()["ready"], false);
        let path = house.call(url, 11).await;
        let never = house.floor.get(&path).await;
        assert_eq!((never.status, &*never.problem()), (404, "recording-unknown"), "{url:?}");
    }
    let path = house.call(Some("late.mp3"), 2).await;
    std::fs::write(house.recordings().join("late.mp3"), "here").unwrap();
    assert_eq!(house.floor.get(&path).await.bytes, b"here");
}

#[actix_web::test]
async fn no_name_leads_out_of_the_folder() {
    let house = House::new().await;
    std::fs::write(house.recordings().join("call.wav"), "here").unwrap();
    let absolute = house.folder.path().join("secret.wav");
    let file = format!("file://{}", absolute.display());
    let names = [
        "../secret.wav",
        "2025/../../secret.wav",
        "./../secret.wav",
        "..\\secret.wav",
        absolute.to_str().unwrap(),
        &file,
        "2025",
    ];
    for name in names {
        let answer = house.heard(name).await;
        assert_eq!((answer.status, &*answer.problem()), (404, "recording-unknown"), "{name}");
    }
    assert!(Path::new(&absolute).exists());
    assert_eq!(house.heard("call.wav").await.bytes, b"here");
}

#[actix_web::test]
async fn only_its_own_organization_listens_to_a_call() {
    let house = House::new().await;
    std::fs::write(house.recordings().join("call.wav"), "here").unwrap();
    let path = house.call(Some("call.wav"), 60).await;
    let asked = async |organization: &str, role: &str| {
        let claims = json!({ "organizationId": organization, "role": role });
        house.floor.ask(near(Method::GET, &path).insert_header(bearer(&claims))).await
    };
    let own = asked("1", "auditor").await;
    assert_eq!((own.status, &*own.bytes), (200, &b"here"[..]));
    let foreign = asked("2", "admin").await;
    assert_eq!((foreign.status, &*foreign.problem()), (404, "result-unknown"));
    for id in ["0198a000-0000-7000-8000-000000000000", "x"] {
        let unknown = house.floor.get(&format!("/calls/results/{id}/recording")).await;
        assert_eq!((unknown.status, &*unknown.problem()), (404, "result-unknown"));
    }
}

#[actix_web::test]
async fn a_host_that_knows_parts_is_asked_for_them() {
    let there = House::open().await;
    std::fs::write(there.recordings().join("call.mp3"), sound()).unwrap();
    let path = there.call(Some("call.mp3"), 60).await;
    let (address, handle) = there.floor.serve();
    let house = House::new().await;
    let path = house.call(Some(&format!("http://{address}{path}")), 60).await;
    let answer = house.floor.get(&path).await;
    assert!(answer.status == 200 && answer.bytes == sound());
    let tag = answer.header("etag").unwrap();
    assert_eq!(house.with_header(&path, "if-none-match", tag).await.status, 304);
    every_range(&house, &path, &sound()).await;
    handle.stop(false).await;
}

#[actix_web::test]
async fn a_host_that_knows_no_parts_is_read_from_its_beginning() {
    let house = House::new().await;
    std::fs::write(house.recordings().join("call.wav"), sound()).unwrap();
    let python = Python::serve(&house.recordings());
    let path = house.call(Some(&python.url("call.wav")), 60).await;
    let answer = house.floor.get(&path).await;
    assert!(answer.status == 200 && answer.bytes == sound());
    assert_eq!(answer.header("content-type"), Some("audio/wav"));
    every_range(&house, &path, &sound()).await;
    let missing = house.heard(&python.url("missing.wav")).await;
    assert_eq!((missing.status, &*missing.problem()), (404, "recording-unknown"));
    let soon = house.call(Some(&python.url("missing.wav")), 1).await;
    assert_eq!(house.floor.get(&soon).await.status, 202);
}

#[actix_web::test]
async fn a_host_that_tells_no_length_is_passed_on_whole() {
    let (house, far) = (House::new().await, Far::start("127.0.0.1").await);
    let path = house.call(Some(&far.url("/lengthless.mp3")), 60).await;
    for range in ["bytes=0-", "bytes=3-4", "bytes=-2"] {
        let answer = house.with_header(&path, "range", range).await;
        assert_eq!((answer.status, &*answer.bytes), (200, far::SOUND), "{range}");
        assert_eq!((answer.header("accept-ranges"), answer.header("etag")), (Some("none"), None));
    }
}

#[actix_web::test]
async fn a_way_that_leads_to_a_private_address_is_not_followed() {
    let (house, far) = (House::new().await, Far::start("127.0.0.1").await);
    let private = Far::start("127.0.0.2").await;
    for target in [
        private.url("/sound.mp3"),
        private.url("/sound.mp3").replace("127.0.0.2", "[::ffff:127.0.0.2]"),
        private.url("/sound.mp3").replace("127.0.0.2", "2130706434"),
        "file:///etc/passwd".to_owned(),
    ] {
        for answer in [house.heard(&far.leading_to(&target)).await, house.heard(&target).await] {
            let problem = answer.problem();
            let refused = (answer.status, &*problem) == (502, "recording-unfit");
            assert!(refused || (target.starts_with("file") && answer.status == 404), "{target}: {answer:?}");
        }
    }
    assert_eq!(private.asked(), [""; 0], "nobody has called it");
    let allowed = House::with(&["127.0.0.1", "127.0.0.2"], LEN_MAX).await;
    let answer = allowed.heard(&far.leading_to(&private.url("/sound.mp3"))).await;
    assert_eq!((answer.status, &*answer.bytes), (200, far::SOUND));
    assert_eq!(private.asked().len(), 1, "where it is allowed it is called");
}

#[actix_web::test]
async fn a_name_of_this_machine_is_called_only_where_it_is_named() {
    let far = Far::start("127.0.0.1").await;
    let url = far.url("/sound.mp3").replace("127.0.0.1", "localhost");
    let refused = House::with(&[], LEN_MAX).await.heard(&url).await;
    assert_eq!((refused.status, &*refused.problem()), (502, "recording-unfit"));
    assert!(refused.json()["detail"].as_str().unwrap().contains("RECORDING_HOSTS"));
    assert_eq!(far.asked(), [""; 0]);
    let heard = House::with(&["localhost"], LEN_MAX).await.heard(&url).await;
    assert_eq!((heard.status, &*heard.bytes), (200, far::SOUND));
}

/// The operator's name for the host of the calls is not the only one: here it is known as localhost, and called by its address.
#[actix_web::test]
async fn no_other_name_leads_to_a_port_of_the_remote_host() {
    let (far, calls) = (Far::start("127.0.0.2").await, Far::start("127.0.0.1").await);
    let house = House::beside(Some("localhost"), &["127.0.0.2"], LEN_MAX).await;
    let target = calls.url("/sound.mp3");
    for url in [&target, &far.leading_to(&target), &target.replace("127.0.0.1", "[::ffff:127.0.0.1]")] {
        let answer = house.heard(url).await;
        assert_eq!((answer.status, &*answer.problem()), (502, "recording-unfit"), "{url}");
        let why = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(why.contains("a port of REMOTE_HOST"), "{url}: {why}");
    }
    assert_eq!(calls.asked(), [""; 0]);
    assert_eq!(house.heard(&far.url("/sound.mp3")).await.bytes, far::SOUND, "its neighbour is called");
}

#[actix_web::test]
async fn three_turns_are_followed_and_no_password_is_sent() {
    let (house, far) = (House::new().await, Far::start("127.0.0.1").await);
    assert_eq!(house.heard(&far.url("/turn/3")).await.bytes, far::SOUND);
    for url in [
        far.url("/turn/4"),
        far.url("/sound.mp3").replace("http://", "http://user:password@"),
        far.leading_to(&far.url("/sound.mp3").replace("http://", "http://user@")),
        far.url("/compressed.mp3"),
        far.url("/forbidden.mp3"),
    ] {
        let answer = house.heard(&url).await;
        assert_eq!((answer.status, &*answer.problem()), (502, "recording-unfit"), "{url}");
    }
    assert!(far.asked().iter().all(|head| !head.to_ascii_lowercase().contains("authorization")));
    let away = house.heard(&far.url("/broken.mp3")).await;
    assert_eq!((away.status, &*away.problem()), (503, "recording-away"));
    drop(far);
}

#[actix_web::test]
async fn a_host_that_is_away_may_come_back() {
    let house = House::new().await;
    let answer = house.heard(&format!("http://127.0.0.1:{}/call.mp3", free_port())).await;
    assert_eq!((answer.status, &*answer.problem()), (503, "recording-away"));
}

#[actix_web::test]
async fn what_is_too_large_is_not_passed_on() {
    let (house, far) = (House::with(&["127.0.0.1"], 1 << 20).await, Far::start("127.0.0.1").await);
    let large = house.heard(&far.url("/large.mp3")).await;
    assert_eq!((large.status, &*large.problem()), (502, "recording-unfit"));
    std::fs::write(house.recordings().join("large.wav"), vec![0; (1 << 20) + 1]).unwrap();
    let large = house.heard("large.wav").await;
    assert_eq!((large.status, &*large.problem()), (502, "recording-unfit"));
    std::fs::write(house.recordings().join("fits.wav"), vec![0; 1 << 20]).unwrap();
    assert_eq!(house.heard("fits.wav").await.bytes.len(), 1 << 20);

    let path = house.call(Some(&far.url("/endless.mp3")), 60).await;
    let (address, handle) = house.floor.serve();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("http://{address}{path}")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let (mut read, mut pieces, mut broke) = (0, answer.bytes_stream(), false);
    while let Some(piece) = pieces.next().await.filter(|_| read <= 1 << 20) {
        match piece {
            Ok(piece) => read += piece.len(),
            Err(_) => broke = true,
        }
    }
    assert!(broke && read <= 1 << 20, "{read} bytes, broken off: {broke}");
    handle.stop(false).await;
}

/// Players ask again and again, and nothing about it is the engine's mistake.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_passed_on_is_logged_once_and_as_no_error() {
    let mut world = World::sqlite();
    world.start().await;
    let url = "http://127.0.0.2:9/call.mp3";
    let report = json!({
        "sessionId": "s-1", "phoneNumber": "+998901234567", "callStatus": "ANSWERED", "recordingUrl": url,
    });
    assert_eq!(world.report(&report).await.unwrap().status(), 200);
    let results = world.json("/calls/session/s-1/results").await;
    let path = format!("/calls/results/{}/recording", results[0]["id"].as_str().unwrap());
    for _ in 0..3 {
        assert_eq!(world.get(&path).await.status(), 502);
    }
    assert!(world.stop().success());
    let said = world.said();
    let told: Vec<&str> = said.lines().filter(|line| line.contains("recording")).collect();
    assert!(
        matches!(told[..], [line] if line.contains("WARN") && line.matches("not public").count() == 1),
        "{said}"
    );
    assert!(!said.contains("ERROR"), "{said}");
}
