//! Texts of the description as HTML: nothing in them is taken for a tag, and what stands between backticks is code.

/// As it reads, wherever it stands.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A line of text.
pub(super) fn line(text: &str) -> String {
    let parts = text.split('`').zip([false, true].into_iter().cycle());
    let parts: Vec<String> = parts
        .map(|(part, is_code)| {
            let part = escaped(part);
            if is_code { format!("<code>{part}</code>") } else { part }
        })
        .collect();
    parts.concat()
}

/// Paragraphs, as empty lines part them.
pub(super) fn prose(text: &str) -> String {
    let parts = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    let parts: Vec<String> = parts.map(|part| format!("<p>{}</p>", line(part))).collect();
    parts.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_for_a_tag() {
        assert_eq!(
            prose("a <b> & `c < \"d\"` e\n\nf"),
            "<p>a &lt;b&gt; &amp; <code>c &lt; &quot;d&quot;</code> e</p><p>f</p>"
        );
    }
}
