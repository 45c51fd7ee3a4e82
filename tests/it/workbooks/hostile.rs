//! Files that are damaged, locked, foreign, or made to do harm: each is refused with its reason, at once and in little memory.

use std::time::{Duration, Instant};

use super::*;

/// Refusing takes no longer than this on a busy machine, without optimisation.
const SOON: Duration = Duration::from_secs(20);
/// What a refusal may take of memory, beyond what other tests take at the same time.
const MEMORY_MAX: usize = 400 << 20;

fn hundred_rows() -> String {
    (1..=100)
        .map(|row| format!("<row r='{row}'><c r='A{row}'><v>90123{row:04}</v></c></row>"))
        .collect::<Vec<_>>()
        .concat()
}

fn with_sheet(rows: &str) -> Vec<u8> {
    made::xlsx().with("xl/worksheets/sheet1.xml", made::sheet(rows).as_bytes()).bytes()
}

fn with_strings(strings: &str) -> Vec<u8> {
    let cell = "<row r='1'><c r='A1' t='s'><v>0</v></c></row>";
    made::xlsx()
        .with("xl/sharedStrings.xml", strings.as_bytes())
        .with("xl/worksheets/sheet1.xml", made::sheet(cell).as_bytes())
        .bytes()
}

pub(super) fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
}

fn refused_soon(name: &str, bytes: &[u8]) -> Error {
    let (began, before) = (Instant::now(), peak());
    let refusal = refusal(name, bytes);
    assert!(began.elapsed() < SOON, "{name}: {:?}", began.elapsed());
    assert!(peak() - before < MEMORY_MAX, "{name} took {} MiB", (peak() - before) >> 20);
    refusal
}

#[test]
fn a_truncated_file_is_refused_wherever_it_is_cut() {
    for name in ["openpyxl.xlsx", "libreoffice.xlsx", "libreoffice.ods", "libreoffice.xls", "xlwt.xls"] {
        let whole = std::fs::read(committed(name)).unwrap();
        for tenth in 1..=9 {
            let cut = &whole[..whole.len() * tenth / 10];
            let (_folder, file) = placed(name, cut);
            let outcome = rows(&file);
            assert!(matches!(outcome, Err(Error::Broken(_))), "{name} {tenth}/10: {outcome:?}");
        }
    }
}

#[test]
fn no_damaged_byte_is_worse_than_a_refusal() {
    for name in ["libreoffice.xls", "libreoffice.ods", "openpyxl.xlsx"] {
        let whole = std::fs::read(committed(name)).unwrap();
        for at in (0..whole.len()).step_by(41) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xFF;
            let (_folder, file) = placed(name, &damaged);
            drop(rows(&file));
        }
    }
    let sheet: Vec<u8> = made::record(0x0007, &[0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F]);
    assert!(matches!(refusal("beyond.xlsb", &made::xlsb_of(&sheet)), Error::Broken(_)));
    assert!(matches!(refusal("short.xlsb", &made::xlsb_of(&made::record(0x0007, &[0]))), Error::Broken(_)));
}

#[test]
fn a_workbook_behind_a_password_is_refused_as_such() {
    let locked = std::fs::read(committed("msoffcrypto.xlsx")).unwrap();
    assert!(matches!(refusal("list.xlsx", &locked), Error::Encrypted));
    let manifest = "<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>";
    assert!(matches!(refusal("list.ods", &made::ods("\u{1}", manifest).bytes()), Error::Encrypted));
}

#[test]
fn what_is_no_table_is_refused_as_such() {
    let document = made::Archive::new().with("word/document.xml", b"<document/>");
    let opened = made::Archive::new().with("mimetype", b"application/vnd.oasis.opendocument.text");
    for bytes in [
        &b"%PDF-1.7\n"[..],
        b"<!DOCTYPE html><html><table><tr><td>901234567</td></tr></table></html>",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        &document.bytes(),
        &opened.bytes(),
    ] {
        let refused = refusal("list.xls", bytes);
        assert!(matches!(refused, Error::NotATable), "{refused:?}");
    }
}

