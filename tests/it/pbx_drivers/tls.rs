//! How the far end proves that it is the right one, before it is told a password.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::tls::TlsInfo;

use super::*;

fn drivers(pbx: &SimulatedPbx, tls: Tls) -> [(&'static str, Arc<dyn Pbx>); 2] {
    both(&Options { tls, ..options(pbx) })
}

/// Nobody who cannot prove himself is told anything.
async fn refused(pbx: &SimulatedPbx, tls: Tls) -> Vec<String> {
    let mut reasons = vec![];
    for (name, driver) in drivers(pbx, tls) {
        match driver.about().await {
            Err(PbxTrouble::Certificate { why }) => reasons.push(why),
            told => panic!("{name}: {told:?}"),
        }
    }
    assert_eq!(pbx.counts().logins + pbx.counts().refused_logins, 0, "nobody was told a password");
    reasons
}

/// As anybody can see it, in PEM.
async fn certificate(pbx: &SimulatedPbx) -> String {
    let client =
        reqwest::Client::builder().tls_danger_accept_invalid_certs(true).tls_info(true).build().unwrap();
    let answer = client.get(pbx.url()).send().await.unwrap();
    let leaf = answer.extensions().get::<TlsInfo>().unwrap().peer_certificate().unwrap();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(leaf))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_does_not_vouch_for_a_box_that_signed_itself() {
    let (pbx, _) = start("");
    for why in refused(&pbx, Tls::Ca(None)).await {
        assert!(why.contains("KERIO_CA_FILE") && why.contains("UnknownIssuer"), "it tells what to do: {why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_lets_in_its_certificate_alone() {
    let ((pbx, _), (other, _)) = (start(""), start(""));
    for (name, driver) in drivers(&pbx, Tls::Pin(pin(&pbx))) {
        assert!(driver.about().await.is_ok(), "{name}");
    }
    for why in refused(&other, Tls::Pin(pin(&pbx))).await {
        let shown = hex::encode(pin(&other));
        assert_eq!(why, format!("its SHA-256 is {shown}, and KERIO_TLS pins another one"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_at_nothing_lets_in_everybody() {
    let (pbx, _) = start("");
    for (name, driver) in drivers(&pbx, Tls::Insecure) {
        assert!(driver.about().await.is_ok(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_authorities_vouches_for_what_it_holds() {
    let ((pbx, _), (other, _)) = (start(""), start(""));
    let file = certificate(&pbx).await.into_bytes();
    for (name, driver) in drivers(&pbx, Tls::Ca(Some(file.clone()))) {
        assert!(driver.about().await.is_ok(), "{name}: {:?}", driver.about().await);
    }
    refused(&other, Tls::Ca(Some(file))).await;
    for nothing in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
        let tls = Tls::Ca(Some(nothing.as_bytes().to_vec()));
        assert!(Kerio::try_new(Options { tls, ..options(&pbx) }).is_err(), "{nothing:?}");
    }
}
