//! What only PostgreSQL has to keep: several nodes on one journal, a server that goes away, databases that are not ours.

mod away;
mod cut;
mod nodes;
mod opening;
mod reading;
