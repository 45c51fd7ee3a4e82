//! A hundred thousand rows: how long it takes, and what it costs in memory.

use std::time::Instant;

use super::*;

const ROWS: u32 = 100_000;
/// What it may cost over the idle engine.
const MORE_MAX: u64 = 256 << 20;

fn large() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory().unwrap();
    for (column, name) in (0..).zip(["firstName", "lastName", "phone", "dateOfBirth", "customData", "notes"])
    {
        sheet.write(0, column, name).unwrap();
    }
    for row in 1..=ROWS {
        sheet.write(row, 0, format!("Mijoz {row}")).unwrap().write(row, 1, "Karimov").unwrap();
        sheet.write(row, 2, 998_900_000_000_u64 + u64::from(row)).unwrap();
        sheet.write(row, 3, "1990-01-15").unwrap();
        sheet.write(row, 4, format!("{{\"totalDebt\": {row}.5, \"remainingDebt\": {row}}}")).unwrap();
        sheet.write(row, 5, "Mijoz mahsulot haqida so'radi").unwrap();
    }
    book.save_to_buffer().unwrap()
}

/// What the kernel says of a process's memory, in bytes.
fn memory(pid: u32, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "full size: make check-deep"]
#[expect(clippy::print_stderr, reason = "the figures are the result")]
async fn deep_a_hundred_thousand_contacts_cost_little() {
    let file = large();
    let mut world = World::sqlite();
    world.start().await;
    let desk = Desk::of(&world, "1", "manager");
    let idle = memory(world.pid(), "VmRSS");
    let say = |what: &str, began: Instant| {
        let secs = began.elapsed().as_secs_f64();
        let peak = memory(world.pid(), "VmHWM");
        let more = peak.saturating_sub(idle);
        eprintln!(
            "{what}: {secs:.1} s, {:.0} rows/s; idle {} MiB, peak {} MiB",
            f64::from(ROWS) / secs,
            idle >> 20,
            peak >> 20
        );
        assert!(more < MORE_MAX, "{what} took {} MiB more than the idle engine", more >> 20);
    };
    let began = Instant::now();
    let dry = desk.imported("large.xlsx", &file, "dryRun=true").await;
    assert_eq!(counts(&dry)[1], u64::from(ROWS));
    say("dry run", began);
    let began = Instant::now();
    let answer = desk.imported("large.xlsx", &file, "").await;
    assert_eq!(counts(&answer)[1], u64::from(ROWS));
    say("import", began);
    let began = Instant::now();
    let again = desk.imported("large.xlsx", &file, "").await;
    assert_eq!(counts(&again)[3], u64::from(ROWS));
    say("the same again", began);
    let began = Instant::now();
    let path = format!("/imports/{}", import_of(&answer));
    let client =
        reqwest::Client::new().delete(world.url(&format!("/auto-calling{path}"))).bearer_auth(world.token());
    let undone: Value = client.send().await.unwrap().json().await.unwrap();
    assert_eq!(undone["removed"], u64::from(ROWS), "{undone}");
    say("undone", began);
}
