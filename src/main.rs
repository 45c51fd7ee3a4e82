//! The program `karnay`.

fn main() {}
