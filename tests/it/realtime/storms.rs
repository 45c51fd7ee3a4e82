//! Nonsense in quantity, and clients that come and go: nobody is hurt and nothing is left behind.

use std::time::Duration;

use karnay::realtime::socket_io::Options;

use super::raw::{Polling, Ws, masked};
use super::stage::{Stage, until};

/// Numbers that look like chance and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(below).unwrap()).unwrap()
    }

    /// A good text with some bytes changed, dropped or doubled.
    fn mutated(&mut self) -> Vec<u8> {
        const GOOD: [&str; 10] = [
            "40",
            "40/custom,{\"token\":\"t\",\"rooms\":[\"r\"]}",
            "42[\"say\",1,\"two\",{\"three\":[true]}]",
            "4212[\"ask\",{\"a\":null}]",
            "452-[\"say\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]",
            "451-/custom,7[\"ask\",{\"_placeholder\":true,\"num\":0}]",
            "41/custom,",
            "3",
            "2probe",
            "5",
        ];
        let mut text = GOOD[self.roll(GOOD.len())].as_bytes().to_vec();
        for _ in 0..=self.roll(4) {
            let place = self.roll(text.len().max(1));
            match self.roll(4) {
                0 => text.insert(place.min(text.len()), u8::try_from(self.roll(256)).unwrap()),
                1 if !text.is_empty() => drop(text.remove(place)),
                2 if !text.is_empty() => text[place] = u8::try_from(self.roll(256)).unwrap(),
                _ => text.extend_from_within(place.min(text.len())..),
            }
        }
        text
    }

    /// A frame around it, now and then one that is wrong itself.
    fn frame(&mut self) -> Vec<u8> {
        let first = [0x81, 0x81, 0x81, 0x82, 0x01, 0x80, 0x89, 0x8a, 0x88][self.roll(9)];
        let mut frame = masked(first, &self.mutated());
        if self.roll(8) == 0 {
            let place = self.roll(frame.len().min(6));
            frame[place] = u8::try_from(self.roll(256)).unwrap();
        }
        frame
    }
}

/// The server still does what it is for.
async fn serves(stage: &Stage) {
    let mut ws = Ws::enter(stage.port, "").await;
    ws.send("42[\"say\",1]").await;
    assert_eq!(ws.text().await, "42[\"echoed\",1]");
    let polling = Polling::open(stage.port).await;
    polling.enter("").await;
    assert_eq!(polling.post("1").await, 200);
}

async fn is_empty(stage: &Stage) {
    until("nobody is left", || stage.server.sessions() == 0).await;
    assert_eq!((stage.server.sockets("/"), stage.server.sockets("/custom")), (0, 0));
    let said = stage.said();
    let count = |what: &str| said.iter().filter(|line| line.starts_with(what)).count();
    assert_eq!(count("in "), count("out "), "who came in has left");
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_thousand_mutated_frames_hurt_nobody() {
    let stage = Stage::new(Options::default());
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    for round in 0..4_000_u32 {
        let mut ws =
            if round % 2 == 0 { Ws::open(stage.port).await } else { Ws::enter(stage.port, "").await };
        let mut storm = vec![];
        for _ in 0..10 {
            storm.extend(dice.frame());
        }
        ws.raw(&storm).await;
    }
    is_empty(&stage).await;
    serves(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_mutated_requests_hurt_nobody() {
    let stage = Stage::new(Options { unused_wait: Duration::from_secs(3), ..Options::default() });
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..500 {
        let polling = Polling::open(stage.port).await;
        for _ in 0..4 {
            let mut body = dice.mutated();
            for _ in 0..dice.roll(3) {
                body.push(0x1e);
                body.extend(dice.mutated());
            }
            let status = polling.post(body).await.as_u16();
            assert!([200, 400].contains(&status), "{status}");
        }
        polling.post("1").await;
    }
    is_empty(&stage).await;
    serves(&stage).await;
}

/// In kilobytes, as the kernel counts what this process holds.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// So many come, some over polling, and are cut off at whichever point they have reached.
async fn come_and_go(stage: &Stage, count: u32) {
    for round in 0..count {
        match round % 5 {
            0 => drop(Ws::dial(stage.port, "").await),
            1 => drop(Ws::open(stage.port).await),
            2 => drop(Ws::enter(stage.port, "{\"rooms\":[\"r\"]}").await),
            3 => {
                let mut ws = Ws::open(stage.port).await;
                ws.send("40{\"slow\":50,\"rooms\":[\"r\"]}").await;
                ws.send("451-[\"say\",{\"_placeholder\":true,\"num\":0}]").await;
            }
            _ => {
                let mut ws = Ws::enter(stage.port, "{\"rooms\":[\"r\"]}").await;
                ws.send("42[\"count\",20]").await;
            }
        }
    }
    is_empty(stage).await;
}

/// Nothing of those who left is kept; the first thousand may warm caches.
#[expect(clippy::print_stderr, reason = "the figures are the result")]
async fn leaves_nothing(count: u32) {
    let stage = Stage::new(Options::default());
    come_and_go(&stage, count).await;
    let (memory_before, descriptors_before) = (memory(), descriptors());
    come_and_go(&stage, count).await;
    let grown = memory().saturating_sub(memory_before);
    eprintln!(
        "{count} connects: {memory_before} kB, then {grown} kB more; {descriptors_before} descriptors, then {}",
        descriptors()
    );
    // A kilobyte for each would be four times the bound at full size.
    assert!(grown < 4_096 + u64::from(count) / 5, "{grown} kB");
    // Other tests of this process have some of their own.
    until("descriptors", || descriptors() < descriptors_before + 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_connects_and_abrupt_closes_leave_nothing() {
    let stage = Stage::new(Options::default());
    come_and_go(&stage, 2_000).await;
    serves(&stage).await;
}

#[ignore = "twenty thousand connects; `make check-deep` runs it alone, so that memory can be told"]
#[tokio::test(flavor = "multi_thread")]
async fn deep_twenty_thousand_connects_and_abrupt_closes_leave_nothing() {
    leaves_nothing(20_000).await;
}
