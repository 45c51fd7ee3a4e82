//! The judgements of a parser in plain sentences. What the types themselves say of a value is one already and stays as it is.

/// What a parser expects, and how people call it.
const KINDS: [(&str, &str); 12] = [
    ("a string", "a text"),
    ("string or map", "a text"),
    ("a sequence", "a list"),
    ("a map", "an object"),
    ("a boolean", "true or false"),
    ("a number", "a number"),
    ("a JSON number", "a number"),
    ("u8", "a whole number from 0 to 255"),
    ("u32", "a whole number from 0 to 4294967295"),
    ("a nonzero u8", "a whole number from 1 to 255"),
    ("a nonzero u32", "a whole number from 1 to 4294967295"),
    ("unit", "null"),
];

pub(super) fn plainly(why: &str) -> String {
    if why.starts_with("missing field ") {
        return "is required".to_owned();
    }
    if why.starts_with("unknown field ") {
        return listed(why).map_or_else(
            || "is not known here".to_owned(),
            |known| format!("is not known here; known are {known}"),
        );
    }
    if why.starts_with("unknown variant ") {
        return listed(why)
            .map_or_else(|| "is not known here".to_owned(), |known| format!("has to be one of {known}"));
    }
    let wrong =
        ["invalid type: ", "invalid value: ", "invalid length "].iter().any(|kind| why.starts_with(kind));
    match why.rsplit_once(", expected ").filter(|_| wrong) {
        Some((_, expected)) => format!("has to be {}", called(expected)),
        None => why.to_owned(),
    }
}

/// What the parser would have known, as it quotes it.
fn listed(why: &str) -> Option<String> {
    let (_, known) = why.rsplit_once(", expected ")?;
    let names: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    Some(names.join(", "))
}

/// A struct goes by a name of ours, which says nothing outside.
fn called(expected: &str) -> &str {
    let known = KINDS.iter().find(|(kind, _)| *kind == expected);
    let other = if expected.starts_with("struct ") { "an object" } else { "of another kind" };
    known.map_or(other, |(_, called)| called)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sentence_is_a_parsers() {
        for (why, told) in [
            ("missing field `percent`", "is required"),
            ("unknown field `x`, expected `a` or `b`", "is not known here; known are a, b"),
            ("unknown field `x`, there are no fields", "is not known here"),
            ("unknown variant `fry`, expected one of `mon`, `tue`, `wed`", "has to be one of mon, tue, wed"),
            (
                "invalid type: string \"5, expected u8\", expected u8",
                "has to be a whole number from 0 to 255",
            ),
            (
                "invalid value: integer `0`, expected a nonzero u32",
                "has to be a whole number from 1 to 4294967295",
            ),
            ("invalid type: integer `5`, expected struct Limits", "has to be an object"),
            ("\"x\" is no time zone", "\"x\" is no time zone"),
        ] {
            assert_eq!(plainly(why), told);
        }
    }
}
