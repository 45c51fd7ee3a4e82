//! The connection under the session.

use std::sync::Mutex;

use super::*;
use crate::adapters::ssh::key::PrivateKey;
use crate::adapters::ssh::trust::{HostKey, Trust};

/// Only the form of a key is looked at here.
const KEY: &str = "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQo=";

#[tokio::test]
async fn rule_5_the_stream_is_our_own_and_waits_for_nothing() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let trust = Trust {
        host: "localhost".to_owned(),
        port: listener.local_addr().unwrap().port(),
        host_key: HostKey::Listed,
        known_hosts: None,
        kept: "/dev/null".into(),
        first: Mutex::default(),
    };
    let key = PrivateKey::parse(KEY).unwrap();
    let far =
        Far { trust, user: "somebody".to_owned(), key, patience: Duration::from_secs(5), outside: None };
    let (stream, _cut) = connect(&far).await.unwrap();
    assert!(stream.nodelay().unwrap());
}
