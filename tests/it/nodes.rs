//! R12: three engines on one PostgreSQL, under load, and one after another is killed. The others go on within seconds; nothing that any of
//! them acknowledged is lost, doubled or told twice, and nobody is rung twice, by the voice agent's own book.
//!
//! Every node serves, appends, folds screens and carries out effects; one of them at a time dials. So there is no node that projects
//! alone: the checkpoint is compared before it is moved, and whoever reads on is as good as whoever died.

mod cluster;
mod failover;
mod kills;
mod patroni;
mod upgrade;