#[test]
fn an_empty_file_and_an_empty_column_are_told() {
    let elsewhere = with_sheet("<row r='1'><c r='B1'><v>901234567</v></c></row>");
    for bytes in [&b""[..], b"\n\r\n \n", b",,\n,\n", &elsewhere, &with_sheet("")] {
        assert!(matches!(refusal("list.xlsx", bytes), Error::Empty));
    }
}

#[test]
fn a_formula_is_no_blank_cell_unless_its_value_is_blank() {
    let rows_text = "<row r='1'><c r='A1'><f>1+1</f></c></row><row r='2'><c r='A2'><v>9.01234567E8</v></c></row>\
        <row r='3'><c r='A3'><f>B1&amp;&quot;7&quot;</f><v/></c></row>\
        <row r='4'><c r='A4' t='str'><f>B1</f><v></v></c></row>\
        <row r='5'><c r='A5'><f t='shared' si='4294967295'/></c></row>\
        <row r='6'><c r='A6' s='1'/></row>\
        <row r='7'><c r='A7'><f>A2</f><v>9.01234567E8</v></c></row>";
    let (_folder, file) = placed("list.xlsx", &with_sheet(rows_text));
    let mut found = vec![];
    read(&file, Limits::default(), &Progress::default(), &mut |row: Row<'_>| {
        found.push((row.line, row.cell.holds, row.cell.text.to_owned()));
        ControlFlow::Continue(())
    })
    .unwrap();
    let expected = [
        (1, Holds::Formula, "=1+1"),
        (2, Holds::Value, "901234567"),
        (3, Holds::Formula, "=B1&\"7\""),
        (5, Holds::Formula, "="),
        (7, Holds::Value, "901234567"),
    ];
    assert_eq!(found, expected.map(|(line, holds, text)| (line, holds, text.to_owned())));
}

/// 5 KB that make other readers ask for half a terabyte.
#[test]
fn a_cell_in_the_farthest_corner_costs_nothing() {
    let far = "<row r='1'><c r='A1'><v>901234567</v></c></row><row r='1048576'><c r='XFD1048576'><v>1</v></c></row>";
    let (_folder, file) = placed("far.xlsx", &with_sheet(far));
    assert_eq!(rows(&file).unwrap().1, [(1, "901234567".to_owned())]);
}

#[test]
fn a_sheet_packed_too_tightly_is_a_bomb() {
    let bomb =
        made::xlsx().with_many("xl/worksheets/sheet1.xml", "<worksheet><sheetData>", b"<c/>", 12 << 20);
    assert!(matches!(refused_soon("bomb.xlsx", &bomb.bytes()), Error::Bomb));
}

#[test]
fn strings_beyond_their_limit_are_refused_by_what_is_declared() {
    let limits = Limits { strings: 1000, ..Limits::default() };
    let (_folder, file) =
        placed("strings.xlsx", &with_strings(&format!("<sst>{}</sst>", "<si/>".repeat(201))));
    assert!(matches!(rows_within(&file, limits).unwrap_err(), Error::TooLarge { .. }));
}

#[test]
fn a_made_up_count_of_strings_makes_no_room() {
    let strings = "<sst uniqueCount='20000000000'><si><t>901234567</t></si></sst>";
    assert!(matches!(refused_soon("count.xlsx", &with_strings(strings)), Error::Bomb));
}

#[test]
fn a_text_without_end_is_not_held() {
    let noise = b"x 901234567 \xD0\xB0 1 \n2 text";
    let long = made::xlsx().with_many(
        "xl/worksheets/sheet1.xml",
        "<worksheet><sheetData><row><c t='str'><v>",
        noise,
        400_000,
    );
    assert!(matches!(refused_soon("long.xlsx", &long.bytes()), Error::Bomb));
}

