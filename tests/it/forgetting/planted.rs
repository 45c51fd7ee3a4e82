//! One person told to an engine in every way there is, and the search for them in everything that it keeps.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::fact::{self, Circumstances};
use domain::ids::{Organization, StreamId};
use domain::phone::Phone;
use karnay::journal::{Append, Entry, Unit};
use reqwest::Method;
use serde_json::{Value, json};

use crate::contacts::Desk;
use crate::rebuild::{golden, opened, write_goldens};
use crate::world::{World, report};

/// The golden contact's, whom calls, a campaign, an exchange and a promise tell of.
pub(crate) const PHONE: &str = "+998901234567";
const CONTACT: &str = "0199b9f4-6f00-7000-8000-0000000000c1";
pub(super) const NAME: &str = "Zebiniso";
pub(super) const SAID: &str = "otasi kasalxonada";
const RECORDED: &str = "0199b9f4-6f00-7000-8000-0000000000f7";
const SESSION: &str = "session-1738862899999-abc999";

pub(crate) struct Planted {
    pub(crate) contact: String,
    pub(super) session: String,
    pub(super) lists: Vec<String>,
    pub(super) imports: Vec<String>,
    /// What else tells of them.
    pub(super) paths: Vec<String>,
    pub(super) number: String,
}

impl Planted {
    pub(crate) async fn everywhere(world: &mut World) -> Self {
        let goldens = [
            "contact",
            "person",
            "campaign",
            "target",
            "promise",
            "pbx",
            "pbx_call",
            "quarantine",
            "session",
            "call",
        ];
        write_goldens(world, &goldens).await;
        exchange(world).await;
        let file = world.data().join("remote-numbers.txt");
        dials_from_a_file(world, &file);
        world.start().await;
        let desk = Desk::of(world, "1", "admin");
        let changed = json!({ "phone": PHONE, "firstName": NAME, "notes": SAID, "customData": { "aka": NAME }, "status": "ACTIVE" });
        let (status, answer) = desk.ask(Method::PATCH, &format!("/contacts/{CONTACT}"), Some(&changed)).await;
        assert_eq!(status, 200, "{answer}");

        let (status, list) =
            world.upload("numbers.txt", b"+998901110001\n90 123-45-67\n+998901110002\n998901234567\n").await;
        assert!(status.is_success(), "{list}");
        until(|| {
            std::fs::read_to_string(world.data().join("remote-numbers.txt"))
                .is_ok_and(|list| list.contains(PHONE))
        })
        .await;
        for number in [1_234_567, 1_110_001] {
            let mut body = report(SESSION, number);
            body["notes"] = if number == 1_234_567 { json!(SAID) } else { json!("boshqa odam") };
            assert_eq!(world.report(&body).await.unwrap().status(), 200);
            assert_eq!(world.report(&report("no name", number)).await.unwrap().status(), 404);
        }
        let csv = format!("firstName,phone\n{NAME},90 123-45-67\nVali,90 111-00-03\n{NAME},+998901234567\n");
        let (status, import) = desk.import("contacts.csv", csv.as_bytes(), "").await;
        assert_eq!(status, 200, "{import}");
        let number = not_to_be_called(&desk).await;
        Self {
            contact: CONTACT.to_owned(),
            session: SESSION.to_owned(),
            paths: vec![],
            lists: vec![list["uploadId"].as_str().unwrap().to_owned()],
            imports: vec![import["importId"].as_str().unwrap().to_owned()],
            number,
        }
    }

