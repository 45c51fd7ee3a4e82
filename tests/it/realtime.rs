//! The protocol layer as its clients meet it, good ones and bad ones: a server with namespaces of the tests' own,
//! raw clients that say whatever they like, the real client, and the protocols' own suites.

mod heartbeats;
mod limits;
mod namespaces;
mod openings;
pub(crate) mod program;
pub(crate) mod raw;
mod real_client;
pub(crate) mod slow;
mod stage;
mod storms;
mod suites;
mod upgrades;
