//! The settings as documents: `docs/.env.example` and the table of the README. Both are generated; tests compare them.

use std::fmt::Write as _;

use super::settings::{Setting, settings};

/// The whole of `docs/.env.example`.
pub fn example() -> String {
    let mut text = String::from(
        "# Settings of karnay, each with its default. Copy this file to .env and change what you need.\n\
         # A flag (--port 3001) comes before an environment variable (PORT=3001), and both before this file.\n\
         # An empty value stands for the default.\n",
    );
    for setting in settings() {
        text.push('\n');
        for line in wrapped(setting.help) {
            let _ = writeln!(text, "# {line}");
        }
        let _ = writeln!(text, "{}={}", setting.name, setting.default);
    }
    text
}

/// The configuration table of the README, in Markdown.
pub fn table() -> String {
    let mut text = String::from("| Setting | Default | |\n|---|---|---|\n");
    for setting in settings() {
        let help = setting.help.replace('|', "\\|");
        let _ = writeln!(text, "| `{}` | {} | {help} |", setting.name, shown_default(setting));
    }
    text
}

fn shown_default(setting: &Setting) -> String {
    if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) }
}

const LINE_LEN_MAX: usize = 100;

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + 1 + word.len() <= LINE_LEN_MAX => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
