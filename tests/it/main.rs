//! Everything that is tested from outside, in one binary.

#[cfg(test)]
mod journal;
#[cfg(test)]
mod journal_postgres;
#[cfg(test)]
mod postgres;
