//! All columns of a worksheet, wherever a program put them.

use karnay::adapters::spreadsheet::table;

use super::*;

fn all(file: &Path) -> Result<Vec<(u32, Holds, String)>, Error> {
    let mut rows = vec![];
    table(file, Limits::default(), &Progress::default(), &mut |row: Row<'_>| {
        rows.push((row.line, row.cell.holds, row.cell.text.to_owned()));
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}

fn texts(file: &Path) -> Vec<(u32, String)> {
    all(file).unwrap().into_iter().map(|(line, _, text)| (line, text)).collect()
}

#[test]
fn every_field_stands_in_its_column() {
    let expected = [
        (1, "firstName\tlastName\tphone\tdateOfBirth\tcustomData (JSON string)\tnotes\tCity"),
        (2, "Alisher\tValijonov\t998901234567\t1990-01-15 00:00:00\t{\"totalDebt\": 5420.50}\tVIP\tToshkent"),
        (3, "Olim\t\t90 123-45-68\tsometime"),
        (5, "\t\t\t\t\tnobody"),
    ]
    .map(|(line, text)| (line, text.to_owned()));
    for name in ["contacts-openpyxl.xlsx", "contacts-xlwt.xls"] {
        assert_eq!(texts(&committed(name)), expected, "{name}");
    }
}

#[test]
fn a_row_with_a_formula_that_nobody_calculated_says_so() {
    let rows = "<row r='1'><c r='A1'><v>1</v></c><c r='C1'><f>A1+1</f></c></row><row r='2'><c r='B2'><v>2</v></c></row>";
    let bytes = made::xlsx().with("xl/worksheets/sheet1.xml", made::sheet(rows).as_bytes()).bytes();
    let (_folder, file) = placed("formula.xlsx", &bytes);
    assert_eq!(
        all(&file).unwrap(),
        [(1, Holds::Formula, "1\t\t=A1+1".to_owned()), (2, Holds::Fields, "\t2".to_owned())]
    );
}

#[test]
fn a_cell_that_nobody_can_have_meant_is_refused() {
    let far = "<row r='1'><c r='A1'><v>1</v></c><c r='XFD1'><v>2</v></c></row>";
    let back = "<row r='1'><c r='C1'><v>1</v></c><c r='A1'><v>2</v></c></row>";
    let refused = |rows: &str| {
        let bytes = made::xlsx().with("xl/worksheets/sheet1.xml", made::sheet(rows).as_bytes()).bytes();
        let (_folder, file) = placed("far.xlsx", &bytes);
        all(&file).unwrap_err()
    };
    assert!(matches!(refused(far), Error::TooLarge { max: 256, unit: "columns", .. }));
    assert!(matches!(refused(back), Error::Broken(_)), "cells come from left to right");
}

#[test]
fn a_worksheet_without_anything_is_said_to_be_empty() {
    let bytes = made::xlsx().with("xl/worksheets/sheet1.xml", made::sheet("").as_bytes()).bytes();
    let (_folder, file) = placed("empty.xlsx", &bytes);
    assert!(matches!(all(&file).unwrap_err(), Error::Bare));
}
