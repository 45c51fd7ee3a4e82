//! Which numbers are the exchange's own: those of its directory, those of a pattern that somebody wrote down, and where there is neither,
//! short ones. A city's short numbers look like that too, so that the guess ends once anything better is known.

use std::collections::BTreeMap;
use std::fmt;

use crate::pbx::said::{Inside, InsideKind};

/// Digits that a number inside has where nobody knows better.
const SHORT: Shape = Shape::Digits { least: 2, most: 5 };

/// The shapes of numbers inside: `3`, `2-5` (so many digits), `1xx` (x is any digit), several with commas between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pattern(Vec<Shape>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    Digits { least: usize, most: usize },
    Mask(String),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} should be numbers of digits (3, 2-5) or shapes (1xx, 20x), with commas between them")]
pub struct BadPattern(String);

impl Pattern {
    /// Longer than any number.
    const LEN_MAX: usize = 15;

    pub fn parse(text: &str) -> Result<Self, BadPattern> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(|entry| Shape::parse(entry).ok_or_else(|| BadPattern(entry.to_owned()))).collect()
    }

    fn fits(&self, number: &str) -> bool {
        self.0.iter().any(|shape| shape.fits(number))
    }
}

impl FromIterator<Shape> for Pattern {
    fn from_iter<I: IntoIterator<Item = Shape>>(shapes: I) -> Self {
        Self(shapes.into_iter().collect())
    }
}

impl Shape {
    fn parse(entry: &str) -> Option<Self> {
        let count = |text: &str| text.trim().parse().ok().filter(|n| (1..=Pattern::LEN_MAX).contains(n));
        if let Some((least, most)) = entry.split_once('-') {
            let (least, most) = (count(least)?, count(most)?);
            return (least <= most).then_some(Self::Digits { least, most });
        }
        if let Some(digits) = count(entry) {
            return Some(Self::Digits { least: digits, most: digits });
        }
        let mask = entry.to_ascii_lowercase();
        let right = mask.len() <= Pattern::LEN_MAX && mask.chars().all(|c| c == 'x' || c.is_ascii_digit());
        (right && mask.contains('x')).then_some(Self::Mask(mask))
    }

    fn fits(&self, number: &str) -> bool {
        if !number.bytes().all(|c| c.is_ascii_digit()) {
            return false;
        }
        match self {
            Self::Digits { least, most } => (*least..=*most).contains(&number.len()),
            Self::Mask(mask) => {
                let same = |(shape, digit): (char, char)| shape == 'x' || shape == digit;
                mask.len() == number.len() && mask.chars().zip(number.chars()).all(same)
            }
        }
    }
}

/// The numbers inside, as far as they are known.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Directory {
    numbers: BTreeMap<String, InsideKind>,
    pattern: Pattern,
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Directory({} numbers, {:?})", self.numbers.len(), self.pattern)
    }
}

impl Directory {
    pub fn new(numbers: Vec<Inside>, pattern: Pattern) -> Self {
        let numbers = numbers.into_iter().map(|inside| (inside.number.trim().to_owned(), inside.kind));
        Self { numbers: numbers.filter(|(number, _)| !number.is_empty()).collect(), pattern }
    }

    /// The same with other numbers.
    pub fn renew(&mut self, numbers: Vec<Inside>) {
        *self = Self::new(numbers, std::mem::take(&mut self.pattern));
    }

    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Codes with a star or a hash are the exchange's own: no telephone outside is called so.
    pub fn holds(&self, number: &str) -> bool {
        let number = number.trim();
        let guessed = self.numbers.is_empty() && self.pattern.0.is_empty() && SHORT.fits(number);
        let code = number.starts_with(['*', '#']);
        code || guessed || self.numbers.contains_key(number) || self.pattern.fits(number)
    }

    /// Whether it is a queue or a group: whoever answers there has another number.
    pub fn is_group(&self, number: &str) -> bool {
        self.numbers.get(number.trim()) == Some(&InsideKind::Group)
    }

    /// Whether it is known to be somebody's telephone.
    pub fn is_person(&self, number: &str) -> bool {
        self.numbers.get(number.trim()) == Some(&InsideKind::Extension)
    }
}
