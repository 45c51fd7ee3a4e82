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
pub mod realtime;
pub mod telemetry;
