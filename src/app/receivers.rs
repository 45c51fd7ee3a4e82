//! Receivers of events as settings have them: how they are called, and which that are not public.

use std::sync::Arc;

use crate::adapters::receivers::{Options, Web};
use crate::config::signature::SigningKey;
use crate::config::{Config, SigningSecret};
use crate::ports::receivers::Receivers;

pub(super) fn receivers(config: &Config) -> Arc<dyn Receivers> {
    let networks = config.webhooks.networks.clone();
    let sign = |secret: &str, (id, timestamp): (&str, &str), body: &[u8]| {
        let secret = SigningSecret::parse(secret)?;
        Some(SigningKey::new(&secret).signature(id, timestamp, body))
    };
    Arc::new(Web::new(Options {
        hosts: config.webhooks.hosts.clone(),
        named: Arc::new(move |address| networks.contain(address)),
        sign: Arc::new(sign),
    }))
}
