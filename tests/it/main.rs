//! Everything that is tested from outside, in one binary, so that it links once.
//! Tests of one file's own rules live beside it; here the house is looked at as a whole, and the engine as its users meet it.

#[cfg(test)]
mod architecture;
#[cfg(test)]
mod golden;
