//! What an expression of Prometheus names, and what of it the engine does not tell.

use std::collections::BTreeSet;

use super::Told;

/// Labels that Prometheus adds, or that a grouping of its own makes.
const ADDED: [&str; 3] = ["instance", "job", "le"];

#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) expression: String,
    /// What is said of the answer, naming labels.
    pub(super) said: String,
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Each name of ours, with the matchers behind it.
pub(super) fn names(expression: &str) -> Vec<(&str, &str)> {
    let mut found = vec![];
    let mut rest = expression;
    while let Some(at) = rest.find("karnay_") {
        let from = &rest[at..];
        let end = from.find(|letter| !is_word(letter)).unwrap_or(from.len());
        let (name, behind) = from.split_at(end);
        let matchers = behind.strip_prefix('{').and_then(|behind| behind.split('}').next()).unwrap_or("");
        found.push((name, matchers));
        rest = behind;
    }
    found
}

/// Labels that are grouped by or said.
fn labels(asked: &Asked) -> BTreeSet<String> {
    let groups = asked.expression.split("by (").skip(1).chain(asked.expression.split("on (").skip(1));
    let grouped = groups.flat_map(|rest| rest.split(')').next().unwrap().split(','));
    let said = asked.said.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap());
    let said = said.map(|label| label.split('|').next().unwrap().trim().trim_start_matches("$labels."));
    let said = said.filter(|label| *label != "$value");
    grouped.chain(said).map(|label| label.trim().to_owned()).collect()
}

pub(super) fn unknown(told: &Told, asked: &Asked) -> Vec<String> {
    let mut offences = vec![];
    let mut known: BTreeSet<&str> = BTreeSet::from(ADDED);
    for (name, matchers) in names(&asked.expression) {
        let Some(labels) = told.0.get(name) else {
            offences.push(format!("the engine does not tell {name}"));
            continue;
        };
        known.extend(labels.keys().map(String::as_str));
        for matcher in matchers.split(',').filter(|matcher| !matcher.is_empty()) {
            let label = matcher.split(|letter| !is_word(letter)).next().unwrap();
            let values = labels.get(label);
            let exact = matcher.strip_prefix(label).and_then(|rest| rest.strip_prefix("=\""));
            let value = exact.map(|value| value.trim_end_matches('"'));
            let fits = values.is_some_and(|values| value.is_none_or(|value| values.contains(value)));
            if !fits && !ADDED.contains(&label) {
                offences.push(format!("{name} has no {matcher}: {values:?}"));
            }
        }
    }
    let strange = labels(asked).into_iter().filter(|label| !known.contains(label.as_str()));
    offences.extend(strange.map(|label| format!("nothing has the label {label}: {}", asked.expression)));
    offences
}

#[test]
fn what_is_not_told_is_found() {
    let told = Told::read("# HELP\nkarnay_a{state=\"live\",kind=\"x\"} 1\nkarnay_b 2\n");
    let found = |expression: &str, said: &str| {
        unknown(&told, &Asked { expression: expression.to_owned(), said: said.to_owned() })
    };
    assert!(found("sum by (kind) (rate(karnay_a{state=\"live\"}[5m])) / karnay_b", "{{kind}}").is_empty());
    assert!(found("karnay_a{instance=~\".*\"}", "{{ $labels.instance }} {{ $value | humanize }}").is_empty());
    for (expression, said) in [
        ("karnay_c > 0", ""),
        ("karnay_a{state=\"lively\"}", ""),
        ("karnay_a{status=~\"5..\"}", ""),
        ("sum by (route) (karnay_a)", ""),
        ("karnay_b", "{{ $labels.kind }}"),
    ] {
        assert_eq!(found(expression, said).len(), 1, "{expression} {said}");
    }
}
