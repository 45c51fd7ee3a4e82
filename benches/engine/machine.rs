//! Where it was measured: what the figures depend on beside the program.

use std::process::Command;

/// Lines of `what | value`.
pub(crate) fn facts() -> Vec<(&'static str, String)> {
    let file = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = field(&file("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown".to_owned());
    let memory = field(&file("/proc/meminfo"), "MemTotal").unwrap_or_default();
    vec![
        ("processor", format!("{cores} cores, {model}")),
        ("memory", memory),
        ("kernel", file("/proc/sys/kernel/osrelease").trim().to_owned()),
        ("rustc", said("rustc", &["--version"])),
        ("SQLite", rusqlite::version().to_owned()),
        ("PostgreSQL", said("/usr/lib/postgresql/15/bin/postgres", &["--version"])),
    ]
}

/// How many programs want to run, in the mean of the last minute.
pub(crate) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(
        |_| "not found".to_owned(),
        |said| String::from_utf8_lossy(&said.stdout).trim().to_owned(),
    )
}
