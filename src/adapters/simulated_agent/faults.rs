//! What may go wrong with an agent, on request: which faults, and how often. When one comes is decided by seed, number and attempt.

use std::str::FromStr;

use super::super::dice::Dice;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Takes much longer.
    Slow,
    /// Takes the request and is never heard of again.
    Dead,
    /// HTTP 500, and nobody is rung.
    Error,
    /// Breaks off in the middle of the answer.
    Half,
    /// Answers, and reports the same again.
    Twice,
    /// Answers when nobody waits any longer.
    Late,
    /// No fault but the other way to answer: 202 at once, and a report at the end.
    Callback,
}

impl Fault {
    const NAMES: [(&'static str, Self); 7] = [
        ("slow", Self::Slow),
        ("dead", Self::Dead),
        ("500", Self::Error),
        ("half", Self::Half),
        ("twice", Self::Twice),
        ("late", Self::Late),
        ("callback", Self::Callback),
    ];
}

/// Each with how many of a hundred calls it comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<(u64, Option<Fault>)>);

/// Why that is no list of faults.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFaults {
    #[error("`{0}` is none of slow, dead, 500, half, twice, late, callback")]
    Unknown(String),
    #[error("`{0}` is no share, 1 to 100 of a hundred calls")]
    Share(String),
    #[error("more than a hundred of a hundred calls would go wrong")]
    TooMany,
}

impl FromStr for Faults {
    type Err = BadFaults;

    /// `500:10,late` or the like; a fault without a share comes to every call.
    fn from_str(text: &str) -> Result<Self, BadFaults> {
        let mut shares = vec![];
        let mut free = 100_u64;
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, share) = part.split_once(':').unwrap_or((part, "100"));
            let fault = Fault::NAMES.iter().find(|(known, _)| *known == name).map(|(_, fault)| *fault);
            let fault = fault.ok_or_else(|| BadFaults::Unknown(name.to_owned()))?;
            let percent = share.parse().ok().filter(|percent| (1..=100).contains(percent));
            let percent = percent.ok_or_else(|| BadFaults::Share(share.to_owned()))?;
            free = free.checked_sub(percent).ok_or(BadFaults::TooMany)?;
            shares.push((percent, Some(fault)));
        }
        shares.push((free, None));
        Ok(Self(shares))
    }
}

impl Faults {
    pub(super) fn draw(&self, seed: u64, phone: &str, attempt: u32) -> Option<Fault> {
        Dice::new(seed, &format!("fault/{phone}/{attempt}")).drawn(&self.0).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_drawn_by_their_shares() {
        let faults: Faults = "500:30, half:20".parse().unwrap();
        let drawn: Vec<_> = (0..1_000).map(|attempt| faults.draw(1, "+998901234567", attempt)).collect();
        let count = |fault| drawn.iter().filter(|drawn| **drawn == fault).count();
        assert!((250..350).contains(&count(Some(Fault::Error))), "{}", count(Some(Fault::Error)));
        assert!((150..250).contains(&count(Some(Fault::Half))));
        assert_eq!(count(None) + count(Some(Fault::Error)) + count(Some(Fault::Half)), 1_000);
    }

    #[test]
    fn a_fault_without_a_share_always_comes_and_none_is_none() {
        let always: Faults = "late".parse().unwrap();
        assert!((0..50).all(|attempt| always.draw(1, "+1", attempt) == Some(Fault::Late)));
        for none in [Faults::default(), "".parse().unwrap()] {
            assert_eq!(none.draw(1, "+1", 0), None);
        }
    }

    #[test]
    fn what_is_no_fault_is_refused_by_name() {
        for (text, word) in
            [("fire", "`fire`"), ("500:0", "`0`"), ("500:x", "`x`"), ("500:60,half:60", "hundred")]
        {
            let why = text.parse::<Faults>().unwrap_err().to_string();
            assert!(why.contains(word), "{why}");
        }
    }
}
