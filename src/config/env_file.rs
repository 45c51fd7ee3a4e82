//! Reads `.env` as the programs do that people's files were written for: values may be unquoted with spaces inside
//! (`REMOTE_COMMAND=curl http://…`), nothing in them is expanded, and what cannot be read is named by its line, never
//! quoted. The `dotenvy` crate refuses the first, and expands `$`, which would change passwords.

/// `NAME=value` and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) value: String,
}

/// What is wrong, without the line's text, which may be a secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) reason: &'static str,
}

/// All assignments in order. A name may come twice.
pub(super) fn parse(text: &str) -> Result<Vec<Line>, Fault> {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut lines, mut number) = (Vec::new(), 1);
    while !rest.is_empty() {
        let (head, tail) = rest.split_once('\n').unwrap_or((rest, ""));
        if head.trim().is_empty() || head.trim_start().starts_with('#') {
            (rest, number) = (tail, number + 1);
            continue;
        }
        let fault = |reason| Fault { line: number, reason };
        let (name, behind) = named(rest, head).map_err(fault)?;
        let (value, next) = value(behind).map_err(fault)?;
        lines.push(Line { number, name: name.to_owned(), value });
        number += rest.matches('\n').count() - next.matches('\n').count();
        rest = next;
    }
    Ok(lines)
}

/// The name at the head of a line, and the text behind its `=`.
fn named<'a>(rest: &'a str, head: &str) -> Result<(&'a str, &'a str), &'static str> {
    const SHAPE: &str = "this is no NAME=value";
    if !head.contains('=') {
        return Err(SHAPE);
    }
    let (before, behind) = rest.split_once('=').ok_or(SHAPE)?;
    let before = before.trim();
    let name = before.strip_prefix("export").filter(|n| n.starts_with([' ', '\t'])).unwrap_or(before).trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if name.is_empty() || !name.chars().all(plain) { Err(SHAPE) } else { Ok((name, behind)) }
}

/// A value, and the text of the lines after it.
fn value(behind: &str) -> Result<(String, &str), &'static str> {
    let text = behind.trim_start_matches([' ', '\t']);
    if let Some(quote) = text.chars().next().filter(|c| "'\"`".contains(*c)) {
        return quoted(text.get(1..).unwrap_or(""), quote);
    }
    let (line, next) = text.split_once('\n').unwrap_or((text, ""));
    Ok((unquoted(line).to_owned(), next))
}

/// To the end of the line or to a `#` with a blank before it.
fn unquoted(line: &str) -> &str {
    let comment = line.match_indices('#').find(|(at, _)| {
        line.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']))
    });
    comment.and_then(|(at, _)| line.get(..at)).unwrap_or(line).trim()
}

/// To the closing quote, over as many lines as it takes. Only double quotes know escapes.
fn quoted(text: &str, quote: char) -> Result<(String, &str), &'static str> {
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in text.char_indices() {
        if escaped {
            value.push_str(&unescaped(c));
            escaped = false;
        } else if c == '\\' && quote == '"' {
            escaped = true;
        } else if c == quote {
            let (line, next) = text.get(at + 1..).unwrap_or("").split_once('\n').unwrap_or_else(|| {
                let line = text.get(at + 1..).unwrap_or("");
                (line, "")
            });
            return if unquoted(line).is_empty() { Ok((value, next)) } else { Err(BEHIND_QUOTE) };
        } else {
            value.push(c);
        }
    }
    Err("a quotation mark is not closed")
}

const BEHIND_QUOTE: &str = "something stands behind the closing quotation mark";

fn unescaped(c: char) -> String {
    match c {
        'n' => "\n".to_owned(),
        'r' => "\r".to_owned(),
        't' => "\t".to_owned(),
        '"' | '\\' | '$' => c.to_string(),
        other => format!("\\{other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(text: &str) -> String {
        let lines = parse(text).unwrap();
        assert_eq!(lines.len(), 1, "{text}");
        lines[0].value.clone()
    }

    #[test]
    fn values_are_read_as_they_were_meant() {
        for (text, value) in [
            ("A=curl http://127.0.0.1:3000/start", "curl http://127.0.0.1:3000/start"),
            ("export A = b ", "b"),
            ("A=", ""),
            ("A=pa$$word#1", "pa$$word#1"),
            ("A=b # comment", "b"),
            ("A=# comment", ""),
            ("A='b # c' # comment", "b # c"),
            ("A=\"b\\nc \\\"d\\\"\"", "b\nc \"d\""),
            ("A='b\\nc'", "b\\nc"),
            ("A=`it's`", "it's"),
            ("\u{feff}A=b\r\n", "b"),
            ("A=a=b", "a=b"),
        ] {
            assert_eq!(value_of(text), value, "{text}");
        }
    }

    #[test]
    fn a_value_may_span_lines_and_lines_are_counted() {
        let lines = parse("# first\n\nA=\"1\n2\"\nB=3\n").unwrap();
        let seen: Vec<_> = lines.iter().map(|l| (l.number, l.name.as_str(), l.value.as_str())).collect();
        assert_eq!(seen, [(3, "A", "1\n2"), (5, "B", "3")]);
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_line() {
        for (text, line) in [("A=1\nnonsense", 2), ("A='open", 1), ("A='b' c", 1), ("=b", 1), ("a b=c", 1)] {
            assert_eq!(parse(text).map_err(|fault| fault.line), Err(line), "{text}");
        }
    }
}
