//! Everything that is tested from outside, in one binary, so that it links once.
//! Tests of one file's own rules live beside it; here the house is looked at as a whole, and the engine as its users meet it.

#[cfg(test)]
mod effects;
#[cfg(test)]
mod guardian;
#[cfg(test)]
mod projector;