    /// Nothing of the person is in any answer; that the number is not to be called still is.
    pub(crate) async fn is_told_nowhere(&self, world: &World) {
        let mut paths = vec![
            format!("/auto-calling/contacts/{}", self.contact),
            "/auto-calling/contacts".to_owned(),
            "/auto-calling/contacts/export".to_owned(),
            "/auto-calling/contacts/export?format=xlsx".to_owned(),
            format!("/audit/contact/{}", self.contact),
            format!("/calls/session/{}/results", self.session),
            "/calls/history".to_owned(),
            "/calls/history/export?format=xlsx".to_owned(),
            "/calls/quarantine".to_owned(),
            "/auto-calling/promises".to_owned(),
            "/auto-calling/do-not-call".to_owned(),
        ];
        paths.extend(self.paths.iter().cloned());
        paths.extend(self.imports.iter().map(|id| format!("/auto-calling/imports/{id}/report")));
        paths.extend(
            self.lists.iter().filter(|id| !id.is_empty()).map(|id| format!("/calls/uploads/{id}/report")),
        );
        for path in paths {
            let asked = world.http.get(world.url(&path)).bearer_auth(world.token()).send().await.unwrap();
            let status = asked.status();
            let answer = asked.bytes().await.unwrap();
            assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&answer));
            let answer = unpacked(&answer);
            assert_eq!(first(&answer, &needles()), None, "{path}: {}", String::from_utf8_lossy(&answer));
        }
        let desk = Desk::of(world, "1", "admin");
        assert_eq!(desk.get(&format!("/contacts/{}", self.contact)).await["forgotten"], true);
        let listed = desk.get("/do-not-call").await;
        let ids: Vec<&Value> = listed["data"].as_array().unwrap().iter().map(|row| &row["id"]).collect();
        assert!(
            ids.contains(&&json!(self.number)),
            "the wish not to be called outlives forgetting: {listed}"
        );
        let (status, answer) = desk
            .ask(Method::PATCH, &format!("/contacts/{}", self.contact), Some(&json!({ "status": "ACTIVE" })))
            .await;
        assert_eq!((status.as_u16(), &answer["code"]), (409, &json!("contact-forgotten")));
    }
}

/// The number asks for it, with a note that says who; what the list calls the number.
pub(super) async fn not_to_be_called(desk: &Desk<'_>) -> String {
    let numbers = json!({ "phones": [PHONE], "note": SAID });
    let (status, answer) = desk.ask(Method::POST, "/do-not-call", Some(&numbers)).await;
    assert_eq!(status, 200, "{answer}");
    let listed = desk.get("/do-not-call").await;
    let theirs = listed["data"].as_array().unwrap().iter().find(|row| row["phone"] == PHONE);
    theirs.unwrap()["id"].as_str().unwrap().to_owned()
}

/// The call server is this machine, and reads what it dials from that file: one for all nodes, as there is one call server.
pub(super) fn dials_from_a_file(world: &mut World, file: &Path) {
    world.set("REMOTE_HOST", "local");
    world.set("REMOTE_COMMAND", "true");
    world.set("REMOTE_PATH", file.to_str().unwrap());
}

/// A call that the exchange had with them, and the recording that somebody listened to.
async fn exchange(world: &mut World) {
    let journal = opened(world).await;
    let organization = Organization::parse("1").unwrap();
    let person = journal.keyring().fingerprint(&organization, &Phone::stored(PHONE));
    let key = journal.keyring().person("1", person).unwrap();
    let parties = json!({ "from": PHONE, "to": "161" }).to_string();
    let mut seen: Value = serde_json::from_str(&golden("pbx_call", "seen.v1")).unwrap();
    seen["seen"]["personal"] = json!(journal.keyring().seal(&key, parties.as_bytes()).unwrap());
    seen["seen"]["id"] = json!(RECORDED);
    seen["seen"]["call"] = json!("1759775400.77");
    let at = chrono::DateTime::from_timestamp(1_759_775_400, 0).unwrap();
    let entry = Entry {
        event_type: "seen".into(),
        event_version: "1".into(),
        payload: seen.to_string(),
        occurred_at: at,
        // Only the tail looks at it, and the tail is gone before anybody reads.
        fact: fact::Event::Session(domain::session::Event::Launched { at }),
    };
    let stream = StreamId::stored("1/pbx/1759775400.77".to_owned());
    let appends = vec![Append { kind: "pbx_call", stream, expected: 0, events: vec![entry] }];
    let circumstances = Circumstances { organization: "1".into(), ..Circumstances::default() };
    let keys = key.to_store().into_iter().collect();
    journal.append(Unit { command: None, circumstances: circumstances.into(), appends, keys }).await.unwrap();
    journal.close().await;
    keeps_the_recording(world);
}

