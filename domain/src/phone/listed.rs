//! A number on a list: accepted as it stands, repaired where one reading alone is possible, refused with a reason.

use super::written::Written;
use super::{Home, Phone, Unfit};

/// The old ways out of a country, before its code: `8~10` is how the Soviet Union rang abroad.
const WAYS_OUT: [&str; 2] = ["00", "810"];
/// The old way out of a town, still written before the number.
const TRUNK: &str = "8";
/// With its country's code a number has at least these many digits; fewer are a number of this country with a slip in it.
const FOREIGN_MIN: usize = 11;

/// A number of a list, always in E.164.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub phone: Phone,
    /// The cell did not say exactly this.
    pub repaired: bool,
}

impl Phone {
    pub fn listed(text: &str, home: Home) -> Result<Listed, Unfit> {
        let written = Written::read(text)?;
        let phone = certain(&written, home).ok_or_else(|| blame(&written, home))?;
        let repaired = phone.as_str() != text.trim();
        Ok(Listed { phone, repaired })
    }

    /// A list's first row that is words is what the column is called.
    pub fn is_heading(text: &str, home: Home) -> bool {
        Self::listed(text, home).is_err_and(Unfit::is_heading)
    }
}

/// The one reading that gives a number that can exist, the likeliest first.
fn certain(written: &Written, home: Home) -> Option<Phone> {
    let digits = written.digits();
    if written.plus {
        return Phone::dialable(written.international(), home).or_else(|| outward(digits, home));
    }
    Phone::dialable(digits, home)
        .or_else(|| outward(digits, home))
        .or_else(|| Phone::dialable(digits.strip_prefix(TRUNK)?, home))
        .or_else(|| foreign(written, home))
}

fn outward(digits: &str, home: Home) -> Option<Phone> {
    WAYS_OUT
        .iter()
        .filter_map(|out| digits.strip_prefix(out))
        .find_map(|rest| Phone::dialable(&format!("+{rest}"), home))
}

/// A sheet that keeps numbers as numbers keeps no plus.
fn foreign(written: &Written, home: Home) -> Option<Phone> {
    (written.digits().len() >= FOREIGN_MIN).then(|| Phone::dialable(written.international(), home))?
}

fn blame(written: &Written, home: Home) -> Unfit {
    let text = if written.plus { written.international() } else { written.digits() };
    written.blame().unwrap_or_else(|| home.blame(text))
}

#[cfg(test)]
mod tests;
