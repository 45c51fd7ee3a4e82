//! PG
