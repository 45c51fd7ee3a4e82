//! Receivers of events as settings have them: how they are called, and which that are not public.

use std::sync::Arc;

use crate::adapters::outside::Outside;
use crate::adapters::receivers::{Options, Web};
use crate::config::signature::SigningKey;
use crate::config::{Config, Private, SigningSecret};
use crate::ports::receivers::Receivers;

pub(super) fn receivers(config: &Config) -> Arc<dyn Receivers> {
    let sign = |secret: &str, (id, timestamp): (&str, &str), body: &[u8]| {
        let secret = SigningSecret::parse(secret)?;
        Some(SigningKey::new(&secret).signature(id, timestamp, body))
    };
    Arc::new(Web::new(Options {
        outside: outside(&config.webhooks.private, "WEBHOOK_PRIVATE_HOSTS"),
        sign: Arc::new(sign),
    }))
}

/// Whom others than the operator may have called.
pub(super) fn outside(private: &Private, setting: &'static str) -> Outside {
    let networks = private.networks.clone();
    Outside {
        hosts: private.hosts.clone(),
        named: Arc::new(move |address| networks.contain(address)),
        setting,
    }
}
