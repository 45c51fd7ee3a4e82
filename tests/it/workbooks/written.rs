//! The same list by several programs.

use std::path::Path;

use domain::phone::{Home, Phone, Unfit};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};

use super::*;

/// What stands in the list that make.py writes, without the formulas and the date, which programs keep differently.
const COMMON: [(u32, &str); 7] = [
    (1, "Telefon"),
    (2, "+998901234567"),
    (3, "998901234568"),
    (4, "901234569"),
    (7, "2025-01-31"),
    (9, "90 123-45-71"),
    (11, "9.98901E+11"),
];
/// What they come to, and how they are written where nobody calculated them.
const FORMULAS: [(u32, &str, &str); 2] =
    [(5, "998901234570", "=\"+99890123\"&\"4570\""), (12, "998901234572", "=998901234500+72")];

/// What became of the formulas on their way into the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Formulas {
    Calculated,
    Written,
    LeftOut,
}

fn assert_list(file: &Path, kind: Kind, formulas: Formulas) {
    let (sheet, rows) = rows(file).unwrap();
    let at = |line| rows.iter().find(|(at, _)| *at == line).map(|(_, text)| text.as_str());
    for (line, text) in COMMON {
        assert!(at(line).is_some_and(|found| found.starts_with(text)), "{file:?} {line}: {:?}", at(line));
    }
    for (line, value, written) in FORMULAS {
        let found = at(line).map(|found| found.trim_start_matches('+'));
        let expected = match formulas {
            Formulas::Calculated => Some(value),
            Formulas::Written => Some(written),
            Formulas::LeftOut => None,
        };
        assert_eq!(found, expected, "{file:?} {line}");
    }
    assert!(matches!(at(8), Some("TRUE" | "1")), "{file:?}: {:?}", at(8));
    assert_eq!((at(6), at(10)), (None, None), "{file:?}: blank, and covered by a merged cell");
    let last = if formulas == Formulas::LeftOut { 11 } else { 12 };
    let given = u32::try_from(rows.len()).unwrap();
    assert_eq!(sheet, Sheet { kind, rows: last, blank: last - given }, "{file:?}");
}

#[test]
fn openpyxl_writes_what_is_read() {
    assert_list(&committed("openpyxl.xlsx"), Kind::Xlsx, Formulas::Written);
}

#[test]
fn libreoffice_writes_what_is_read() {
    assert_list(&committed("libreoffice.xlsx"), Kind::Xlsx, Formulas::Calculated);
    assert_list(&committed("libreoffice.ods"), Kind::Ods, Formulas::Calculated);
    assert_list(&committed("libreoffice.xls"), Kind::Xls, Formulas::Calculated);
}

#[test]
fn xlwt_writes_what_is_read() {
    assert_list(&committed("xlwt.xls"), Kind::Xls, Formulas::LeftOut);
}

#[test]
fn rust_xlsxwriter_writes_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for constant_memory in [false, true] {
        let file = folder.path().join("list.xlsx");
        let mut book = Workbook::new();
        let sheet = if constant_memory {
            book.add_worksheet_with_constant_memory().unwrap()
        } else {
            book.add_worksheet()
        };
        sheet.write(0, 0, "Telefon").unwrap();
        sheet.write(1, 0, "+998901234567").unwrap();
        sheet.write(2, 0, 998_901_234_568.0).unwrap();
        sheet.write_with_format(3, 0, 901_234_569, &Format::new().set_num_format("00 000-00-00")).unwrap();
        let formula = Formula::new("=\"+99890\"&\"1234570\"").set_result("+998901234570");
        sheet.write_formula(4, 0, formula).unwrap();
        let date = ExcelDateTime::from_ymd(2025, 1, 31).unwrap();
        sheet.write_with_format(6, 0, date, &Format::new().set_num_format("dd.mm.yyyy")).unwrap();
        sheet.write(7, 0, true).unwrap();
        sheet.write(8, 0, "90 123-45-71").unwrap();
        sheet.write(10, 0, "9.98901E+11").unwrap();
        let formula = Formula::new("=998901234500+72").set_result("998901234572");
        sheet.write_formula(11, 0, formula).unwrap();
        book.add_worksheet().write(0, 0, "+998909999999").unwrap();
        book.save(&file).unwrap();
        assert_list(&file, Kind::Xlsx, Formulas::Calculated);
    }
}

