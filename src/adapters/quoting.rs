//! Texts as words for a shell. Nothing that comes from outside reaches a command line on another way.

/// One word for the shell, whatever is in it.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A command in which `{sessionId}` stands for the session's name.
pub(super) fn filled(command: &str, session: &str) -> String {
    command.replace("{sessionId}", &quoted(session))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word() {
        for text in ["", "plain", "two words", "it's", "$(id) `id` \\ \" ; | & > <", "'", "a\nb"] {
            let said = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", quoted(text))])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(said.stdout).unwrap(), text);
        }
    }
}
