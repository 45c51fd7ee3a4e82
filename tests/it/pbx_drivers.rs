//! The drivers of exchanges against the simulated one, which shares no type with them: what both have to do alike, how each gets in,
//! how the far end proves itself, and what is made of faults.

mod faults;
mod lists;
mod probe;
mod recordings;
mod scripted;
mod sessions;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use karnay::adapters::exchange::{Options, Password, Times, Tls};
use karnay::adapters::kerio::Kerio;
use karnay::adapters::pbx_rest::PbxRest;
use karnay::adapters::simulated_pbx::{self, SimulatedPbx};
use karnay::adapters::system::SystemIds;
use karnay::ports::pbx::{LogPage, Pbx, PbxTrouble};

use super::sim_pbx::{Hand, NOON, PASSWORD};

const CALLER: &str = "998900000001";

fn start(faults: &str) -> (SimulatedPbx, Hand) {
    let hand = Hand::at(NOON);
    let mut options = simulated_pbx::Options::new(Arc::new(hand.clone()), Arc::new(SystemIds));
    options.password = Some(PASSWORD.to_owned());
    options.faults = faults.parse().unwrap();
    (simulated_pbx::start(options).unwrap(), hand)
}

fn change(pbx: &SimulatedPbx, faults: &str) {
    let parsed: simulated_pbx::Faults = faults.parse().unwrap();
    pbx.faults(|faults| *faults = parsed);
}

fn pin(pbx: &SimulatedPbx) -> [u8; 32] {
    hex::decode(pbx.pin().trim_start_matches("pin:")).unwrap().try_into().unwrap()
}

/// Patient enough for a machine that is busy.
fn options(pbx: &SimulatedPbx) -> Options {
    let patience = Duration::from_secs(20);
    Options {
        host: "127.0.0.1".to_owned(),
        port: pbx.port(),
        user: pbx.user().to_owned(),
        password: Password::new(PASSWORD),
        tls: Tls::Pin(pin(pbx)),
        times: Times { poll: patience, call: patience, piece: patience },
        recording_len_max: 1 << 30,
    }
}

fn kerio(pbx: &SimulatedPbx) -> Kerio {
    Kerio::try_new(options(pbx)).unwrap()
}

/// Each driver under the name that settings have for it.
fn both(options: &Options) -> [(&'static str, Arc<dyn Pbx>); 2] {
    let kerio: Arc<dyn Pbx> = Arc::new(Kerio::try_new(options.clone()).unwrap());
    [("jsonrpc", kerio), ("rest", Arc::new(PbxRest::try_new(options.clone()).unwrap()))]
}

fn page(start: u64, limit: u32) -> LogPage {
    LogPage { start, limit, since: None }
}

fn instant(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap()
}

/// A call that was answered after so many seconds, talked for so many, and is in the log.
fn talked(pbx: &SimulatedPbx, hand: &Hand, parties: (&str, &str), (ring, talk): (i64, i64)) -> String {
    let id = pbx.ring(parties.0, parties.1);
    hand.on(ring * 1_000);
    pbx.answer(&id);
    hand.on(talk * 1_000);
    pbx.hang_up(&id);
    hand.on(2_000);
    id
}

fn is_away<T>(told: &Result<T, PbxTrouble>) -> bool {
    matches!(told, Err(PbxTrouble::Away { .. }))
}

fn is_senseless<T>(told: &Result<T, PbxTrouble>) -> bool {
    matches!(told, Err(PbxTrouble::Senseless { .. }))
}
