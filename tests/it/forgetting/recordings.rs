//! Recordings that lie on the call server, reached over SSH: those of whoever is forgotten are removed there, and nobody else's. As long as
//! it is away the person is not wholly forgotten, and whoever asks is told so.

use std::fs;

use reqwest::Method;
use serde_json::json;

use super::forget;
use crate::contacts::Desk;
use crate::sshd::Sshd;
use crate::world::{World, report};

const SESSION: &str = "session-1738862891234-tapes";

#[tokio::test(flavor = "multi_thread")]
async fn recordings_on_the_call_server_go_with_whoever_is_forgotten() {
    let (mut server, mut world) = (Sshd::start(), World::sqlite());
    let folder = server.home().join("recordings");
    fs::create_dir_all(folder.join("2025")).unwrap();
    server.is_the_remote_host_of(&mut world);
    world.set("REMOTE_RECORDINGS_PATH", folder.to_str().unwrap());
    world.start().await;
    let absolute = folder.join("2025/second.mp3").display().to_string();
    let named = [
        (1, "first.mp3"),
        (1, &*absolute),
        (1, "both.mp3"),
        (1, "../numbers.txt"),
        (1, "https://recordings.example.com/first.mp3"),
        (2, "other.mp3"),
        (2, "both.mp3"),
    ];
    fs::write(server.home().join("numbers.txt"), "901234567\n").unwrap();
    for (call, (number, name)) in named.into_iter().enumerate() {
        let file = folder.join(name);
        if !name.contains("..") && !name.contains("://") {
            fs::write(file, "RIFF").unwrap();
        }
        let mut body = report(&format!("{SESSION}-{call}"), number);
        body["recordingUrl"] = json!(name);
        assert_eq!(world.report(&body).await.unwrap().status(), 200);
    }
    let mut people = vec![];
    for number in [1, 2] {
        let phone = report(SESSION, number)["phoneNumber"].clone();
        let made = json!({ "firstName": "Ali", "lastName": "Valiyev", "phone": phone });
        let contact = Desk::of(&world, "1", "admin").created(&made).await;
        people.push(contact["id"].as_str().unwrap().to_owned());
    }
    let there =
        || ["first.mp3", "2025/second.mp3", "both.mp3", "other.mp3"].map(|name| folder.join(name).exists());
    assert_eq!(there(), [true; 4]);

    forget(&world, &people[0]).await;
    assert_eq!(
        there(),
        [false, false, true, true],
        "what somebody else's call names as well is theirs: {}",
        world.said()
    );
    assert!(server.home().join("numbers.txt").exists(), "no name leads out of the folder");

    // Nothing is forgotten halfway: what the files are called is known as long as they are there.
    server.stop();
    let desk = Desk::of(&world, "1", "admin");
    let path = format!("/contacts/{}/personal-data", people[1]);
    let (status, told) = desk.ask(Method::DELETE, &path, None).await;
    assert_eq!((status.as_u16(), &told["done"]), (202, &json!(false)), "{told}");
    assert!(world.said().contains("a recording on the remote host could not be removed"), "{}", world.said());
    assert!(!world.said().contains("other.mp3"), "a file's name may hold a number");
    server.run();
    forget(&world, &people[1]).await;
    assert_eq!(there(), [false; 4], "{}", world.said());
    assert!(world.verify().status.success());
}
