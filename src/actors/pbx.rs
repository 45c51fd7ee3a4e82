//! The watch over an exchange: what it is asked, and how it stands.

pub mod handle;
