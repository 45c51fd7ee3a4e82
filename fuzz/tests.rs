//! What is planted is found, small; what is sound is not cried about.

use std::time::Duration;

use super::*;

const WHILE: Duration = Duration::from_secs(20);

/// Panics where a number between brackets is beyond a byte, behind a word that has to be right.
fn planted(input: &[u8]) -> &'static str {
    let Ok(text) = std::str::from_utf8(input) else { return "no text" };
    let Some(rest) = text.strip_prefix("row[") else { return "no row" };
    let Some((number, _)) = rest.split_once(']') else { return "no end" };
    let Ok(number) = number.parse::<u64>() else { return "no number" };
    assert!(number <= 255, "a byte was thought to be enough");
    "good"
}

#[test]
fn a_planted_panic_is_found_and_made_small() {
    let found = find(&[b"  row[12], row[3]", b"row[7] and more"], WHILE, planted).unwrap();
    assert!(found.why.contains("a byte was thought to be enough"), "{found:?}");
    assert!(found.input.starts_with(b"row[") && found.input.len() <= 8, "{found:?}");
}

#[test]
fn what_is_sound_is_left_alone() {
    let sound = |input: &[u8]| input.len() % 7;
    assert_eq!(find(&[b"a good one"], Duration::from_millis(200), sound), None);
}

#[test]
fn the_same_seed_tries_the_same() {
    let tried = || {
        let (mut dice, mut input) = (Dice::new(7), b"{\"a\":12}".to_vec());
        (0..100).for_each(|_| dice.change(&mut input, b"other"));
        input
    };
    assert_eq!(tried(), tried());
}

#[test]
#[should_panic(expected = "planted: it panics with")]
fn a_test_fails_with_what_was_found() {
    fuzz("planted", &[b"row[256]"], planted);
}
