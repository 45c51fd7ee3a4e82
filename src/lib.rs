//! karnay: an event-sourced, actor-based call engine. The modules in reading order.

pub mod actors;
pub mod adapters;
pub mod dispatch;
pub mod journal;
pub mod ports;
