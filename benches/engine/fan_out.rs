//! P5, the protocol layer alone: one room of a thousand clients, told at a pace and in bursts, in turns with npm's `socket.io` that does the same.
//! Times are taken from when the server is asked to tell the room; asking is a text on a socket of its own, for both alike.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::child::Server;
use crate::figures::{Figure, Series, float, number};
use crate::ports::free_port;
use crate::socket::Socket;
use crate::{Bench, folder, load, say};

const CLIENTS: usize = 1_000;
const EVERY: Duration = Duration::from_millis(100);
const BURST: u64 = 100;
const BURSTS: usize = 20;
/// What a process holds is looked at once nothing moves.
const REST: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(30);
/// Five digits each, so that every event is as long as the next.
const FIRST: u64 = 10_000;

/// What one server came to in one turn.
#[derive(Debug, Default)]
struct Side {
    p50: Series,
    p99: Series,
    cpu: Series,
    burst: Series,
    burst_cpu: Series,
    memory: Series,
}

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    install()?;
    let (ours, node) = load::on_one_thread(turns(bench))?;
    report(bench, ours, node);
    Ok(())
}

async fn turns(bench: &Bench) -> Result<(Side, Side)> {
    let (mut ours, mut node) = (Side::default(), Side::default());
    let time = bench.duration(10);
    for _ in 0..bench.runs {
        let home = folder("room")?;
        ours.turn("ours", &start(home.path()).await?, time).await?;
        node.turn("Node", &start_node(home.path()).await?, time).await?;
    }
    Ok((ours, node))
}

/// The protocol layer, in a process that does nothing else.
pub(crate) async fn start(home: &Path) -> Result<Server> {
    let port = free_port();
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--told").arg(port.to_string());
    Server::start(command, port, home, "told.log").await
}

async fn start_node(home: &Path) -> Result<Server> {
    let port = free_port();
    let mut command = Command::new("node");
    command.arg(node().join("fan_out.mjs")).arg(port.to_string()).env("NODE_ENV", "production");
    Server::start(command, port, home, "node.log").await
}

fn node() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/engine/node")
}

/// As its lock names it, from the registry where it is not there yet.
fn install() -> Result<()> {
    if node().join("node_modules/.package-lock.json").exists() {
        return Ok(());
    }
    let status = Command::new("npm")
        .args(["ci", "--silent", "--no-audit", "--no-fund"])
        .current_dir(node())
        .status()
        .context("no npm")?;
    ensure!(status.success(), "npm ci ended with {status}");
    Ok(())
}

/// What the clients saw of what they are told just now.
#[derive(Debug, Default)]
struct Seen {
    asked: Cell<Option<Instant>>,
    /// Deliveries that are still to come.
    missing: Cell<u64>,
    micros: RefCell<Vec<u32>>,
    all: Notify,
}

/// A thousand clients, and who has them told.
struct Room {
    seen: Rc<Seen>,
    control: Socket,
    clients: JoinSet<Result<()>>,
    next: u64,
}

