//! The tree as the rules see it, and Rust text taken apart: code, strings and comments, each still on its line.

use std::path::{Path, PathBuf};

/// All files of the repository that a rule may ask about.
pub(super) struct Tree {
    files: Vec<Source>,
}

pub(super) struct Source {
    /// From the root of the repository, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

const FOLDERS: [&str; 9] =
    ["src", "domain", "projections", "fuzz", "migrations", "tests", "benches", "docs", ".ci"];
const FILES: [&str; 3] = ["Cargo.toml", "README.md", "Makefile"];
const READ: [&str; 6] = ["rs", "toml", "sql", "json", "md", "example"];

impl Tree {
    pub(super) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut paths: Vec<PathBuf> = FILES.iter().map(|file| root.join(file)).collect();
        for folder in FOLDERS {
            walk(&root.join(folder), &mut paths);
        }
        paths.sort();
        let files = paths.into_iter().filter_map(|path| {
            let text = std::fs::read_to_string(&path).ok()?;
            let path = path.strip_prefix(root).ok()?.to_str()?.to_owned();
            Some(Source { path, text })
        });
        Self { files: files.collect() }
    }

    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let files =
            files.iter().map(|(path, text)| Source { path: (*path).to_owned(), text: (*text).to_owned() });
        Self { files: files.collect() }
    }

    pub(super) fn file(&self, path: &str) -> Option<&Source> {
        self.files.iter().find(|source| source.path == path)
    }

    /// Files in any of the folders, with that ending.
    pub(super) fn within<'a>(
        &'a self,
        folders: &'a [&str],
        ending: &'a str,
    ) -> impl Iterator<Item = &'a Source> {
        self.files.iter().filter(move |source| {
            source.path.ends_with(ending) && folders.iter().any(|folder| source.path.starts_with(folder))
        })
    }
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("");
        if path.is_dir() {
            walk(&path, into);
        } else if READ.contains(&ending) {
            into.push(path);
        }
    }
}

impl Source {
    /// Its name in the sentences of the rules.
    pub(super) fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }

    /// The first folder or file below `src/`: `src/http/calls.rs` and `src/http.rs` are `http`.
    pub(super) fn module(&self) -> Option<&str> {
        let below = self.path.strip_prefix("src/")?;
        Some(below.split('/').next()?.trim_end_matches(".rs"))
    }

    /// Its file name without the ending.
    pub(super) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or("");
        name.split('.').next().unwrap_or("")
    }

    /// Folders on its way.
    pub(super) fn folders(&self) -> impl Iterator<Item = &str> {
        let parts: Vec<&str> = self.path.split('/').collect();
        let folders = parts.len().saturating_sub(1);
        parts.into_iter().take(folders)
    }

    /// Whether it only tests what lies beside it.
    pub(super) fn is_test(&self) -> bool {
        self.stem() == "tests" || self.folders().any(|folder| folder == "tests")
    }

    pub(super) fn rust(&self) -> Rust {
        Rust::parse(&self.text)
    }
}

/// Rust text with its strings and comments taken out.
pub(super) struct Rust {
    /// As long as the text, line by line; what is no code is blank.
    pub(super) code: String,
    /// What stands between quotes, with its line.
    pub(super) strings: Vec<(usize, String)>,
}

#[derive(PartialEq)]
enum State {
    Code,
    LineComment,
    BlockComment(u32),
    Text { hashes: Option<usize>, begun: usize },
}

