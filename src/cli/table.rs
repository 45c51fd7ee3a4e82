//! Tables for people: columns as wide as they must be, numbers to the right, thousands set apart.

use std::io::{self, Write};

/// `1234567` as `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of something: `1 event`, `1,234 events`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// Prints rows under their heading. Cells that begin with a digit stand to the right, and so does their heading.
pub(super) fn print<const N: usize>(
    out: &mut dyn Write,
    heading: [&str; N],
    rows: &[[String; N]],
) -> io::Result<()> {
    let widths = widths(heading, rows);
    let right = |column: usize| {
        rows.iter()
            .all(|row| row.get(column).is_some_and(|cell| cell.starts_with(|c: char| c.is_ascii_digit())))
    };
    let heading = heading.map(str::to_owned);
    for row in std::iter::once(&heading).chain(rows) {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let cell = if right(column) { format!("{cell:>width$}  ") } else { format!("{cell:<width$}  ") };
            line.push_str(&cell);
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn widths<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> [usize; N] {
    let mut widths = heading.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn one_is_one() {
        let said = [0, 1, 2_000].map(|number| counted(number, "batch", "batches"));
        assert_eq!(said, ["0 batches", "1 batch", "2,000 batches"]);
    }

    #[test]
    fn numbers_stand_to_the_right() {
        let mut out = Vec::new();
        let rows = [["a".to_owned(), "1".to_owned()], ["longer".to_owned(), "1,000".to_owned()]];
        print(&mut out, ["NAME", "LAG"], &rows).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "NAME      LAG\na           1\nlonger  1,000\n");
    }
}
