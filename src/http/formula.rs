//! What a spreadsheet program may take for a formula, in one rule for every file that is handed out, after OWASP's page on CSV injection.
//! How a cell is marked as text is the file's own business where it has a way of its own; in CSV there is only an apostrophe.

use std::borrow::Cow;

/// What a formula begins with. In some locales the full-width forms are read like the others.
const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Whether a text begins like a formula. A telephone number does too and is none: people copy it out of the file, so it stays as it is.
pub(super) fn like(text: &str) -> bool {
    text.starts_with(BEGINNINGS) && !number(text)
}

/// The text as a cell of CSV.
pub(super) fn harmless(text: Cow<'_, str>) -> Cow<'_, str> {
    if like(&text) { Cow::Owned(format!("'{text}")) } else { text }
}

fn number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_marked() {
        for formula in [
            "=HYPERLINK(\"x\")",
            "=1+1",
            "+1+cmd",
            "+998 90",
            "+998901234567\t=1",
            "+٩٩٨",
            "+",
            "-2",
            "-998901234567",
            "@SUM(1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "＝1+1",
            "＋998901234567",
            "－1",
            "＠x",
        ] {
            assert_eq!(harmless(formula.into()), format!("'{formula}"));
        }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for text in ["", "+998901234567", "998901234567", "90 123-45-67", "a=1", "'=1", "Ольга", "2025-10-06"]
        {
            assert_eq!(harmless(text.into()), text);
        }
    }
}
