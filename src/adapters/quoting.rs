//! Texts as words for a shell. Nothing that comes from outside reaches a command line on another way.

/// One word for the shell, whatever is in it. A word of harmless characters stays as it is,
/// so that it can also stand within quotes that somebody wrote around it.
pub(super) fn quoted(text: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    if !text.is_empty() && text.chars().all(harmless) {
        return text.to_owned();
    }
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
    fn a_session_may_stand_within_quotes() {
        let command = filled("echo \"http://127.0.0.1/start?session_id={sessionId}\"", "session-1-abc");
        assert_eq!(command, "echo \"http://127.0.0.1/start?session_id=session-1-abc\"");
    }

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
