//! The rules of calling: what may happen to a session, a call, a report, and what follows from it.
//! Pure and synchronous: time, ids and everything looked up arrive inside a command; nothing here waits, reads a clock or throws dice.

pub mod access;
pub mod conversation;
pub mod day;
pub mod decimal;
pub mod ids;
pub mod language;
pub mod outcome;
pub mod personal;
pub mod phone;
pub mod secret;
pub mod slip;
pub mod zone;

pub mod api_key;
pub mod call;
pub mod campaign;
pub mod contact;
pub mod cursor;
pub mod denial;
pub mod disclosure;
pub mod import;
pub mod number_list;
pub mod pbx;
pub mod pbx_call;
pub mod person;
pub mod promise;
pub mod quarantine;
pub mod recording;
pub mod remote;
pub mod session;
pub mod settings;
pub mod target;
pub mod user;
pub mod webhook_endpoint;

pub mod fact;
pub mod hindsight;
pub mod policy;
pub mod rules;
pub mod simulation;
