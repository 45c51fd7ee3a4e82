//! The screens: read models that follow the journal by position, on SQLite and on PostgreSQL. The modules in reading order.
//! Callers hold `Screens` and the query functions of a screen's file; no table is named outside this crate.

pub mod api_keys;
pub mod call_history;
pub mod campaign_board;
pub mod campaign_calls;
pub mod campaign_hours;
pub mod contact_book;
pub mod do_not_call;
pub mod imports;
pub mod number_lists;
pub mod pbx_calls;
pub mod pbx_watch;
pub mod promises;
pub mod quarantine;
pub mod session_stats;
pub mod targets;
pub mod users;
pub mod webhook_endpoints;

pub mod follow;
pub mod forgetting;
pub mod milestones;
pub mod projection;
pub mod screens;
pub mod then;

mod cache;
pub mod error;
mod options;
pub mod registry;
pub mod row;
mod store;
mod text;

pub use error::Error;
pub use screens::{Freshness, Options, Screens, Status, Store};
pub use text::Page;

#[cfg(test)]
mod tests;
