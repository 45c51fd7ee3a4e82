//! A cell's value as text: what a person would have typed, so that a number is no `9.98901E+11`.

use calamine::{DataRef, ExcelDateTime};

/// The last day that a spreadsheet knows, 9999-12-31. A larger value in a date's clothes is a number that was formatted by mistake.
const LAST_DAY: f64 = 2_958_465.0;
/// Beyond this a float no longer tells whole numbers apart.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// Writes the value into `text`, which is emptied first.
pub(super) fn write(value: &DataRef<'_>, text: &mut String) {
    text.clear();
    match value {
        DataRef::Empty => {}
        DataRef::Int(number) => text.push_str(&number.to_string()),
        DataRef::Float(number) => text.push_str(&number_text(*number)),
        DataRef::String(string) => text.push_str(string),
        DataRef::SharedString(string) => text.push_str(string),
        DataRef::Bool(value) => text.push_str(if *value { "TRUE" } else { "FALSE" }),
        DataRef::DateTime(date) => text.push_str(&date_text(date)),
        DataRef::DateTimeIso(iso) | DataRef::DurationIso(iso) => text.push_str(iso),
        DataRef::Error(error) => text.push_str(&error.to_string()),
    }
}

/// Without fraction and exponent where the number is whole.
pub(super) fn number_text(number: f64) -> String {
    if number.is_finite() && number.abs() < EXACT_MAX && number.fract() == 0.0 {
        return format!("{number:.0}");
    }
    number.to_string()
}

fn date_text(date: &ExcelDateTime) -> String {
    if date.as_f64() > LAST_DAY {
        return number_text(date.as_f64());
    }
    // Outside these days the conversion panics.
    let known = (0.0..=LAST_DAY).contains(&date.as_f64());
    let at = known.then(|| date.as_datetime()).flatten();
    at.map_or_else(|| "#DATE".to_owned(), |at| at.format("%Y-%m-%d %H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;

    use super::*;

    fn text(value: &DataRef<'_>) -> String {
        let mut text = "left over".to_owned();
        write(value, &mut text);
        text
    }

    #[test]
    fn a_whole_number_has_neither_fraction_nor_exponent() {
        assert_eq!(text(&DataRef::Float(998_901_234_567.0)), "998901234567");
        assert_eq!(text(&DataRef::Int(901_234_567)), "901234567");
        assert_eq!(text(&DataRef::Float(998_901_234_567.5)), "998901234567.5");
        assert_eq!(text(&DataRef::Float(1e20)), "100000000000000000000");
    }

    #[test]
    fn a_number_that_was_formatted_as_a_date_is_a_number() {
        let date = |value| DataRef::DateTime(ExcelDateTime::new(value, ExcelDateTimeType::DateTime, false));
        assert_eq!(text(&date(998_901_234_567.0)), "998901234567");
        assert_eq!(text(&date(45_688.0)), "2025-01-31 00:00:00");
        text(&date(f64::MIN));
        text(&date(f64::NAN));
    }

    #[test]
    fn other_values_are_texts_that_are_no_number() {
        assert_eq!(text(&DataRef::Bool(true)), "TRUE");
        assert_eq!(text(&DataRef::Error(calamine::CellErrorType::NA)), "#N/A");
        assert_eq!(text(&DataRef::Empty), "");
    }
}
