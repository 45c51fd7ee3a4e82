//! Far ends that answer by the word, for what the simulated box does not do: an impostor, one that leads elsewhere, one that is at
//! odds with itself, one that never stops.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bytes::Bytes;
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use serde_json::{Value, json};

use super::*;

/// What was asked for, by its method or path and its token.
type Heard = Arc<Mutex<Vec<(String, String)>>>;
/// An answer to a method or path, the request's number and its token.
type Script = fn(&str, u64, &str) -> HttpResponse;

struct Scripted {
    port: u16,
    pin: [u8; 32],
    heard: Heard,
    server: ServerHandle,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

struct Identity {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

fn identity() -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    Identity { certificate: certificate.der().clone(), key }
}

fn tls(certificate: &CertificateDer<'static>, key: &KeyPair) -> ServerConfig {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = aws_lc_rs::default_provider();
    let signing = provider.key_provider.load_private_key(key).unwrap();
    let shown = SingleCertAndKey::from(CertifiedKey::new(vec![certificate.clone()], signing));
    let config = ServerConfig::builder_with_provider(Arc::new(provider));
    let config = config.with_safe_default_protocol_versions().unwrap();
    config.with_no_client_auth().with_cert_resolver(Arc::new(shown))
}

fn serve(tls: ServerConfig, certificate: &CertificateDer<'_>, script: Script) -> Scripted {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let shared = web::Data::from(Arc::clone(&heard));
    let answer = move |heard: web::Data<Mutex<Vec<(String, String)>>>, request: HttpRequest, body: Bytes| async move {
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        let what = asked["method"].as_str().unwrap_or_else(|| request.path()).to_owned();
        let token = request.headers().get("x-token").map_or("", |token| token.to_str().unwrap()).to_owned();
        let answer = script(&what, asked["id"].as_u64().unwrap_or_default(), &token);
        heard.lock().unwrap().push((what, token));
        answer
    };
    let server =
        HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(answer)));
    let server = server.workers(1).disable_signals().listen_rustls_0_23(listener, tls).unwrap().run();
    let handle = server.handle();
    tokio::spawn(server);
    let pin = ::aws_lc_rs::digest::digest(&::aws_lc_rs::digest::SHA256, certificate);
    Scripted { port, pin: pin.as_ref().try_into().unwrap(), heard, server: handle }
}

fn scripted(script: Script) -> (Scripted, Kerio) {
    let Identity { certificate, key } = identity();
    let server = serve(tls(&certificate, &key), &certificate, script);
    let driver = Kerio::try_new(reach(&server)).unwrap();
    (server, driver)
}

fn reach(server: &Scripted) -> Options {
    let patience = Duration::from_secs(20);
    Options {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        user: "monitor".to_owned(),
        password: Password::new(PASSWORD),
        tls: Tls::Pin(server.pin),
        times: Times { poll: patience, call: patience, piece: patience },
        recording_len_max: 1 << 20,
    }
}

fn asked(server: &Scripted, what: &str) -> usize {
    server.heard.lock().unwrap().iter().filter(|(asked, _)| asked == what).count()
}

fn result(id: u64, result: &Value) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "jsonrpc": "2.0", "id": id, "result": result }))
}

fn no_calls(id: u64) -> HttpResponse {
    result(id, &json!({ "totalItems": 0, "calls": [] }))
}

/// Logs in, with another token each time.
fn login(id: u64) -> HttpResponse {
    result(id, &json!({ "token": format!("token-{id}") }))
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shows_the_pinned_certificate_has_to_have_its_key() {
    let (own, other) = (identity(), identity());
    let script: Script = |_, id, _| login(id);
    let impostor = serve(tls(&own.certificate, &other.key), &own.certificate, script);
    for (name, driver) in both(&reach(&impostor)) {
        let told = driver.about().await;
        assert!(
            matches!(told, Err(PbxTrouble::Certificate { .. } | PbxTrouble::Away { .. })),
            "{name}: {told:?}"
        );
    }
    assert!(impostor.heard.lock().unwrap().is_empty(), "nothing was said to it");
    let real = serve(tls(&own.certificate, &own.key), &own.certificate, script);
    assert_eq!(real.pin, impostor.pin);
    let _ = Kerio::try_new(reach(&real)).unwrap().about().await;
    assert_eq!(asked(&real, "Session.login"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_is_replaced_once() {
    let (server, driver) = scripted(|what, id, token| match (what, token) {
        ("Session.login", _) => login(id),
        ("Status.getCalls", _) => no_calls(id),
        (_, "token-1") => HttpResponse::Forbidden().finish(),
        _ => result(id, &json!({ "apiVersion": 33_554_432 })),
    });
    driver.live().await.unwrap();
    driver.about().await.unwrap();
    assert_eq!(asked(&server, "Session.login"), 2);
    driver.live().await.unwrap();
    assert_eq!(server.heard.lock().unwrap().last().unwrap().1, "token-2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_refuses_every_token_is_not_logged_in_to_each_time() {
    let (server, driver) = scripted(|what, id, _| match what {
        "Session.login" => login(id),
        "Status.getCalls" => no_calls(id),
        _ => HttpResponse::Forbidden().finish(),
    });
    driver.live().await.unwrap();
    let rights = PbxTrouble::Rights { what: "CallHistory.get".to_owned() };
    assert_eq!(driver.log(page(0, 1)).await, Err(rights), "with a new token too");
    for _ in 0..20 {
        assert!(driver.log(page(0, 1)).await.is_err());
    }
    assert_eq!(asked(&server, "Session.login"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_are_forgotten_at_once_are_not_begun_again_and_again() {
    let (server, driver) = scripted(|what, id, _| match what {
        "Session.login" => login(id),
        _ => HttpResponse::Ok().json(json!({ "id": id, "error": { "code": -32001, "message": "expired" } })),
    });
    for _ in 0..20 {
        let told = driver.live().await;
        assert!(matches!(told, Err(PbxTrouble::Away { after: Some(_), .. })), "{told:?}");
    }
    assert_eq!(asked(&server, "Session.login"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_led_elsewhere() {
    let (server, driver) = scripted(|what, id, _| match what {
        "Session.login" => login(id),
        "Recordings.downloadAudioContent" => {
            result(id, &json!({ "fileDownload": { "url": "//localhost/stolen" } }))
        }
        _ => HttpResponse::Found().insert_header(("Location", "/elsewhere")).finish(),
    });
    assert!(is_senseless(&driver.live().await), "a redirect is not followed");
    assert!(is_senseless(&driver.open_recording("1").await), "nor is the address of another host");
    assert_eq!(asked(&server, "/elsewhere") + asked(&server, "/stolen"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_another_request_is_none() {
    let (_server, driver) = scripted(|what, id, _| match what {
        "Session.login" => login(id),
        _ => no_calls(id + 1),
    });
    assert!(is_senseless(&driver.live().await));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_stops_is_not_read_to_its_end() {
    let (_server, driver) = scripted(|what, id, _| match what {
        "Session.login" => login(id),
        _ => HttpResponse::Ok().body(" ".repeat((16 << 20) + 1)),
    });
    match driver.live().await {
        Err(PbxTrouble::Senseless { why }) => assert!(why.contains("16 MiB"), "{why}"),
        told => panic!("{told:?}"),
    }
}
