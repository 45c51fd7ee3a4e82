//! A day as people write it, `2026-03-20` or `20.03.2026`. A time that stands with it says nothing.

use chrono::NaiveDate;

/// The day, and whether it was written as days are kept.
pub fn parse(text: &str) -> Option<(NaiveDate, bool)> {
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    if !time.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.' | 'Z')) {
        return None;
    }
    if let Ok(day) = date.parse::<NaiveDate>() {
        return Some((day, true));
    }
    let (day, rest) = date.split_once('.')?;
    let (month, year) = rest.split_once('.').filter(|(_, year)| year.len() == 4)?;
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    date.map(|day| (day, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_in_either_order() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 20);
        for (text, kept) in [
            ("2026-03-20", true),
            ("2026-03-20T10:00:00Z", true),
            ("20.03.2026", false),
            ("20.3.2026 10:00", false),
        ] {
            assert_eq!(parse(text), day.map(|day| (day, kept)), "{text}");
        }
        for text in ["", "20.03.26", "32.03.2026", "20/03/2026", "2026-03-20 or so"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
