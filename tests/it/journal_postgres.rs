//! What only PostgreSQL has to keep: several nodes on one journal, a server that goes away, databases that are not ours.

#[path = "journal_postgres/away.rs"]
mod away;
#[path = "journal_postgres/cut.rs"]
mod cut;
#[path = "journal_postgres/nodes.rs"]
mod nodes;
#[path = "journal_postgres/opening.rs"]
mod opening;
#[path = "journal_postgres/reading.rs"]
mod reading;
