//! The rules of the house, read from its source: who may import whom, what may be named how, what must be written down.
//! A rule is a function from files to offences. Each is run on the real tree, and on a tree with an offence planted,
//! for a rule that cannot fail protects nothing.

mod imports;
mod names;
mod records;
mod source;
mod words;

use source::{Source, Tree};

/// What a rule has to say: nothing, or a sentence with a place for each offence.
type Offences = Vec<String>;

struct Rule {
    name: &'static str,
    check: fn(&Tree) -> Offences,
    /// Files with one offence each, and a word that the sentence about it must contain.
    planted: &'static [(&'static [(&'static str, &'static str)], &'static str)],
    /// Files that look like an offence and are none.
    innocent: &'static [(&'static str, &'static str)],
}

const RULES: [&[Rule]; 4] = [&imports::RULES, &names::RULES, &words::RULES, &records::RULES];

fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.into_iter().flatten()
}

#[test]
fn the_house_keeps_its_rules() {
    let tree = Tree::read();
    let offences: Vec<String> = rules()
        .flat_map(|rule| (rule.check)(&tree).into_iter().map(|offence| format!("{}: {offence}", rule.name)))
        .collect();
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}

#[test]
fn every_rule_finds_what_is_planted() {
    for rule in rules() {
        assert!(!rule.planted.is_empty(), "{} has nothing planted", rule.name);
        for (files, word) in rule.planted {
            let offences = (rule.check)(&Tree::of(files));
            assert_eq!(offences.len(), 1, "{}: {files:?} gives {offences:?}", rule.name);
            assert!(offences[0].contains(word), "{}: {offences:?} does not name {word}", rule.name);
        }
    }
}

#[test]
fn no_rule_cries_wolf() {
    for rule in rules() {
        let offences = (rule.check)(&Tree::of(rule.innocent));
        assert!(offences.is_empty(), "{}: {offences:?}", rule.name);
    }
}

#[test]
fn the_tree_that_is_read_is_the_whole_house() {
    let tree = Tree::read();
    for path in ["src/lib.rs", "domain/src/call.rs", "projections/src/lib.rs", "Cargo.toml", "README.md"] {
        assert!(tree.file(path).is_some(), "{path} was not read");
    }
}
