//! karnay: an event-sourced, actor-based call engine. The modules in reading order.

pub mod app;
pub mod cli;
pub mod config;
pub mod ports;

pub mod dispatch;
pub mod journal;

pub mod actors;
pub mod adapters;
pub mod http;
pub mod telemetry;

/// A report is made on one thread and freed on another, which is what this allocator is quick at.
/// It serves every program of this package, so also what a benchmark compares with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
