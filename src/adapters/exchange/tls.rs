//! How an exchange proves that it is the right one: by an authority, by its certificate alone, or not at all.

use std::sync::Arc;

use ::aws_lc_rs::digest::{SHA256, digest};
use reqwest::{Certificate, ClientBuilder};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme};

use super::Unfit;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// By an authority: this machine's, or those of a file in PEM.
    Ca(Option<Vec<u8>>),
    /// By the SHA-256 of its certificate, whatever name and dates that bears.
    Pin([u8; 32]),
    /// Whoever answers is taken for it.
    Insecure,
}

impl Tls {
    pub(super) fn prepare(&self, client: ClientBuilder) -> Result<ClientBuilder, Unfit> {
        Ok(match self {
            Self::Ca(None) => client,
            Self::Ca(Some(file)) => {
                let authorities = Certificate::from_pem_bundle(file).map_err(|_| Unfit::CaFile)?;
                if authorities.is_empty() {
                    return Err(Unfit::CaFile);
                }
                client.tls_certs_only(authorities)
            }
            Self::Pin(pin) => client.tls_backend_preconfigured(pinned(*pin)?),
            Self::Insecure => client.tls_danger_accept_invalid_certs(true),
        })
    }
}

fn pinned(pin: [u8; 32]) -> Result<ClientConfig, Unfit> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let config = config.with_safe_default_protocol_versions();
    let config = config.map_err(|why| Unfit::Client(why.to_string()))?;
    let verifier = Arc::new(Pinned { pin, provider });
    Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// The certificate is compared, and its holder has to sign the handshake: a certificate is public, its key is not.
#[derive(Debug)]
struct Pinned {
    pin: [u8; 32],
    provider: Arc<CryptoProvider>,
}

#[derive(Debug, thiserror::Error)]
#[error("its SHA-256 is {shown}, and KERIO_TLS pins another one")]
struct Another {
    shown: String,
}

/// For whoever has to decide what to trust.
pub(super) fn words(why: &CertificateError) -> String {
    if let CertificateError::Other(OtherError(own)) = why {
        return own.to_string();
    }
    if *why == CertificateError::UnknownIssuer {
        return "nobody whom this machine trusts has signed it (UnknownIssuer): name its authority in KERIO_CA_FILE, \
                or pin it with KERIO_TLS"
            .to_owned();
    }
    why.to_string()
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = digest(&SHA256, leaf);
        if shown.as_ref() == self.pin {
            return Ok(ServerCertVerified::assertion());
        }
        let another = Arc::new(Another { shown: hex::encode(shown) });
        Err(CertificateError::Other(OtherError(another)).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, leaf, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, leaf, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
