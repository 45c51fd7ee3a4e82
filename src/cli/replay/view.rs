//! A replay on a terminal: one page that is drawn again and again, and the keys that steer it. What the page says is made by `page`,
//! which knows nothing of a terminal.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use tokio::signal;
use tokio::signal::unix::{SignalKind, signal};

use super::super::table::{counted, grouped};
use super::figures::Figure;
use super::keys::{Key, Raw, pressed};
use super::{Show, lines};
use crate::http::replays::Pace;
use crate::journal;

/// How often the page is drawn.
const FRAME: Duration = Duration::from_millis(100);
/// So many events are played before somebody who pressed a key is heard.
const AT_ONCE: usize = 2_000;
/// Last events that are kept for the page.
const KEPT: usize = 200;
/// Rows and columns of a terminal that does not tell.
const SIZE: (u16, u16) = (24, 80);
/// What stands at the foot of the page.
const KEYS: [&str; 2] = ["", "space pause   s step   + faster   - slower   q quit"];

/// Another page, without a cursor; and the one before again.
const OPEN: &str = "\x1b[?1049h\x1b[?25l";
const CLOSE: &str = "\x1b[?25h\x1b[?1049l";

#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) title: String,
    pub(super) zone: Tz,
    pub(super) pace: Pace,
    pub(super) paused: bool,
    pub(super) show: Show<'a>,
    /// What time it is then.
    pub(super) now: DateTime<Utc>,
    pub(super) told: VecDeque<String>,
    pub(super) ended: bool,
}

/// What stands on the page.
#[derive(Debug)]
struct Page<'a> {
    title: &'a str,
    zone: Tz,
    now: DateTime<Utc>,
    speed: u32,
    paused: bool,
    ended: bool,
    played: (usize, usize),
    figures: &'a [Figure],
    told: &'a VecDeque<String>,
}

impl View<'_> {
    /// Plays until it is left.
    pub(super) async fn run(mut self, out: &mut dyn Write) -> Result<(), super::super::Error> {
        let raw = Raw::begin();
        write!(out, "{OPEN}")?;
        let played = self.played(out).await;
        write!(out, "{CLOSE}")?;
        out.flush()?;
        drop(raw);
        played?;
        // What was seen last stays to be read.
        let ((height, width), figures) = (size(), self.show.figures.now());
        let page = self.page(&figures).lines(width, height);
        for line in page.iter().take(page.len().saturating_sub(KEYS.len())) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }

    async fn played(&mut self, out: &mut dyn Write) -> Result<(), super::super::Error> {
        let (mut keys, mut told_to_end) = (pressed(), signal(SignalKind::terminate())?);
        let mut frames = tokio::time::interval(FRAME);
        frames.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut before = Instant::now();
        loop {
            tokio::select! {
                key = keys.recv() => match key {
                    Some(Key::Quit) => return Ok(()),
                    Some(key) => self.hear(key).await?,
                    // The terminal is gone.
                    None => return Ok(()),
                },
                _ = signal::ctrl_c() => return Ok(()),
                _ = told_to_end.recv() => return Ok(()),
                _ = frames.tick() => {
                    let passed = before.elapsed();
                    before = Instant::now();
                    self.go_on(passed).await?;
                    self.draw(out)?;
                }
            }
        }
    }

    async fn hear(&mut self, key: Key) -> Result<(), journal::Error> {
        match key {
            Key::Pause => self.paused = !self.paused,
            Key::Faster => self.pace.faster(),
            Key::Slower => self.pace.slower(),
            Key::Step => {
                self.paused = true;
                self.play_next(DateTime::<Utc>::MAX_UTC).await?;
            }
            Key::Quit => {}
        }
        Ok(())
    }

    /// Whatever was recorded by the time that it is then.
    async fn go_on(&mut self, passed: Duration) -> Result<(), journal::Error> {
        if self.paused {
            return Ok(());
        }
        let Some(next) = self.show.due().await? else {
            self.ended = true;
            return Ok(());
        };
        let as_fast_as_possible = self.pace.speed == 0;
        self.now = self.pace.passed(self.now, passed, next);
        for _ in 0..AT_ONCE {
            let until = if as_fast_as_possible { DateTime::<Utc>::MAX_UTC } else { self.now };
            if !self.play_next(until).await? {
                break;
            }
        }
        Ok(())
    }

    /// False where nothing comes by then.
    async fn play_next(&mut self, until: DateTime<Utc>) -> Result<bool, journal::Error> {
        let due = self.show.due().await?;
        self.ended = due.is_none();
        if due.is_none_or(|due| due > until) {
            return Ok(false);
        }
        let Some(scene) = self.show.play() else { return Ok(false) };
        self.now = self.now.max(scene.recorded_at);
        self.told.push_back(lines::line(&scene, self.zone, "%T"));
        if self.told.len() > KEPT {
            self.told.pop_front();
        }
        Ok(true)
    }

    fn page<'a>(&'a self, figures: &'a [Figure]) -> Page<'a> {
        let Self { title, zone, pace, paused, show, now, told, ended } = self;
        let (speed, played) = (pace.speed, (show.reel.taken, show.reel.total));
        Page { title, zone: *zone, now: *now, speed, paused: *paused, ended: *ended, played, figures, told }
    }

    fn draw(&self, out: &mut dyn Write) -> io::Result<()> {
        let ((height, width), figures) = (size(), self.show.figures.now());
        write!(out, "\x1b[H")?;
        for line in self.page(&figures).lines(width, height) {
            write!(out, "{line}\x1b[K\r\n")?;
        }
        write!(out, "\x1b[J")?;
        out.flush()
    }
}