#[test]
fn an_entry_that_lies_about_its_size_is_refused() {
    let mut bytes = with_sheet(&hundred_rows());
    let central = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    let size: [u8; 4] = bytes[central + 24..central + 28].try_into().unwrap();
    let lie = (u32::from_le_bytes(size) / 2).to_le_bytes();
    bytes[central + 24..central + 28].copy_from_slice(&lie);
    let refused = refusal("lie.xlsx", &bytes);
    assert!(matches!(refused, Error::Broken(_)), "{refused:?}");
}

#[test]
fn an_archive_of_countless_entries_is_refused() {
    let limits = Limits { parts: 3, ..Limits::default() };
    let (_folder, file) = placed("many.xlsx", &with_sheet(&hundred_rows()));
    assert!(matches!(rows_within(&file, limits).unwrap_err(), Error::Bomb));
}

#[test]
fn a_made_up_count_of_entries_is_refused_before_they_are_listed() {
    let mut bytes = with_sheet(&hundred_rows());
    let end = bytes.len() - 22;
    bytes[end + 8..end + 12].copy_from_slice(&[0xFF; 4]);
    assert!(matches!(refusal("many.xlsx", &bytes), Error::Bomb));
}

#[test]
fn a_sheet_under_another_ending_is_looked_through_as_well() {
    let relations = "<Relationships><Relationship Id='rId1' Type='x/worksheet' Target='worksheets/sheet1.dat'/></Relationships>";
    let noise = b"x 901234567 \xD0\xB0 1 \n2 text";
    let archive = made::Archive::new()
        .with("[Content_Types].xml", made::TYPES.as_bytes())
        .with("xl/_rels/workbook.xml.rels", relations.as_bytes())
        .with_many("xl/worksheets/sheet1.dat", "<worksheet><sheetData><row><c t='str'><v>", noise, 400_000);
    assert!(matches!(refused_soon("other.xlsx", &archive.bytes()), Error::Bomb));
}

#[test]
fn rows_cells_and_bytes_have_their_limits() {
    let (_folder, file) = placed("list.xlsx", &with_sheet(&hundred_rows()));
    assert!(rows_within(&file, Limits { rows: 100, cells: 100, ..Limits::default() }).is_ok());
    for limits in [
        Limits { rows: 99, ..Limits::default() },
        Limits { cells: 99, ..Limits::default() },
        Limits { sheet: 1000, ..Limits::default() },
        Limits { part: 50, ..Limits::default() },
        Limits { file: 100, ..Limits::default() },
    ] {
        let refused = rows_within(&file, limits).unwrap_err();
        assert!(matches!(refused, Error::TooLarge { .. }), "{refused:?}");
    }
    let small = Limits { xls: 1000, ..Limits::default() };
    assert!(matches!(rows_within(&committed("xlwt.xls"), small).unwrap_err(), Error::TooLarge { .. }));
}

#[test]
fn a_small_ods_of_a_billion_cells_is_read_for_what_it_is() {
    let row = "<table:table-row table:number-rows-repeated='1000'><table:table-cell table:number-columns-repeated='16384' office:value-type='float' office:value='901234567'/></table:table-row>";
    let content = format!(
        "<office:document-content><table:table table:name='1'>{row}</table:table></office:document-content>"
    );
    let (_folder, file) = placed("list.ods", &made::ods(&content, "<manifest/>").bytes());
    let before = peak();
    assert_eq!(rows(&file).unwrap().1.len(), 1000);
    assert!(peak() - before < MEMORY_MAX);
}

#[test]
fn a_refusal_is_a_sentence_that_quotes_nothing() {
    for error in [
        Error::TooLarge { what: "it", max: 7, unit: "rows" },
        Error::Bomb,
        Error::Encrypted,
        Error::NotATable,
        Error::Empty,
        Error::Broken("the workbook"),
        Error::OpenQuote { line: 3 },
    ] {
        let sentence = error.to_string();
        assert!(sentence.len() > 20 && !sentence.ends_with('.'), "{sentence}");
    }
}
