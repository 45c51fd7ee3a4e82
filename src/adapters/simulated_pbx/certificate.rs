//! A certificate that nobody has signed but the box itself, as boxes have it: made anew at each start, known by its fingerprint.

use std::io;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// For both ways to say where this machine is.
const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];

/// What the server speaks with, and the SHA-256 of the leaf as hex.
pub(super) fn fresh() -> io::Result<(ServerConfig, String)> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let names: Vec<String> = NAMES.map(str::to_owned).to_vec();
    let certificate = CertificateParams::new(names).and_then(|params| params.self_signed(&key));
    let leaf = certificate.map_err(io::Error::other)?.der().clone();
    let fingerprint = hex::encode(digest(&SHA256, &leaf));
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![leaf], key))
        .map_err(io::Error::other)?;
    Ok((config, fingerprint))
}
