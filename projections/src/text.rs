//! The text of a query that depends on what is asked for. Values never stand in it: each becomes a parameter, numbered as it comes,
//! which is the order that the embedded store binds them in.

use std::fmt::Write as _;

use domain::fact::Position;

use crate::row::Cell;

/// Which rows of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// Those that stand further down than this one.
    Beyond(Position),
    /// So many are left out.
    Skip(u64),
}

#[derive(Debug)]
pub(crate) struct Text {
    sql: String,
    args: Vec<Cell<'static>>,
}

impl Text {
    pub(crate) fn new(sql: &str) -> Self {
        Self { sql: sql.to_owned(), args: vec![] }
    }

    pub(crate) fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    pub(crate) fn arg(&mut self, value: Cell<'static>) -> &mut Self {
        self.args.push(value);
        // Writing to memory cannot fail.
        let _ = write!(self.sql, "${}", self.args.len());
        self
    }

    /// Several values in parentheses.
    pub(crate) fn list(&mut self, values: impl IntoIterator<Item = Cell<'static>>) -> &mut Self {
        let mut before = "(";
        for value in values {
            self.push(before).arg(value);
            before = ", ";
        }
        self.push(")")
    }

    /// A column of digits that begins with these, found as one stretch of an index.
    pub(crate) fn beginning(&mut self, column: &str, digits: String) -> &mut Self {
        if let Some(beyond) = beyond(&digits) {
            self.push(&format!(" and {column} < ")).arg(Cell::text(beyond));
        }
        self.push(&format!(" and {column} >= ")).arg(Cell::text(digits))
    }

    /// The end of a query of rows that are told apart by their position, the newest first.
    pub(crate) fn newest(&mut self, (page, limit): (Page, u32)) -> &mut Self {
        if let Page::Beyond(last) = page {
            self.push(" and position < ").arg(Cell::position(last));
        }
        self.push(" order by position desc");
        self.cut((page, limit))
    }

    /// The same, the oldest first.
    pub(crate) fn oldest(&mut self, (page, limit): (Page, u32)) -> &mut Self {
        if let Page::Beyond(last) = page {
            self.push(" and position > ").arg(Cell::position(last));
        }
        self.push(" order by position");
        self.cut((page, limit))
    }

    /// The end of a query of where rows began, after one position and by another.
    pub(crate) fn begun(&mut self, (after, until): (Position, Position), limit: u32) -> &mut Self {
        self.push(" and position > ").arg(Cell::position(after));
        self.push(" and position <= ").arg(Cell::position(until));
        self.push(" order by position limit ").arg(Cell::int(i64::from(limit)))
    }

    fn cut(&mut self, (page, limit): (Page, u32)) -> &mut Self {
        self.push(" limit ").arg(Cell::int(i64::from(limit)));
        if let Page::Skip(skip) = page {
            self.push(" offset ").arg(Cell::position(skip));
        }
        self
    }

    pub(crate) fn into_parts(self) -> (String, Vec<Cell<'static>>) {
        (self.sql, self.args)
    }
}

/// The first text behind all that begin with these digits, in whatever order a database has signs; none where that is the end.
fn beyond(digits: &str) -> Option<String> {
    let rest = digits.trim_end_matches('9');
    let mut beyond = rest.to_owned();
    let last = beyond.pop()?.to_digit(10)?;
    beyond.push(char::from_digit(last + 1, 10)?);
    Some(beyond)
}

/// What `like` takes for "contains", with a backslash as its escape.
pub(crate) fn pattern(part: &str) -> String {
    let mut pattern = String::from("%");
    for c in part.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_as_they_come() {
        let mut text = Text::new("where a = ");
        text.arg(Cell::int(1)).push(" and b in ").list([Cell::text("x"), Cell::text("y")]);
        let (sql, args) = text.into_parts();
        assert_eq!(sql, "where a = $1 and b in ($2, $3)");
        assert_eq!(args, [Cell::int(1), Cell::text("x"), Cell::text("y")]);
    }

    #[test]
    fn an_ending_has_an_end() {
        assert_eq!(beyond("7654").as_deref(), Some("7655"));
        assert_eq!(beyond("7699").as_deref(), Some("77"));
        assert_eq!(beyond("9999"), None);
    }

    #[test]
    fn signs_of_a_pattern_stand_for_themselves() {
        assert_eq!(pattern(r"a%b_c\d"), r"%a\%b\_c\\d%");
    }
}
