//! What becomes of the ways in which numbers stand in lists.

use proptest::prelude::*;

use super::*;

fn home() -> Home {
    Home::parse("UZ").unwrap()
}

fn listed(text: &str) -> Result<Listed, Unfit> {
    Phone::listed(text, home())
}

fn refused(text: &str) -> Unfit {
    listed(text).unwrap_err()
}

#[test]
fn what_is_e164_already_is_no_repair() {
    for text in ["+998901234567", " +998901234567\t", "+79161234567", "+12025550123"] {
        let number = listed(text).unwrap();
        assert_eq!((number.phone.as_str(), number.repaired), (text.trim(), false));
    }
}

#[test]
fn what_is_certain_is_repaired() {
    for text in [
        "998901234567",
        "901234567",
        "90 123-45-67",
        "(90) 123 45 67",
        "90.123.45.67",
        "90.1234567",
        "8 90 123 45 67",
        "8901234567",
        "00998901234567",
        "00 998 90 123-45-67",
        "8~10 998 90 123 45 67",
        "+998 (90) 123-45-67",
        "(+998) 90 123-45-67",
        "998901234567.0",
        "+998-90-123-45-67;",
        "\"998901234567\",",
        "901234567; ",
        "998901234567,00",
        "901234567.0",
        "9.98901234567E+11",
        "9,98901234567E+11",
        "9.98901234567e11",
        "998901234567E+0",
        "9.989012345670E+11",
        "'998901234567",
        "\"998901234567\"",
        "=\"998901234567\"",
        "tel:+998901234567",
        "\u{feff}+998901234567",
        "\u{202a}+998\u{a0}90\u{a0}123\u{2011}45\u{2013}67\u{202c}",
        "+٩٩٨٩٠١٢٣٤٥٦٧",
        "۹۹۸۹۰۱۲۳۴۵۶۷",
        "＋９９８９０１２３４５６７",
    ] {
        let number = listed(text).unwrap_or_else(|why| panic!("{text}: {why:?}"));
        assert_eq!((number.phone.as_str(), number.repaired), ("+998901234567", true), "{text}");
    }
}

#[test]
fn a_foreign_number_needs_no_plus_where_it_can_be_no_other() {
    for text in ["79161234567", "7 916 123-45-67", "0079161234567", "81079161234567", "7.9161234567E+10"] {
        assert_eq!(listed(text).unwrap().phone.as_str(), "+79161234567", "{text}");
    }
}

#[test]
fn a_number_of_88_is_not_taken_for_one_after_an_8() {
    assert_eq!(listed("881234567").unwrap().phone.as_str(), "+998881234567");
    assert_eq!(listed("8881234567").unwrap().phone.as_str(), "+998881234567");
}

#[test]
fn digits_that_were_rounded_away_are_not_made_up() {
    for text in ["9.98901E+11", "9,98901E+11", "9.98901e11", "9.9890123456E+11", "1E+11"] {
        assert_eq!(refused(text), Unfit::DigitsLost, "{text}");
    }
}

#[test]
fn each_refusal_has_its_reason() {
    for (text, why) in [
        ("", Unfit::Empty),
        (" \u{a0}\u{200b} ", Unfit::Empty),
        ("telefon", Unfit::NoNumber),
        ("TRUE", Unfit::NoNumber),
        ("=", Unfit::NoNumber),
        ("\"\"", Unfit::NoNumber),
        (" ; ", Unfit::NoNumber),
        ("#N/A", Unfit::NoNumber),
        ("Ali 901234567", Unfit::Letters),
        ("+99890123456O", Unfit::Letters),
        ("Telefon 1", Unfit::Letters),
        ("+998712345678 доб. 12", Unfit::Extension),
        ("+998 71 234-56-78 ext 12", Unfit::Extension),
        ("71 2345678 #12", Unfit::Extension),
        ("+998901234567, +998901234568", Unfit::Several),
        ("901234567/901234568", Unfit::Several),
        ("+998 90 123 45 79, +998 90 123 45 80", Unfit::Several),
        ("+998 90 123 45 79 +998 90 123 45 80", Unfit::Several),
        ("901234567,901234568", Unfit::Several),
        ("12,5", Unfit::Fraction),
        ("90,1234567", Unfit::Fraction),
        ("90*1234567", Unfit::Invalid),
        ("12*5", Unfit::TooShort),
        ("+99890****67", Unfit::Invalid),
        ("+998901234567 +998901234568", Unfit::Several),
        ("901234567;901234568", Unfit::Several),
        ("998901234567.5", Unfit::Fraction),
        ("9.989012345675E+11", Unfit::Fraction),
        ("2025-01-31", Unfit::Date),
        ("2025-01-31 10:15:00", Unfit::Date),
        ("31.01.2025", Unfit::Date),
        ("0", Unfit::TooShort),
        ("12345", Unfit::TooShort),
        ("1234567", Unfit::TooShort),
        ("+9989012345", Unfit::TooShort),
        ("99890123456789", Unfit::TooLong),
        ("+9989012345678", Unfit::TooLong),
        ("12345678901234567890123", Unfit::TooLong),
        ("000000000", Unfit::Invalid),
        ("+998001234567", Unfit::Invalid),
        ("90+1234567", Unfit::Invalid),
    ] {
        assert_eq!(refused(text), why, "{text:?}");
    }
}

#[test]
fn a_heading_is_words_and_a_damaged_number_is_none() {
    for text in ["phone", "Telefon raqami", "Номер (998XXXXXXXXX)", "№"] {
        assert!(Phone::is_heading(text, home()), "{text}");
    }
    for text in ["", "+998901234567", "12345", "9.98901E+11", "901234567/901234568"] {
        assert!(!Phone::is_heading(text, home()), "{text}");
    }
}

#[test]
fn an_unwritable_length_is_refused_and_not_read() {
    assert_eq!(refused(&"1".repeat(100_000)), Unfit::TooLong);
    assert_eq!(refused(&"1 2 ".repeat(100_000)), Unfit::Letters);
    assert_eq!(refused(&"слово ".repeat(10_000)), Unfit::NoNumber);
}

fn is_e164(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

proptest! {
    #[test]
    fn what_is_accepted_is_e164_and_stays_what_it_is(text in "[+0-9 ().,eE/-]{0,24}|\\PC{0,24}|[0-9]{7,14}|8?(9[0-9]){1}[0-9]{7}") {
        if let Ok(number) = listed(&text) {
            prop_assert!(is_e164(number.phone.as_str()), "{text:?} -> {}", number.phone.as_str());
            let again = listed(number.phone.as_str()).unwrap();
            prop_assert_eq!(again, Listed { phone: number.phone, repaired: false });
        }
    }

    #[test]
    fn however_a_number_is_written_it_is_that_number(subscriber in 0_u32..10_000_000, operator in prop::sample::select(vec!["90", "91", "93", "94", "97", "99"])) {
        let (national, full) = (format!("{operator}{subscriber:07}"), format!("998{operator}{subscriber:07}"));
        let (first, rest) = full.split_at(1);
        for text in [format!("8{national}"), format!("00{full}"), format!("{full}.0"), format!("{first}.{rest}E+11"), national, full.clone()] {
            let number = listed(&text).unwrap();
            let expected = format!("+{full}");
            prop_assert_eq!((number.phone.as_str(), number.repaired), (expected.as_str(), true));
        }
    }
}