impl Page<'_> {
    fn lines(&self, width: usize, height: usize) -> Vec<String> {
        let (played, total) = self.played;
        let done = played.saturating_mul(100).checked_div(total).unwrap_or(100);
        let [played, total] = [played, total].map(|count| u64::try_from(count).unwrap_or(u64::MAX));
        let (played, total) = (grouped(played), counted(total, "event", "events"));
        let mut lines = vec![
            format!("{}  REPLAY: nothing is recorded, and nobody is rung", self.title),
            format!(
                "{}  {}  {}",
                self.now.with_timezone(&self.zone).format("%F %T %Z"),
                self.speed(),
                self.state()
            ),
            format!("[{}] {done:>3} %  {played} of {total}", bar(done, width)),
            String::new(),
        ];
        let figures = wrapped(self.figures.iter().map(|(name, value)| format!("{name} {value}")), width);
        lines.extend(figures);
        lines.push(String::new());
        let room = height.saturating_sub(lines.len() + KEYS.len() + 1);
        lines.extend(self.told.iter().skip(self.told.len().saturating_sub(room)).cloned());
        lines.extend(KEYS.map(str::to_owned));
        lines.iter().map(|line| line.chars().take(width).collect()).collect()
    }

    fn speed(&self) -> String {
        if self.speed == 0 { "as fast as possible".to_owned() } else { format!("x{}", self.speed) }
    }

    fn state(&self) -> &'static str {
        match (self.ended, self.paused) {
            (true, _) => "THE END",
            (false, true) => "PAUSED",
            (false, false) => "playing",
        }
    }
}

/// Rows and columns.
fn size() -> (usize, usize) {
    let (rows, columns) = console::Term::stdout().size_checked().unwrap_or(SIZE);
    (rows.into(), columns.into())
}

fn bar(done: usize, width: usize) -> String {
    let cells = width.saturating_sub(50).clamp(10, 60);
    let full = cells * done.min(100) / 100;
    format!("{}{}", "#".repeat(full), "-".repeat(cells - full))
}

/// Words side by side, in as many lines as they need.
fn wrapped(words: impl Iterator<Item = String>, width: usize) -> Vec<String> {
    let mut lines = vec![];
    let mut line = String::new();
    for word in words {
        if !line.is_empty() && line.chars().count() + word.chars().count() + 3 > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push_str("   ");
        }
        line.push_str(&word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_fits_its_terminal_and_shows_the_newest_events() {
        let told: VecDeque<String> =
            (1..=40).map(|n| format!("18:30:{n:02}  line {n}  A result of the call was reported")).collect();
        let figures = vec![("status", "RUNNING".to_owned()), ("processed", "40".to_owned())];
        let page = Page {
            title: "session session-1",
            zone: chrono_tz::Asia::Tashkent,
            now: DateTime::from_timestamp(1_759_757_440, 0).unwrap(),
            speed: 60,
            paused: true,
            ended: false,
            played: (40, 160),
            figures: &figures,
            told: &told,
        };
        let lines = page.lines(60, 20);
        assert!(lines.len() < 20 && lines.iter().all(|line| line.chars().count() <= 60), "{lines:#?}");
        assert_eq!(lines[1], "2025-10-06 18:30:40 +05  x60  PAUSED");
        assert_eq!(lines[2], "[##--------]  25 %  40 of 160 events");
        assert_eq!(lines[4], "status RUNNING   processed 40");
        assert!(
            lines[lines.len() - 3].starts_with("18:30:40") && !lines.concat().contains("18:30:01"),
            "{lines:#?}"
        );
        assert_eq!(lines.last().map(String::as_str), Some(KEYS[1]));
    }
}
