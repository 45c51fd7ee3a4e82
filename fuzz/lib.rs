//! Finds what makes a parser of foreign input panic or take long, with the stable toolchain alone.
//! Good inputs are changed at random, and what is answered as nothing before was is kept and changed further: that leads deeper
//! than chance, without the compiler's help. What is found is made as small as it goes and shown.
//! For tests alone. It knows no parser.

mod mutation;

use std::cell::Cell;
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;

use std::hash::{Hash, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::{Duration, Instant};

use mutation::Dice;

/// How long each target is tried; `make check-deep` says 60.
const SECONDS: &str = "KARNAY_FUZZ_SECONDS";
/// Where chance begins; the same again finds the same.
const SEED: &str = "KARNAY_FUZZ_SEED";
/// No input of a few thousand bytes may cost more, also where other tests take the processor.
const TAKES_MAX: Duration = Duration::from_secs(5);
/// Inputs that are kept because their answer was new.
const KEPT_MAX: usize = 4_096;
/// Changes of one input.
const CHANGES_MAX: usize = 6;
/// Beyond the largest good input.
const LONGER_MAX: usize = 2_048;
/// Tries to make smaller what was found.
const SMALLER_TRIES: usize = 2_000;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub input: Vec<u8>,
    pub why: String,
}

/// Looks for an input that makes `parse` panic or take long. What it answers is to be the way that was gone, such as the name of the
/// error: an answer that was never seen makes an input worth keeping.
///
/// # Panics
///
/// Where there is such an input, with the smallest one.
#[expect(clippy::print_stderr, reason = "how much was tried is to be heard of")]
pub fn fuzz<T: Hash>(name: &str, good: &[&[u8]], parse: impl Fn(&[u8]) -> T) {
    let number = |name: &str, otherwise: u64| {
        let told = std::env::var_os(name).and_then(|told| told.to_str()?.parse().ok());
        told.unwrap_or(otherwise)
    };
    let (secs, seed) = (number(SECONDS, 1), number(SEED, 1));
    let mut search = Search::new(good, seed);
    let found = search.run(Duration::from_secs(secs), &parse);
    eprintln!("{name}: {} inputs, {} answers, {SEED}={seed}", search.tried, search.seen.len());
    assert!(
        found.is_none(),
        "{name}: {}",
        found.map_or_else(String::new, |found| format!(
            "{} for b\"{}\"",
            found.why,
            found.input.escape_ascii()
        ))
    );
}

/// The same, with what was found as a value.
pub fn find<T: Hash>(good: &[&[u8]], within: Duration, parse: impl Fn(&[u8]) -> T) -> Option<Found> {
    Search::new(good, 1).run(within, &parse)
}

struct Search {
    dice: Dice,
    /// The good ones first, then what was kept.
    kept: Vec<Vec<u8>>,
    good: usize,
    seen: HashSet<u64>,
    len_max: usize,
    tried: u64,
}

impl Search {
    fn new(good: &[&[u8]], seed: u64) -> Self {
        let kept: Vec<Vec<u8>> = good.iter().map(|input| input.to_vec()).collect();
        let longest = kept.iter().map(Vec::len).max().unwrap_or_default();
        Self {
            dice: Dice::new(seed),
            good: kept.len(),
            kept,
            seen: HashSet::new(),
            len_max: longest + LONGER_MAX,
            tried: 0,
        }
    }

    fn run<T: Hash>(&mut self, within: Duration, parse: &impl Fn(&[u8]) -> T) -> Option<Found> {
        let began = Instant::now();
        for input in self.kept.clone() {
            if let Err(why) = self.answer(&input, parse) {
                return Some(smaller(input, why, parse));
            }
        }
        while began.elapsed() < within {
            let mut input = self.pick();
            for _ in 0..=self.dice.roll(CHANGES_MAX) {
                let other = self.pick();
                self.dice.change(&mut input, &other);
            }
            input.truncate(self.len_max);
            match self.answer(&input, parse) {
                Ok(true) if self.kept.len() < KEPT_MAX => self.kept.push(input),
                Ok(_) => {}
                Err(why) => return Some(smaller(input, why, parse)),
            }
        }
        None
    }

    /// Every other time a good one: what was kept is often only another way to be wrong early.
    fn pick(&mut self) -> Vec<u8> {
        let all = if self.dice.roll(2) == 0 { self.good } else { self.kept.len() };
        self.dice.pick(self.kept.get(..all).unwrap_or_default()).cloned().unwrap_or_default()
    }

    /// Whether nothing answered so before.
    fn answer<T: Hash>(&mut self, input: &[u8], parse: &impl Fn(&[u8]) -> T) -> Result<bool, String> {
        self.tried += 1;
        Ok(self.seen.insert(tried(input, parse)?))
    }
}

fn tried<T: Hash>(input: &[u8], parse: &impl Fn(&[u8]) -> T) -> Result<u64, String> {
    let began = Instant::now();
    let answer = quietly(|| catch_unwind(AssertUnwindSafe(|| parse(input))));
    let took = began.elapsed();
    let answer = answer.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        format!("it panics with {:?}", text.unwrap_or("no text"))
    })?;
    if took > TAKES_MAX {
        return Err(format!("it takes {took:?}"));
    }
    let mut hasher = DefaultHasher::new();
    answer.hash(&mut hasher);
    Ok(hasher.finish())
}

/// Leaves out pieces, half of it first and single bytes last, as long as it is still wrong.
fn smaller<T: Hash>(mut input: Vec<u8>, mut why: String, parse: &impl Fn(&[u8]) -> T) -> Found {
    let (mut piece, mut tries) = (input.len().div_ceil(2), 0);
    while piece > 0 && tries < SMALLER_TRIES {
        let mut at = 0;
        while at < input.len() && tries < SMALLER_TRIES {
            tries += 1;
            let mut less = input.clone();
            less.drain(at..(at + piece).min(input.len()));
            match tried(&less, parse) {
                Err(still) => (input, why) = (less, still),
                Ok(_) => at += piece,
            }
        }
        piece /= 2;
    }
    Found { input, why }
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// A panic that is looked for is not told by whoever tells panics; those of other threads are.
fn quietly<T>(work: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                loud(panic);
            }
        }));
    });
    QUIET.set(true);
    let done = work();
    QUIET.set(false);
    done
}

#[cfg(test)]
mod tests;
