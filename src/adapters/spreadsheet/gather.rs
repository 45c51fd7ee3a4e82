//! Cells that become a row: handed out alone where only the first column is wanted, else put together with tabs between them.
//! What is kept of a cell and of a row is bounded, whatever a file says.

use std::ops::ControlFlow;

use domain::number_list::{Cell, Holds};

use super::{Error, Rows};
use crate::ports::Columns;

/// More of a cell is never looked at, where it holds a number.
const CELL_MAX: usize = 4096;
/// The same where it may hold anything; nothing that is stored is as long.
const WIDE_CELL_MAX: usize = 128 << 10;
const COLUMNS_MAX: u32 = 256;
const ROW_MAX: usize = 4 << 20;
/// What stands between fields where they are given.
const FIELD: char = '\t';

/// A row in the making.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    line: u32,
    text: String,
    /// The column that the text has come to.
    column: u32,
    /// Whether any cell holds a formula without its value.
    formula: bool,
}

impl Rows<'_> {
    pub(super) fn cell_max(&self) -> usize {
        match self.columns {
            Columns::First => CELL_MAX,
            Columns::All => WIDE_CELL_MAX,
        }
    }

    /// A cell, row by row and from left to right. What is gathered is given with the next row, or by `end`.
    pub(super) fn cell(&mut self, line: u32, column: u32, cell: Cell<'_>) -> Result<ControlFlow<()>, Error> {
        match self.columns {
            Columns::First => self.give(line, cell),
            Columns::All => {
                let new = line != self.gathered.line;
                let flow = if new { self.end()? } else { ControlFlow::Continue(()) };
                self.gathered.line = line;
                self.gathered.add(column, cell)?;
                Ok(flow)
            }
        }
    }

    /// The row that was gathered last.
    pub(super) fn end(&mut self) -> Result<ControlFlow<()>, Error> {
        let line = self.gathered.line;
        self.end_many(line, line)
    }

    /// The same where it stands for several.
    pub(super) fn end_many(&mut self, first: u32, last: u32) -> Result<ControlFlow<()>, Error> {
        let Gathered { text, formula, .. } = std::mem::take(&mut self.gathered);
        if text.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let holds = match (formula, self.columns) {
            (true, _) => Holds::Formula,
            (false, Columns::First) => Holds::Value,
            (false, Columns::All) => Holds::Fields,
        };
        for line in first..=last {
            if self.give(line, Cell { holds, text: &text })? == ControlFlow::Break(()) {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

impl Gathered {
    pub(super) fn add(&mut self, column: u32, Cell { holds, text }: Cell<'_>) -> Result<(), Error> {
        if text.trim().is_empty() {
            return Ok(());
        }
        if column >= COLUMNS_MAX {
            let what = "its first worksheet";
            return Err(Error::TooLarge { what, max: COLUMNS_MAX.into(), unit: "columns" });
        }
        if column < self.column {
            return Err(Error::Broken("the first worksheet"));
        }
        for _ in self.column..column {
            self.text.push(FIELD);
        }
        self.column = column;
        self.formula |= holds == Holds::Formula;
        let kept = text.get(..text.floor_char_boundary(WIDE_CELL_MAX)).unwrap_or(text);
        self.text.extend(kept.chars().map(|c| if c == FIELD { ' ' } else { c }));
        if self.text.len() > ROW_MAX {
            let max = u64::try_from(ROW_MAX).unwrap_or(u64::MAX);
            return Err(Error::TooLarge { what: "a row of it", max, unit: "bytes" });
        }
        Ok(())
    }
}
