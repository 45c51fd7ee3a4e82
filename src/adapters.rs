//! The ports as they are in the world, one file for each kind of far end. They carry out and report; they decide nothing.

pub mod agent;
mod dice;
pub mod disk;
pub mod exchange;
mod kept;
pub mod kerio;
pub mod local;
pub mod outside;
pub mod pbx_rest;
mod post;
mod public;
mod quoting;
pub mod receivers;
pub mod recordings;
pub mod simulated;
pub mod simulated_agent;
pub mod simulated_pbx;
pub mod spreadsheet;
pub mod ssh;
pub mod system;
pub mod unset;
