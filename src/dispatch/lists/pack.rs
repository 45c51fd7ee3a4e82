//! How rows of a sheet are written into a chunk: a line a row, its fields apart by tabs. Stored for ever, so that fields are only added.
//! The number of an accepted row is not written twice.

use std::io::Write as _;

use domain::number_list::{Line, Verdict};
use domain::phone::{Phone, Unfit};

const ACCEPTED: &str = "a";
const REPAIRED: &str = "r";
const DUPLICATE: &str = "d";
const REFUSED: &str = "x";
const HEADER: &str = "h";
const FORGOTTEN: &str = "f";

pub(super) fn write(lines: &[Line]) -> Vec<u8> {
    let mut text = Vec::with_capacity(lines.len() * 24);
    for Line { row, value, verdict } in lines {
        let value = value.replace(char::is_control, " ");
        // Writing to memory cannot fail.
        let _ = match verdict {
            Verdict::Accepted(phone) => writeln!(text, "{row}\t{ACCEPTED}\t{}", phone.as_str()),
            Verdict::Repaired(phone) => writeln!(text, "{row}\t{REPAIRED}\t{value}\t{}", phone.as_str()),
            Verdict::Duplicate { of } => writeln!(text, "{row}\t{DUPLICATE}\t{value}\t{of}"),
            Verdict::Refused(why) => writeln!(text, "{row}\t{REFUSED}\t{value}\t{}", why.as_str()),
            Verdict::Header => writeln!(text, "{row}\t{HEADER}\t{value}"),
            Verdict::Forgotten => writeln!(text, "{row}\t{FORGOTTEN}\t"),
        };
    }
    text
}

/// None where it is not what `write` makes.
pub(super) fn read(text: &[u8]) -> Option<Vec<Line>> {
    std::str::from_utf8(text).ok()?.lines().map(line).collect()
}

/// The numbers alone, for whoever dials them.
pub(super) fn numbers(text: &[u8]) -> Option<Vec<&str>> {
    let mut numbers = vec![];
    for line in std::str::from_utf8(text).ok()?.lines() {
        let mut fields = line.split('\t').skip(1);
        match (fields.next()?, fields.next()?) {
            (ACCEPTED, number) => numbers.push(number),
            (REPAIRED, _) => numbers.push(fields.next()?),
            (DUPLICATE | REFUSED | HEADER | FORGOTTEN, _) => {}
            _ => return None,
        }
    }
    Some(numbers)
}

fn line(text: &str) -> Option<Line> {
    let mut fields = text.split('\t');
    let (row, code, value) = (fields.next()?.parse().ok()?, fields.next()?, fields.next()?);
    let verdict = match code {
        ACCEPTED => Verdict::Accepted(Phone::stored(value)),
        REPAIRED => Verdict::Repaired(Phone::stored(fields.next()?)),
        DUPLICATE => Verdict::Duplicate { of: fields.next()?.parse().ok()? },
        REFUSED => Verdict::Refused(Unfit::parse(fields.next()?)?),
        HEADER => Verdict::Header,
        FORGOTTEN => Verdict::Forgotten,
        _ => return None,
    };
    Some(Line { row, value: value.to_owned(), verdict })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let phone = || Phone::stored("+998901234567");
        let verdicts = [
            ("Telefon", Verdict::Header),
            ("+998901234567", Verdict::Accepted(phone())),
            ("90 123-45-67", Verdict::Repaired(phone())),
            ("901234567", Verdict::Duplicate { of: 2 }),
            ("qwerty", Verdict::Refused(Unfit::NoNumber)),
            ("", Verdict::Forgotten),
        ];
        let lines: Vec<Line> = (1..)
            .zip(verdicts)
            .map(|(row, (value, verdict))| Line { row, value: value.to_owned(), verdict })
            .collect();
        let text = write(&lines);
        let dialled: Vec<_> =
            lines.iter().filter_map(|line| line.verdict.number()).map(Phone::as_str).collect();
        assert_eq!(numbers(&text), Some(dialled));
        assert_eq!(read(&text), Some(lines));
    }

    #[test]
    fn a_cell_cannot_break_out_of_its_field() {
        let verdict = Verdict::Refused(Unfit::NoNumber);
        let lines = [Line { row: 7, value: "a\tb\nc".to_owned(), verdict }];
        assert_eq!(read(&write(&lines)).unwrap()[0].value, "a b c");
    }

    #[test]
    fn anything_else_is_noticed() {
        for text in ["1\ta", "x\ta\t+99890", "1\tz\tq", "1\td\tq\tx"] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        for text in ["1\ta", "1\tz\tq", "1\tr\tq"] {
            assert_eq!(numbers(text.as_bytes()), None, "{text}");
        }
    }
}
