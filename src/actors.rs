//! The engine's single actors: each owns a mailbox and what it follows, none owns a rule.
//! Whatever one of them holds in memory can be had again from the journal, so any of them may be replaced at any moment.

pub mod backoff;
pub mod courier;
pub mod dialler;
pub mod effector;
pub mod guardian;
pub mod hub;
pub mod pbx;
pub mod projector;
pub mod reactor;
pub mod signer;
mod turn;
pub mod watchdog;
