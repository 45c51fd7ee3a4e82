//! Processes that are measured: started on a free port of the loopback, looked at from outside, stopped by their own id.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::wire::Wire;

const START_MAX: Duration = Duration::from_mins(2);
const STOP_MAX: Duration = Duration::from_mins(1);

/// A server under measurement. Dropping it kills it, so that a failed benchmark leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first `ready`.
    pub(crate) ready_after: Duration,
    log: std::path::PathBuf,
}

impl Server {
    pub(crate) async fn start(mut command: Command, port: u16, folder: &Path, log: &str) -> Result<Self> {
        let log = folder.join(log);
        let file = File::options().create(true).append(true).open(&log)?;
        command.current_dir(folder).stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let began = Instant::now();
        let child = command.spawn().context("cannot start")?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut server = Self { child, address, ready_after: Duration::ZERO, log };
        while !is_ready(address).await {
            if let Some(status) = server.child.try_wait()? {
                bail!("it ended at once ({status}):\n{}", server.last_words());
            }
            if began.elapsed() > START_MAX {
                bail!("it is not ready after {} s:\n{}", START_MAX.as_secs(), server.last_words());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.ready_after = began.elapsed();
        Ok(server)
    }

    /// User and system time so far, of all its threads.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        spent(&std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?)
    }

    /// The same by the threads' names; threads of one name are taken together.
    pub(crate) fn cpu_by_thread(&self) -> Result<BTreeMap<String, Duration>> {
        let mut by_name = BTreeMap::new();
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // A thread may end while one looks at it.
            let Ok(stat) = std::fs::read_to_string(thread?.path().join("stat")) else { continue };
            let name =
                stat.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map_or("", |(name, _)| name);
            let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || "-:".contains(c)).to_owned();
            *by_name.entry(name).or_insert(Duration::ZERO) += spent(&stat)?;
        }
        Ok(by_name)
    }

    /// Resident memory in MiB.
    pub(crate) fn memory(&self) -> Result<f64> {
        mebibytes(&self.status()?, "VmRSS:")
    }

    /// The most that was resident at a time, in MiB: since the peak was forgotten, or since the start.
    pub(crate) fn peak_memory(&self) -> Result<f64> {
        mebibytes(&self.status()?, "VmHWM:")
    }

    /// Files and connections that it holds open.
    pub(crate) fn descriptors(&self) -> Result<usize> {
        Ok(std::fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }

    /// Not every kernel can. Where it cannot, the peak is at least what it would be otherwise, so that nothing looks better than it is.
    pub(crate) fn forget_peak(&self) {
        if let Err(why) = std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5") {
            crate::say(&format!("  the peak of memory is the one since the start: {why}"));
        }
    }

    fn status(&self) -> Result<String> {
        Ok(std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?)
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn stop(mut self) -> Result<()> {
        Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status()?;
        let began = Instant::now();
        while began.elapsed() < STOP_MAX {
            if let Some(status) = self.child.try_wait()? {
                if status.success() {
                    return Ok(());
                }
                bail!("it ended with {status}:\n{}", self.last_words());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("it does not end:\n{}", self.last_words())
    }

    pub(crate) fn last_words(&self) -> String {
        let mut text = String::new();
        let _ = File::open(&self.log).and_then(|mut file| file.read_to_string(&mut text));
        let lines: Vec<_> = text.lines().collect();
        lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// A size that the kernel tells about a process.
pub(crate) fn mebibytes(status: &str, name: &str) -> Result<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse::<u32>().ok());
    Ok(f64::from(kib.with_context(|| format!("no {name}"))?) / 1024.0)
}

/// From a line as the kernel writes it for a process or a thread.
fn spent(stat: &str) -> Result<Duration> {
    // The second field is the name in brackets, which may contain anything.
    let (_, rest) = stat.rsplit_once(')').context("no stat")?;
    let ticks = |at| rest.split_whitespace().nth(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    // The kernel tells user programs hundredths of a second, whatever its own clock is.
    Ok(Duration::from_millis((ticks(11) + ticks(12)) * 10))
}

async fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut wire) = Wire::connect(address).await else { return false };
    wire.get("/health/ready").await.is_ok_and(|answer| answer.status == 200)
}