/// As after somebody listened to it there.
pub(super) fn keeps_the_recording(world: &World) {
    let folder = world.data().join("exchange-recordings");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{RECORDED}.wav")), format!("RIFF {SAID}")).unwrap();
}

/// What comes to be some time after it was asked for, as a list is put on the remote host.
pub(super) async fn until(is_so: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !is_so() {
        assert!(began.elapsed() < std::time::Duration::from_secs(30), "it never comes to be");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

fn needles() -> Vec<Vec<u8>> {
    needles_of(&[
        "998901234567",
        "901234567",
        "90 123-45-67",
        "90 123 45 67",
        NAME,
        "zebiniso",
        SAID,
        "765432109899",
    ])
}

/// Every way that a text may lie in a file.
pub(super) fn needles_of(texts: &[&str]) -> Vec<Vec<u8>> {
    let mut all = vec![];
    for text in texts {
        all.push(text.as_bytes().to_vec());
        all.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        all.push(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
        all.push(hex::encode(text).into_bytes());
        // What base64 makes of a text depends on where it begins; its edges depend on its neighbours.
        for shift in 0..3 {
            let encoded = STANDARD.encode([vec![b' '; shift], text.as_bytes().to_vec()].concat());
            all.push(encoded.trim_end_matches('=').as_bytes()[4.min(2 * shift)..].to_vec());
            let last = all.last_mut().unwrap();
            last.pop();
        }
    }
    all
}

/// The first of the needles that is found, and where.
fn first(bytes: &[u8], needles: &[Vec<u8>]) -> Option<usize> {
    let mut by_beginning: HashMap<[u8; 3], Vec<&[u8]>> = HashMap::new();
    for needle in needles {
        by_beginning.entry(needle[..3].try_into().unwrap()).or_default().push(needle);
    }
    let begins =
        |at: usize| bytes[at..at + 3].try_into().ok().and_then(|three: [u8; 3]| by_beginning.get(&three));
    (0..bytes.len().saturating_sub(3))
        .find(|at| begins(*at).is_some_and(|some| some.iter().any(|needle| bytes[*at..].starts_with(needle))))
}

/// Files, tables and lines in which anything of the person is found.
pub(crate) fn hits(world: &World) -> Vec<String> {
    hits_of(world, &needles())
}

/// The same of anybody else.
pub(super) fn hits_of(world: &World, needles: &[Vec<u8>]) -> Vec<String> {
    let mut found = vec![];
    for file in files(&world.data()) {
        let bytes = std::fs::read(&file).unwrap();
        note(&mut found, &file.display().to_string(), &unpacked(&bytes), needles);
    }
    if let Some(server) = &world.postgres {
        for line in server.dump(world.database_url()).split(|byte| *byte == b'\n') {
            let name = String::from_utf8_lossy(&line[..line.len().min(60)]).into_owned();
            note(&mut found, &name, line, needles);
        }
    }
    found
}

/// A workbook and any other archive as it is, and then what lies in it.
fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut all = bytes.to_vec();
    if bytes.starts_with(b"PK") {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        for entry in 0..archive.len() {
            archive.by_index(entry).unwrap().read_to_end(&mut all).unwrap();
        }
    }
    all
}

/// Whether anything of the person is in it, packed or not.
pub(super) fn tells(bytes: &[u8]) -> bool {
    first(&unpacked(bytes), &needles()).is_some()
}

fn note(found: &mut Vec<String>, place: &str, bytes: &[u8], needles: &[Vec<u8>]) {
    if let Some(at) = first(bytes, needles) {
        let around = &bytes[at.saturating_sub(40)..(at + 40).min(bytes.len())];
        found.push(format!("{place}: {}", String::from_utf8_lossy(around)));
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![];
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all
}
