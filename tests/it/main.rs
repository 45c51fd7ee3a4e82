//! Everything that is tested from outside, in one binary.

mod journal;
mod journal_postgres;
mod postgres;
