//! Tables as `OpenDocument` writers put them down.

use super::*;
use crate::adapters::spreadsheet::{Limits, Row};
use crate::ports::Columns;

fn table(rows: &str) -> String {
    format!(
        "<?xml version='1.0'?><office:document-content><office:body><office:spreadsheet>\
         <table:table table:name='1'><table:table-column/>{rows}</table:table>\
         <table:table table:name='2'><table:table-row><table:table-cell><text:p>other</text:p></table:table-cell></table:table-row></table:table>\
         </office:spreadsheet></office:body></office:document-content>"
    )
}

fn read_all(content: &str) -> Result<Vec<(u32, String)>, Error> {
    let mut found = vec![];
    let mut row = |row: Row<'_>| {
        found.push((row.line, row.cell.text.to_owned()));
        ControlFlow::Continue(())
    };
    let mut rows = Rows::new(&mut row, Limits::default(), Columns::First);
    Table::new(rows.cell_max()).read(&mut Xml::new(content.as_bytes()), &mut rows)?;
    Ok(found)
}

fn cells(rows: &str) -> Vec<(u32, String)> {
    read_all(&table(rows)).unwrap()
}

#[test]
fn each_kind_of_value_is_text() {
    let cell = |attributes: &str| {
        format!(
            "<table:table-row><table:table-cell {attributes}><text:p>shown</text:p></table:table-cell></table:table-row>"
        )
    };
    for (attributes, text) in [
        ("office:value-type='float' office:value='998901234567'", "998901234567"),
        ("office:value-type='float' office:value='9.98901234567E+11'", "998901234567"),
        ("office:value-type='string'", "shown"),
        ("office:value-type='boolean' office:boolean-value='true'", "TRUE"),
        ("office:value-type='date' office:date-value='2025-01-31'", "2025-01-31"),
        ("", "shown"),
    ] {
        assert_eq!(cells(&cell(attributes)), [(1, text.to_owned())], "{attributes}");
    }
}

#[test]
fn a_formula_without_its_value_is_given_as_one() {
    let given = |attributes: &str, shown: &str| {
        let row = format!(
            "<table:table-row><table:table-cell {attributes}>{shown}</table:table-cell></table:table-row>"
        );
        let mut found = vec![];
        let mut row_given = |row: Row<'_>| {
            found.push((row.cell.holds, row.cell.text.to_owned()));
            ControlFlow::Continue(())
        };
        let mut rows = Rows::new(&mut row_given, Limits::default(), Columns::First);
        Table::new(rows.cell_max()).read(&mut Xml::new(table(&row).as_bytes()), &mut rows).unwrap();
        found
    };
    let formula = "table:formula='of:=&quot;90&quot;&amp;[.B1]'";
    assert_eq!(given(formula, ""), [(Holds::Formula, "of:=\"90\"&[.B1]".to_owned())]);
    assert_eq!(given(formula, "<text:p>901234567</text:p>"), [(Holds::Value, "901234567".to_owned())]);
    assert_eq!(given(&format!("{formula} office:value-type='string'"), ""), []);
}

#[test]
fn only_the_first_column_is_read_and_lines_keep_their_numbers() {
    let rows = "<table:table-row table:number-rows-repeated='3'><table:table-cell/></table:table-row>\
        <table:table-row><table:table-cell/><table:table-cell><text:p>B</text:p></table:table-cell></table:table-row>\
        <table:table-row table:number-rows-repeated='2'><table:table-cell><text:p>90<text:s/>1 &amp;</text:p></table:table-cell>\
        <table:table-cell table:number-columns-repeated='16384'><text:p>B</text:p></table:table-cell></table:table-row>\
        <table:table-row><table:covered-table-cell><text:p>hidden</text:p></table:covered-table-cell></table:table-row>\
        <table:table-row table:number-rows-repeated='1048570'><table:table-cell/></table:table-row>";
    assert_eq!(cells(rows), [(5, "90 1 &".to_owned()), (6, "90 1 &".to_owned())]);
}

#[test]
fn a_note_is_no_part_of_a_cell() {
    let rows = "<table:table-row><table:table-cell><office:annotation><text:p>note</text:p></office:annotation><text:p>1</text:p></table:table-cell></table:table-row>";
    assert_eq!(cells(rows), [(1, "1".to_owned())]);
}

#[test]
fn a_hidden_table_is_passed_over() {
    let hidden = table("<table:table-row><table:table-cell><text:p>1</text:p></table:table-cell></table:table-row>")
        .replace("<office:body>", "<style:style style:name='ta1'><style:table-properties table:display='false'/></style:style><office:body>")
        .replace("table:name='1'", "table:name='1' table:style-name='ta1'");
    assert_eq!(read_all(&hidden).unwrap(), [(1, "other".to_owned())]);
}

#[test]
fn a_row_repeated_beyond_the_limit_is_refused_in_time() {
    let rows = "<table:table-row table:number-rows-repeated='99999999999'><table:table-cell><text:p>1</text:p></table:table-cell></table:table-row>";
    assert!(matches!(read_all(&table(rows)), Err(Error::TooLarge { .. })));
}

#[test]
fn a_content_that_ends_early_is_broken() {
    let whole =
        table("<table:table-row><table:table-cell><text:p>1</text:p></table:table-cell></table:table-row>");
    let (cut, _) = whole.split_once("</table:table>").unwrap();
    assert!(matches!(read_all(cut), Err(Error::Broken(_))));
}

#[test]
fn all_columns_are_given_where_they_stand() {
    let rows = table(
        "<table:table-row><table:table-cell table:number-columns-repeated='2'/>\
         <table:table-cell><text:p>c</text:p></table:table-cell>\
         <table:table-cell table:number-columns-repeated='2' office:value-type='float' office:value='5'/>\
         <table:table-cell table:number-columns-repeated='16000'/></table:table-row>\
         <table:table-row table:number-rows-repeated='2'><table:table-cell><text:p>a</text:p></table:table-cell></table:table-row>",
    );
    let mut found = vec![];
    let mut row = |row: Row<'_>| {
        found.push((row.line, row.cell.text.to_owned()));
        ControlFlow::Continue(())
    };
    let mut all = Rows::new(&mut row, Limits::default(), Columns::All);
    Table::new(all.cell_max()).read(&mut Xml::new(rows.as_bytes()), &mut all).unwrap();
    assert_eq!(found, [(1, "\t\tc\t5\t5".to_owned()), (2, "a".to_owned()), (3, "a".to_owned())]);
}
