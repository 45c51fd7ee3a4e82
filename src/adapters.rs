//! The ports as they are in the world, one file for each kind of far end. They carry out and report; they decide nothing.

pub mod local;
pub mod simulated;
pub mod spreadsheet;
pub mod system;
pub mod unset;
