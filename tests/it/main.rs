//! Everything that is tested from outside, in one binary, so that it links once.
//! Tests of one file's own rules live beside it; here the house is looked at as a whole, and the engine as its users meet it.

#[cfg(test)]
mod architecture;
// Needs `config::{example, table}`, docs/.env.example and a program that serves: to be switched on with them.
#[cfg(any())]
mod documents;
#[cfg(test)]
mod golden;
