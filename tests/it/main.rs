//! Everything that is tested from outside, in one binary, so that it links once.
//! Tests of one file's own rules live beside it; here the house is looked at as a whole, and the engine as its users meet it.
#![cfg(test)]

mod agent;
mod architecture;
mod as_of;
mod audit;
mod backup;
mod cli;
mod documents;
mod examples;
mod golden;
mod hasty;

mod pbx;
mod ports;
mod postgres;
mod python;
#[expect(dead_code, reason = "the benches use the rest")]
#[path = "../../benches/engine/webhook.rs"]
mod webhook;
#[expect(dead_code, reason = "the benches use the rest")]
#[path = "../../benches/engine/wire.rs"]
mod wire;
mod world;

mod http_auth;
mod http_history;
mod http_language;
mod http_limits;
mod http_lists;
mod http_parked;
mod http_reports;
mod http_results;
mod http_routes;
mod http_sessions;
mod http_sign_in;
mod http_signature;
mod http_world;

mod journal;
mod journal_postgres;

mod effects;
mod golden_rows;
mod guardian;
mod projector;

mod answers;
mod called;
mod campaign_report;
mod campaigns;
mod clients;
mod contacts;
mod contract;
mod crash;
mod dashboard;
mod denials;
mod dialling;
mod disk;
mod do_not_call;
mod docs;
mod edits;
mod fatal;
mod feed;
mod flood;
mod forgetting;
mod imports;
mod kerio_calls;
mod launch;
mod leases;
mod live;
mod mistakes;
mod nodes;
mod number_lists;
mod overload;
mod own_settings;
mod packaging;
mod pbx_drivers;
mod printed;
mod promises;
mod proof;
mod quarantine;
mod realtime;
mod rebuild;
mod recordings;
mod remote_host;
mod repeated;
mod replay;
mod schemathesis;
mod sign_in;
mod sim;
mod sim_pbx;
mod simulate;
mod ssh;
mod sshd;
mod start;
mod sync;
mod tamper;
mod watchdog;
mod webhooks;
mod what_if;
mod when;
mod workbooks;