impl Room {
    async fn fill(server: &Server) -> Result<Self> {
        let (seen, mut clients) = (Rc::new(Seen::default()), JoinSet::new());
        for _ in 0..CLIENTS {
            let socket = Socket::enter(server.address, r#"{"room":"all"}"#).await?;
            clients.spawn_local(listen(socket, Rc::clone(&seen)));
        }
        let control = Socket::enter(server.address, r#"{"room":"none"}"#).await?;
        Ok(Self { seen, control, clients, next: FIRST })
    }

    /// Answers how long it took until everybody had everything.
    async fn tell(&mut self, count: u64) -> Result<Duration> {
        self.seen.missing.set(count * u64::try_from(CLIENTS)?);
        let asked = Instant::now();
        self.seen.asked.set(Some(asked));
        self.control.say(&format!(r#"42["tell","all",{},{count},1]"#, self.next)).await?;
        self.next += count;
        let seen = Rc::clone(&self.seen);
        tokio::select! {
            told = timeout(PATIENCE, seen.all.notified()) => told.context("some were not told")?,
            Some(ended) = self.clients.join_next() => ended??,
        }
        Ok(asked.elapsed())
    }

    /// At a pace, for so long. Milliseconds until a client has it, ascending.
    async fn pace(&mut self, time: Duration) -> Result<Vec<f64>> {
        self.seen.micros.take();
        let (began, mut ticks) = (Instant::now(), interval(EVERY));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while began.elapsed() < time {
            ticks.tick().await;
            self.tell(1).await?;
        }
        let mut micros = self.seen.micros.take();
        micros.sort_unstable();
        Ok(micros.into_iter().map(|micros| f64::from(micros) / 1_000.0).collect())
    }
}

/// Demands everything in order, each once.
async fn listen(mut socket: Socket, seen: Rc<Seen>) -> Result<()> {
    let mut next = FIRST;
    loop {
        let (mut told, mut odd) = (0, None);
        let read = socket.read(|text| {
            if numbered(text) != Some(next) {
                odd.get_or_insert_with(|| String::from_utf8_lossy(text).into_owned());
            }
            (told, next) = (told + 1, next + 1);
        });
        read.await?;
        ensure!(odd.is_none(), "told {odd:?} before {next}");
        if let Some(asked) = seen.asked.get() {
            let micros = u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX);
            seen.micros.borrow_mut().extend((0..told).map(|_| micros));
        }
        let missing = seen.missing.get();
        seen.missing.set(missing.saturating_sub(told));
        if told > 0 && seen.missing.get() == 0 {
            seen.all.notify_one();
        }
    }
}

fn numbered(text: &[u8]) -> Option<u64> {
    let digits = text.strip_prefix(br#"42["news",{"number":"#)?.get(..5)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

impl Side {
    async fn turn(&mut self, name: &str, server: &Server, time: Duration) -> Result<()> {
        let mut room = Room::fill(server).await?;
        sleep(REST).await;
        let memory = server.memory()?;
        // What is compiled as it runs is compiled by then.
        room.pace(Duration::from_secs(2)).await?;
        let cpu = server.cpu()?;
        let waits = room.pace(time).await?;
        let cpu = server.cpu()?.saturating_sub(cpu).as_secs_f64() * 1e6 / float(waits.len());
        for _ in 0..2 {
            room.tell(BURST).await?;
        }
        let (before, mut rates) = (server.cpu()?, Series::default());
        for _ in 0..BURSTS {
            let took = room.tell(BURST).await?;
            rates.push(float(CLIENTS) * crate::figures::exact(BURST) / took.as_secs_f64());
        }
        let told = float(CLIENTS * BURSTS) * crate::figures::exact(BURST);
        let burst_cpu = server.cpu()?.saturating_sub(before).as_secs_f64() * 1e6 / told;
        let at = |permille: usize| waits.get(waits.len() * permille / 1_000).copied().unwrap_or(f64::NAN);
        let (p50, p99, burst) = (at(500), at(990), rates.median());
        say(&format!(
            "P5 {name}: p50 {} p99 {} ms, {} µs a delivery; bursts {} /s, {} µs a delivery; {} MiB",
            number(p50),
            number(p99),
            number(cpu),
            number(burst),
            number(burst_cpu),
            number(memory)
        ));
        let series = [
            (&mut self.p50, p50),
            (&mut self.p99, p99),
            (&mut self.cpu, cpu),
            (&mut self.burst, burst),
            (&mut self.burst_cpu, burst_cpu),
            (&mut self.memory, memory),
        ];
        for (series, value) in series {
            series.push(value);
        }
        Ok(())
    }
}

fn report(bench: &mut Bench, ours: Side, node: Side) {
    let figure = |what: &str, unit, series| Figure::new("P5", format!("room of 1,000: {what}"), unit, series);
    let [p50, p99, cpu, burst, burst_cpu, memory] = [
        ours.p50.over(&node.p50),
        ours.p99.over(&node.p99),
        ours.cpu.over(&node.cpu),
        ours.burst.over(&node.burst),
        ours.burst_cpu.over(&node.burst_cpu),
        ours.memory.over(&node.memory),
    ];
    bench.add([
        figure("an event of 290 bytes, 10 a second, arrival p50", "ms", ours.p50),
        figure("the same, Node's socket.io", "ms", node.p50),
        figure("arrival p50 over Node's", "ratio", p50).at_most(1.0),
        figure("arrival p99", "ms", ours.p99),
        figure("arrival p99, Node's socket.io", "ms", node.p99),
        figure("arrival p99 over Node's", "ratio", p99).at_most(1.0),
        figure("processor a delivery", "µs", ours.cpu),
        figure("processor a delivery over Node's", "ratio", cpu).at_most(1.0),
        figure("bursts of 100 events", "deliveries/s", ours.burst),
        figure("bursts of 100 events, Node's socket.io", "deliveries/s", node.burst),
        figure("bursts over Node's", "ratio", burst).at_least(10.0),
        figure("processor a delivery in bursts over Node's", "ratio", burst_cpu),
        figure("memory of the process, all idle", "MiB", ours.memory),
        figure("memory of the process, all idle, Node's socket.io", "MiB", node.memory),
        figure("memory over Node's", "ratio", memory).at_most(0.5),
    ]);
}