impl Rust {
    fn parse(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let (mut code, mut strings, mut word) =
            (String::with_capacity(text.len()), Vec::new(), String::new());
        let (mut state, mut line, mut i) = (State::Code, 1, 0);
        while let Some(&c) = chars.get(i) {
            let (mut taken, mut shown) = (1, ' ');
            match &mut state {
                State::Code => {
                    (taken, shown) = (1, c);
                    if let Some(next) = opening(&chars[i..], line) {
                        (state, taken, shown) = (next.0, next.1, ' ');
                    } else if let Some(length) = character(&chars[i..]) {
                        (taken, shown) = (length, ' ');
                    }
                }
                State::LineComment if c == '\n' => state = State::Code,
                State::LineComment => {}
                State::BlockComment(depth) if chars[i..].starts_with(&['*', '/']) => {
                    taken = 2;
                    *depth -= 1;
                    if *depth == 0 {
                        state = State::Code;
                    }
                }
                State::BlockComment(depth) if chars[i..].starts_with(&['/', '*']) => {
                    taken = 2;
                    *depth += 1;
                }
                State::BlockComment(_) => {}
                State::Text { hashes: None, .. } if c == '\\' => {
                    taken = 2;
                    word.push(' ');
                }
                State::Text { hashes, begun } if c == '"' && closes(&chars[i + 1..], *hashes) => {
                    taken = 1 + hashes.unwrap_or(0);
                    strings.push((*begun, std::mem::take(&mut word)));
                    state = State::Code;
                }
                State::Text { .. } => word.push(c),
            }
            for &c in chars[i..].iter().take(taken) {
                line += usize::from(c == '\n');
                code.push(if c == '\n' { c } else { shown });
            }
            i += taken;
        }
        Self { code, strings }
    }

    /// Lines of code with their numbers.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Words and signs in order, each with its line: `use`, `crate`, `::`, `{` …
    pub(super) fn tokens(&self) -> Vec<(usize, &str)> {
        let mut tokens = Vec::new();
        for (number, line) in self.lines() {
            let mut rest = line.trim_start();
            while let Some(first) = rest.chars().next() {
                let wordy = |c: char| c.is_alphanumeric() || c == '_';
                let length = match first {
                    c if wordy(c) => rest.find(|c| !wordy(c)).unwrap_or(rest.len()),
                    ':' if rest.starts_with("::") => 2,
                    c => c.len_utf8(),
                };
                let (token, after) = rest.split_at(length);
                tokens.push((number, token));
                rest = after.trim_start();
            }
        }
        tokens
    }
}

/// What begins here, if it is a comment or a string, and how many signs its beginning takes.
fn opening(rest: &[char], line: usize) -> Option<(State, usize)> {
    match rest {
        ['/', '/', ..] => Some((State::LineComment, 2)),
        ['/', '*', ..] => Some((State::BlockComment(1), 2)),
        ['"', ..] => Some((State::Text { hashes: None, begun: line }, 1)),
        ['r', tail @ ..] => {
            let hashes = tail.iter().take_while(|c| **c == '#').count();
            let raw = tail.get(hashes) == Some(&'"');
            raw.then_some((State::Text { hashes: Some(hashes), begun: line }, hashes + 2))
        }
        _ => None,
    }
}

fn closes(after: &[char], hashes: Option<usize>) -> bool {
    let wanted = hashes.unwrap_or(0);
    after.iter().take_while(|c| **c == '#').count() >= wanted
}

/// The length of a character literal that begins here; a lifetime is none.
fn character(rest: &[char]) -> Option<usize> {
    match rest {
        ['\'', '\\', escaped, tail @ ..] => {
            let long = usize::from(*escaped == 'u') * tail.iter().take_while(|c| **c != '\'').count();
            Some(4 + long)
        }
        ['\'', _, '\'', ..] => Some(3),
        _ => None,
    }
}

#[test]
fn rust_is_taken_apart() {
    let text = "let a = \"one // \\\" two\"; // three \"four\"\n/* five /* six */ */ let b: &'a str = r#\"se\"ven\"#;\n\
                let c = '\"'; let d = '\\'' + '\\u{7f}';";
    let rust = Rust::parse(text);
    let strings: Vec<&str> = rust.strings.iter().map(|(_, string)| string.as_str()).collect();
    assert_eq!(strings, ["one //   two", "se\"ven"]);
    let code: Vec<String> =
        rust.code.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(code, ["let a = ;", "let b: &'a str = ;", "let c = ; let d = + ;"]);
    assert_eq!(rust.strings[1].0, 2);
}
