//! Tables from an exchange's codes to what they mean. Large and small letters, dashes, spaces and underscores make no difference.

use std::collections::{BTreeMap, BTreeSet};

/// What a state in the list of calls that go on means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveWord {
    Ringing,
    Talking,
    Ended,
    Missed,
    Busy,
    Forbidden,
    Voicemail,
    /// It says nothing: whether somebody talks tells.
    Unknown,
}

/// What a status in the log means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogWord {
    Answered,
    Unanswered,
    Busy,
    Failed,
    Voicemail,
}

/// A word that a table may lead to.
pub trait Word: Copy + Sized + 'static {
    const ALL: &'static [(&'static str, Self)];
    /// What codes mean unless told otherwise.
    const DEFAULTS: &'static [(&'static str, Self)];
}

impl Word for LiveWord {
    const ALL: &'static [(&'static str, Self)] = &[
        ("ringing", Self::Ringing),
        ("talking", Self::Talking),
        ("ended", Self::Ended),
        ("missed", Self::Missed),
        ("busy", Self::Busy),
        ("forbidden", Self::Forbidden),
        ("voicemail", Self::Voicemail),
        ("unknown", Self::Unknown),
    ];
    const DEFAULTS: &'static [(&'static str, Self)] = &[
        ("0", Self::Unknown),
        ("1", Self::Unknown),
        ("2", Self::Ringing),
        ("3", Self::Talking),
        ("4", Self::Ended),
        ("5", Self::Ended),
        ("6", Self::Voicemail),
        ("7", Self::Ringing),
        ("8", Self::Ringing),
        ("9", Self::Talking),
        ("10", Self::Busy),
        ("11", Self::Forbidden),
        ("12", Self::Ringing),
        ("connecting", Self::Ringing),
        ("dialing", Self::Ringing),
        ("ring", Self::Ringing),
        ("waiting", Self::Ringing),
        ("active", Self::Talking),
        ("answered", Self::Talking),
        ("connected", Self::Talking),
        ("inprogress", Self::Talking),
        ("up", Self::Talking),
        ("completed", Self::Ended),
        ("disconnected", Self::Ended),
        ("disconnecting", Self::Ended),
        ("hangup", Self::Ended),
        ("cancelled", Self::Missed),
        ("noanswer", Self::Missed),
        ("unanswered", Self::Missed),
        ("failed", Self::Forbidden),
    ];
}

impl Word for LogWord {
    const ALL: &'static [(&'static str, Self)] = &[
        ("answered", Self::Answered),
        ("unanswered", Self::Unanswered),
        ("busy", Self::Busy),
        ("failed", Self::Failed),
        ("voicemail", Self::Voicemail),
    ];
    const DEFAULTS: &'static [(&'static str, Self)] = &[
        ("1", Self::Failed),
        ("2", Self::Busy),
        ("3", Self::Unanswered),
        ("4", Self::Answered),
        ("5", Self::Failed),
        ("6", Self::Voicemail),
        ("completed", Self::Answered),
        ("connected", Self::Answered),
        ("cancelled", Self::Unanswered),
        ("missed", Self::Unanswered),
        ("noanswer", Self::Unanswered),
        ("error", Self::Failed),
        ("forbidden", Self::Failed),
    ];
}

/// What each code means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table<W>(BTreeMap<String, W>);

/// A table that does not say what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTable {
    #[error("{entry:?} should be <code>=<meaning>, with a meaning out of {}", words.join(", "))]
    Entry { entry: String, words: Vec<&'static str> },
    #[error("{code:?} is given two meanings")]
    Twice { code: String },
}

impl<W: Word> Default for Table<W> {
    fn default() -> Self {
        let all = W::DEFAULTS.iter().chain(W::ALL);
        Self(all.map(|(code, word)| ((*code).to_owned(), *word)).collect())
    }
}

impl<W: Word> Table<W> {
    /// The defaults with what is told otherwise, `2=talking, 99=ended`.
    pub fn parse(text: &str) -> Result<Self, BadTable> {
        let (mut table, mut given) = (Self::default(), BTreeSet::new());
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let bad = || BadTable::Entry {
                entry: entry.to_owned(),
                words: W::ALL.iter().map(|(word, _)| *word).collect(),
            };
            let (code, word) = entry.split_once('=').ok_or_else(bad)?;
            let (code, word) = (plain(code), plain(word));
            let (_, word) = W::ALL.iter().find(|(known, _)| *known == word).ok_or_else(bad)?;
            if code.is_empty() {
                return Err(bad());
            }
            if !given.insert(code.clone()) {
                return Err(BadTable::Twice { code });
            }
            table.0.insert(code, *word);
        }
        Ok(table)
    }

    pub fn get(&self, code: &str) -> Option<W> {
        self.0.get(&plain(code)).copied()
    }
}

fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| !matches!(c, '-' | '_' | ' ' | '\t'));
    kept.collect::<String>().to_ascii_lowercase()
}
