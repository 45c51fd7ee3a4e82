//! Figures: what several runs gave, their median and their spread, and what they are held against.

use std::fmt;

use crate::homes::Store;

/// The same thing measured several times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series(Vec<f64>);

impl Series {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn median(&self) -> f64 {
        let sorted = self.sorted();
        let upper = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
        if sorted.len() % 2 == 1 {
            return upper;
        }
        let lower = sorted.get((sorted.len() / 2).saturating_sub(1)).copied().unwrap_or(f64::NAN);
        f64::midpoint(lower, upper)
    }

    pub(crate) fn least(&self) -> f64 {
        self.sorted().first().copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn most(&self) -> f64 {
        self.sorted().last().copied().unwrap_or(f64::NAN)
    }

    /// Run by run, for those that were measured in turns.
    pub(crate) fn over(&self, other: &Self) -> Self {
        self.0.iter().zip(&other.0).map(|(mine, theirs)| mine / theirs).collect()
    }

    pub(crate) fn map(&self, change: impl Fn(f64) -> f64) -> Self {
        self.0.iter().copied().map(change).collect()
    }

    /// The largest alone, for what must not happen even once.
    pub(crate) fn worst(&self) -> Self {
        self.sorted().last().copied().into_iter().collect()
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

impl FromIterator<f64> for Series {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.len() < 2 {
            return f.write_str(&number(self.median()));
        }
        write!(f, "{} ({}–{})", number(self.median()), number(self.least()), number(self.most()))
    }
}

/// As many digits as the value is worth.
pub(crate) fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    group(&format!("{value:.digits$}"))
}

fn group(text: &str) -> String {
    let whole = text.split('.').next().unwrap_or(text).len();
    let mut grouped = String::new();
    for (at, letter) in text.chars().enumerate() {
        if at > 0 && at < whole && (whole - at).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(letter);
    }
    grouped
}

/// Counts in benchmarks are small enough to be exact.
pub(crate) fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

pub(crate) fn exact(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// What a figure has to be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// Shown, not judged.
    None,
}

impl Target {
    pub(crate) fn met(self, value: f64) -> Option<bool> {
        match self {
            Self::AtLeast(least) => Some(value >= least),
            Self::AtMost(most) => Some(value <= most),
            Self::None => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, "≥ {}", number(*least)),
            Self::AtMost(most) => write!(f, "≤ {}", number(*most)),
            Self::None => f.write_str("–"),
        }
    }
}

/// One line of the report.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    /// P1, P2 …
    pub(crate) number: &'static str,
    pub(crate) what: String,
    pub(crate) unit: &'static str,
    pub(crate) series: Series,
    pub(crate) target: Target,
    /// Better than what it has to be.
    pub(crate) goal: Option<f64>,
}

impl Figure {
    /// For figures that there is one of for each store.
    pub(crate) fn on(number: &'static str, store: Store) -> impl Fn(&str, &'static str, Series) -> Self {
        move |what, unit, series| Self::new(number, format!("{what}, {store}"), unit, series)
    }

    pub(crate) fn new(number: &'static str, what: String, unit: &'static str, series: Series) -> Self {
        Self { number, what, unit, series, target: Target::None, goal: None }
    }

    pub(crate) fn at_least(self, least: f64) -> Self {
        Self { target: Target::AtLeast(least), ..self }
    }

    pub(crate) fn at_most(self, most: f64) -> Self {
        Self { target: Target::AtMost(most), ..self }
    }

    pub(crate) fn goal(self, goal: f64) -> Self {
        Self { goal: Some(goal), ..self }
    }

    pub(crate) fn verdict(&self) -> &'static str {
        let median = self.series.median();
        match (self.target.met(median), self.goal) {
            (None, _) => "",
            (Some(false), _) => "**missed**",
            (Some(true), Some(goal)) if median < goal => "met, the goal not",
            (Some(true), Some(_)) => "met, the goal too",
            (Some(true), None) => "met",
        }
    }

    pub(crate) fn wanted(&self) -> String {
        let goal = self.goal.map(|goal| format!(", goal {}", number(goal))).unwrap_or_default();
        format!("{}{goal}", self.target)
    }
}
