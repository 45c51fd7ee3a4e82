//! What is told to many: an event, encoded once.

use std::fmt;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::Payload;
use crate::realtime::codec;
use crate::realtime::engine_io::Packet;

/// What one client may have waiting unless options say otherwise: more can be told to nobody.
const BYTES_MAX: usize = 1_024 * 1_024;

/// An event for a namespace. Cheap to clone; its bytes are shared by all who are told.
#[derive(Clone)]
pub struct Push {
    namespace: Arc<str>,
    packets: Arc<[Packet]>,
    weight: usize,
    mark: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    #[error("an event of {0} bytes is too large for any client")]
    TooLarge(usize),
    #[error("an event with {0} attachments is more than clients take")]
    TooManyAttachments(usize),
}

impl Push {
    pub fn try_new(namespace: &str, event: &str, payload: &Payload) -> Result<Self, Unsendable> {
        if payload.attachments.len() > codec::ATTACHMENTS_MAX {
            return Err(Unsendable::TooManyAttachments(payload.attachments.len()));
        }
        Self::of(namespace, codec::event_packets(namespace, event, payload))
    }

    /// Of one argument that is JSON already.
    pub fn try_raw(namespace: &str, event: &str, data: &RawValue) -> Result<Self, Unsendable> {
        Self::of(namespace, vec![codec::raw_event_packet(namespace, event, data)])
    }

    fn of(namespace: &str, packets: Vec<Packet>) -> Result<Self, Unsendable> {
        let weight = packets.iter().map(Packet::weight).sum();
        if weight > BYTES_MAX {
            return Err(Unsendable::TooLarge(weight));
        }
        Ok(Self { namespace: Arc::from(namespace), packets: packets.into(), weight, mark: None })
    }

    /// Marks grow from push to push, so that a socket which was told up to one is not told again.
    #[must_use]
    pub fn marked(self, mark: u64) -> Self {
        Self { mark: Some(mark), ..self }
    }

    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(super) fn packets(&self) -> &[Packet] {
        &self.packets
    }

    pub fn weight(&self) -> usize {
        self.weight
    }

    pub(super) fn is_after(&self, told: Option<u64>) -> bool {
        !matches!((self.mark, told), (Some(mark), Some(told)) if mark <= told)
    }
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push")
            .field("namespace", &self.namespace)
            .field("mark", &self.mark)
            .finish_non_exhaustive()
    }
}
