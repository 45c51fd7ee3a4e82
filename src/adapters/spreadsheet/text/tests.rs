//! Lists as editors and exports write them.

use super::*;
use crate::adapters::spreadsheet::{Limits, Row};

fn rows(bytes: &[u8]) -> Result<Vec<(u32, String)>, Error> {
    let mut found = vec![];
    let mut row = |row: Row<'_>| {
        found.push((row.line, row.cell.first().text.to_owned()));
        ControlFlow::Continue(())
    };
    let mut rows = Rows::new(&mut row, Limits::default(), Columns::First);
    read(bytes, &mut rows)?;
    Ok(found)
}

fn texts(bytes: &[u8]) -> Vec<String> {
    rows(bytes).unwrap().into_iter().map(|(_, text)| text).collect()
}

#[test]
fn every_line_end_is_one() {
    for text in ["1\n2\n\n4\n", "1\r\n2\r\n\r\n4", "1\r2\r\r4\r"] {
        let expected = [(1, "1".to_owned()), (2, "2".to_owned()), (4, "4".to_owned())];
        assert_eq!(rows(text.as_bytes()).unwrap(), expected, "{text:?}");
    }
}

#[test]
fn the_first_column_ends_at_the_files_own_separator() {
    assert_eq!(texts(b"1,Ali\n2,Vali"), ["1", "2"]);
    assert_eq!(texts(b"1;Ali, Vali\n9,98E+11;x"), ["1", "9,98E+11"]);
    assert_eq!(texts(b"1\tAli; x\n2;3\ty"), ["1", "2;3"]);
    assert_eq!(rows(b"sep=|\n1|x\n").unwrap(), [(2, "1".to_owned())]);
}

#[test]
fn a_line_is_given_with_all_its_fields() {
    let mut found = vec![];
    let mut row = |row: Row<'_>| {
        found.push((row.line, row.cell.holds, row.cell.text.to_owned()));
        ControlFlow::Continue(())
    };
    let mut rows = Rows::new(&mut row, Limits::default(), Columns::First);
    read(&b"sep=,\n1,2, \"3\t4\",\n5\n,\n,6"[..], &mut rows).unwrap();
    let (all, one) = (Holds::Fields, Holds::Value);
    assert_eq!(
        found,
        [(2, all, "1\t2\t3 4\t".to_owned()), (3, one, "5".to_owned()), (5, all, "\t6".to_owned())]
    );
}

#[test]
fn a_line_of_endless_fields_is_told_before_it_fills_the_memory() {
    let text = [&b"1\n"[..], &b"901234567,".repeat(LINE_MAX / 10 + 10)].concat();
    let refused = rows(&text);
    assert!(matches!(refused, Err(Error::LongLine { line: 2 })), "{refused:?}");
}

#[test]
fn quotes_hold_separators_lines_and_quotes() {
    assert_eq!(texts(b"\"1,2\",x\n \"3\" ,y\n4,\"a\nb\"\n\"5\"\"6\"\n"), ["1,2", "3 ", "4", "5\"6"]);
}

#[test]
fn a_quotation_without_end_is_told_and_swallows_nothing() {
    let refused = rows(b"1\n\"2\n3\n");
    assert!(matches!(refused, Err(Error::OpenQuote { line: 2 })), "{refused:?}");
    let long = [&b"1\n\"2\n"[..], &b"3\n".repeat(1000)].concat();
    assert!(matches!(rows(&long), Err(Error::OpenQuote { line: 2 })));
}

#[test]
fn every_alphabet_gives_the_same_list() {
    let text = "Телефон\r\n+998901234567\r\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let (cyrillic, _, _) = encoding_rs::WINDOWS_1251.encode(text);
    for bytes in [
        text.as_bytes().to_vec(),
        [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        little.clone(),
        [b"\xFF\xFE", &little[..]].concat(),
        big.clone(),
        [b"\xFE\xFF", &big[..]].concat(),
        cyrillic.into_owned(),
    ] {
        assert_eq!(texts(&bytes), ["Телефон", "+998901234567"], "{bytes:?}");
    }
}

#[test]
fn a_line_without_end_takes_no_memory_and_the_next_is_read() {
    let long = [&b"x".repeat(1 << 20)[..], b"\n901234567\n"].concat();
    let found = rows(&long).unwrap();
    assert_eq!((found[0].1.len(), found[1].1.as_str()), (4096, "901234567"));
}

#[test]
fn a_list_longer_than_one_look_keeps_its_rows() {
    let text = (0..50_000).map(|n| format!("+99890{n:07},Мижоз\n")).collect::<Vec<_>>().concat();
    let found = rows(text.as_bytes()).unwrap();
    assert_eq!(found.len(), 50_000);
    assert!(
        found.iter().zip(0..).all(|((line, text), n)| *line == n + 1 && *text == format!("+99890{n:07}"))
    );
}

#[test]
fn all_columns_are_given_as_they_are_named() {
    let text = "firstName,phone,customData,notes\nAli,+998901234567,\"{\"\"debt\"\": 5.5}\",\"a; b\"\n,,,\nVali,,,\n";
    let mut found = vec![];
    let mut row = |row: Row<'_>| {
        found.push((row.line, row.cell.text.to_owned()));
        ControlFlow::Continue(())
    };
    let mut rows = Rows::new(&mut row, Limits::default(), Columns::All);
    read(text.as_bytes(), &mut rows).unwrap();
    assert_eq!(
        found,
        [
            (1, "firstName\tphone\tcustomData\tnotes".to_owned()),
            (2, "Ali\t+998901234567\t{\"debt\": 5.5}\ta; b".to_owned()),
            (4, "Vali\t\t\t".to_owned()),
        ]
    );
}
