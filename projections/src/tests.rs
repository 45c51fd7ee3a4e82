//! The screens as a whole, on both stores: what a page becomes, races, parked streams, rebuilds, versions, bad files.

mod campaigns;
mod facts;
mod following;
mod history;
#[expect(clippy::print_stdout, reason = "a measurement is for whoever runs it")]
mod history_speed;
mod milestones;
mod opening;
mod parking;
mod pbx;
mod postgres;
mod rebuilding;
#[expect(clippy::print_stdout, reason = "a measurement is for whoever runs it")]
mod speed;
#[expect(clippy::print_stdout, reason = "a measurement is for whoever runs it")]
mod standings_speed;
mod unstored;
mod versions;
mod world;
