//! Where the living one of a ward is found. Handles hold the seat; whoever starts a ward puts it there.

use std::sync::{Arc, PoisonError, RwLock};

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Handler, MailboxError, Message};

pub struct Seat<A: Actor>(Arc<RwLock<Option<Addr<A>>>>);

impl<A: Actor> Seat<A> {
    pub fn put(&self, living: Addr<A>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(living);
    }

    /// Hands over a message that may be lost: whoever it is for looks by itself before long.
    pub fn hint<M>(&self, message: M)
    where
        M: Message + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        if let Some(living) = self.living() {
            // Full: it has been told often enough. Gone: its successor looks at its start.
            let _ = living.try_send(message);
        }
    }

    pub async fn ask<M>(&self, message: M) -> Result<M::Result, MailboxError>
    where
        M: Message + Send + 'static,
        M::Result: Send,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        self.living().ok_or(MailboxError::Closed)?.send(message).await
    }

    fn living(&self) -> Option<Addr<A>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<A: Actor> Default for Seat<A> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<A: Actor> Clone for Seat<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: Actor> std::fmt::Debug for Seat<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seat")
    }
}