#[test]
fn a_number_under_a_date_format_is_a_number_and_a_hidden_sheet_is_not_first() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list.xlsx");
    let mut book = Workbook::new();
    book.add_worksheet().set_hidden(true).write(0, 0, "hidden").unwrap();
    let sheet = book.add_worksheet().set_active(true);
    let date = Format::new().set_num_format("dd.mm.yyyy");
    sheet.write_with_format(0, 0, 998_901_234_567.0, &date).unwrap();
    book.save(&file).unwrap();
    assert_eq!(rows(&file).unwrap().1, [(1, "998901234567".to_owned())]);
}

#[test]
fn macros_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let (program, file) = (folder.path().join("vbaProject.bin"), folder.path().join("list.xlsm"));
    std::fs::write(&program, b"a program that is never run").unwrap();
    let mut book = Workbook::new();
    book.add_vba_project(&program).unwrap();
    book.add_worksheet().write(0, 0, "+998901234567").unwrap();
    book.save(&file).unwrap();
    assert_eq!(rows(&file).unwrap().1, [(1, "+998901234567".to_owned())]);
}

#[test]
fn the_name_of_a_file_says_nothing() {
    let bytes = |name: &str| std::fs::read(committed(name)).unwrap();
    assert_eq!(kind("list.xls", &bytes("openpyxl.xlsx")), Kind::Xlsx);
    assert_eq!(kind("list.xlsx", &bytes("libreoffice.xls")), Kind::Xls);
    assert_eq!(kind("list.xlsx", &bytes("libreoffice.ods")), Kind::Ods);
    assert_eq!(kind("list.txt", &bytes("libreoffice.xlsx")), Kind::Xlsx);
    assert_eq!(kind("list.xlsx", b"+998901234567\n"), Kind::Text);
    assert_eq!(kind("list.xlsb", &made::xlsb(&["+998901234567"])), Kind::Xlsb);
}

#[test]
fn an_xlsb_gives_texts_and_numbers() {
    let (_folder, file) =
        placed("list.xlsb", &made::xlsb(&["Telefon", "+998901234567", "998901234568", "", "90"]));
    let (sheet, rows) = rows(&file).unwrap();
    assert_eq!((sheet.rows, sheet.blank), (5, 1));
    let texts: Vec<_> = rows.iter().map(|(line, text)| (*line, text.as_str())).collect();
    assert_eq!(texts, [(1, "Telefon"), (2, "+998901234567"), (3, "998901234568"), (5, "90")]);
}

#[test]
fn a_list_becomes_numbers_and_reasons() {
    let home = Home::parse("UZ").unwrap();
    let (_, rows) = rows(&committed("libreoffice.ods")).unwrap();
    let ((_, first), rest) = rows.split_first().unwrap();
    assert!(Phone::is_heading(first, home));
    let listed: Vec<_> = rest.iter().map(|(line, text)| (*line, Phone::listed(text, home))).collect();
    let refused: Vec<_> =
        listed.iter().filter_map(|(line, number)| Some((*line, *number.as_ref().err()?))).collect();
    assert_eq!(refused, [(7, Unfit::Date), (8, Unfit::TooShort), (11, Unfit::DigitsLost)]);
    let numbers: Vec<_> =
        listed.iter().filter_map(|(_, number)| Some(number.as_ref().ok()?.phone.as_str())).collect();
    let expected = ["67", "68", "69", "70", "71", "72"].map(|end| format!("+9989012345{end}"));
    assert_eq!(numbers, expected);
}

#[test]
fn a_reader_that_has_enough_is_let_go() {
    let mut seen = 0;
    let stopped = read(&committed("openpyxl.xlsx"), Limits::default(), &Progress::default(), &mut |_| {
        seen += 1;
        ControlFlow::Break(())
    });
    assert_eq!((seen, stopped.unwrap().rows), (1, 1));
}
