//! Where a call's recording lies, as its report says, and how long one is waited for.
//! Whether an address may be called is not decided here: that needs its addresses, which only the world knows.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// A longer name is none that a file has.
const NAME_LEN_MAX: usize = 1_024;
/// Exchanges are asked for what a browser plays.
const EXCHANGE_FILE: &str = "recording.wav";
/// What is not there so long after the call has ended will not come any more.
pub const COMES_WITHIN: TimeDelta = TimeDelta::minutes(10);

/// What a report's `recordingUrl` points to.
#[derive(Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// An address of the web.
    Url(String),
    /// A file in the remote host's folder of recordings, below which it stays.
    File(String),
    /// At the exchange that is watched, under its name there; kept here under the call's id once somebody has listened to it.
    Exchange { call: Uuid, recording: String },
    /// Nothing that may be listened to: it leads out of the folder, or is of another kind.
    Nowhere,
}

impl Whereabouts {
    /// A file is named from its folder on, or from the root on where that leads into its folder.
    pub fn parse(recording_url: &str, folder: &str) -> Self {
        let text = recording_url.trim();
        let below = text.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).unwrap_or(text);
        match text.split_once("://") {
            Some((scheme, _)) if is_web(scheme) => Self::Url(text.to_owned()),
            Some(_) => Self::Nowhere,
            None if stays_inside(below) => Self::File(below.to_owned()),
            None => Self::Nowhere,
        }
    }

    /// In lower case and without its dot; empty where there is none.
    pub fn extension(&self) -> String {
        let path = match self {
            Self::Url(url) => url.split(['?', '#']).next().unwrap_or(""),
            Self::File(name) => name,
            Self::Exchange { .. } => EXCHANGE_FILE,
            Self::Nowhere => "",
        };
        let name = path.rsplit('/').next().unwrap_or("");
        name.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
    }
}

/// A name often holds the number that was called.
impl fmt::Debug for Whereabouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url(_) => "Url(***)",
            Self::File(_) => "File(***)",
            Self::Exchange { .. } => "Exchange(***)",
            Self::Nowhere => "Nowhere",
        })
    }
}

/// Whether a recording that is not there may still come. A call whose end was not told, or lies ahead, ended when it was reported.
pub fn may_come(ended: Option<DateTime<Utc>>, reported: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - ended.filter(|ended| *ended <= now).unwrap_or(reported) < COMES_WITHIN
}

/// Whether it is an address of the web, and nothing that a page would run.
pub fn is_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| is_web(scheme) && !rest.is_empty())
        && !text.contains(|c: char| c.is_control() || c.is_whitespace())
}

fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// Relative, and every step leads further down. A backslash is a way up for some servers.
fn stays_inside(name: &str) -> bool {
    let down = |step: &str| !matches!(step, "" | "." | "..");
    name.len() <= NAME_LEN_MAX
        && !name.contains(|c: char| c.is_control() || c == '\\')
        && name.split('/').all(down)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDER: &str = "/usr/src/call/recordings";

    fn parse(text: &str) -> Whereabouts {
        Whereabouts::parse(text, FOLDER)
    }

    fn file(name: &str) -> Whereabouts {
        Whereabouts::File(name.to_owned())
    }

    #[test]
    fn an_address_is_the_webs() {
        for address in ["https://recordings.example.com/1.mp3", "HTTP://10.0.0.1/1.wav?x=1#y"] {
            assert!(is_address(address), "{address}");
        }
        for other in [
            "javascript:alert(1)//://",
            "data:audio/mp3;base64,AA",
            "https://",
            "1.mp3",
            "//x/1.mp3",
            "https://x/\njavascript:1",
            " https://x",
        ] {
            assert!(!is_address(other), "{other}");
        }
    }

    #[test]
    fn a_name_is_a_file_and_stays_in_its_folder() {
        for name in
            ["call-12345.mp3", "2025/10/06/call.wav", "qo'ng'iroq 1.ogg", "..mp3", "a..b", "18:30:00.wav"]
        {
            assert_eq!(parse(name), file(name), "{name}");
        }
        assert_eq!(parse("/usr/src/call/recordings/2025/call.mp3"), file("2025/call.mp3"));
        assert_eq!(parse(" call.mp3\n"), file("call.mp3"));
        assert_eq!(parse(&"x".repeat(1_024)), file(&"x".repeat(1_024)));
        for name in [
            "",
            " ",
            ".",
            "..",
            "../call.mp3",
            "a/../../call.mp3",
            "a/..",
            "/etc/passwd",
            "/usr/src/call/recordings",
            "/usr/src/call/recordings/",
            "/usr/src/call/recordings//a",
            "/usr/src/call/recordings/../numbers.txt",
            "/usr/src/call/recordings-of-others/a",
            "//host/share",
            "a//b",
            "a/",
            "./a",
            "a\0.mp3",
            "a\nb",
            "..\\call.mp3",
            &"x".repeat(1_025),
        ] {
            assert_eq!(parse(name), Whereabouts::Nowhere, "{name:?}");
        }
    }

    #[test]
    fn only_the_web_has_addresses() {
        for url in ["https://recordings.example.com/call-12345.mp3", "HTTP://host:8080/a?b=c"] {
            assert_eq!(parse(url), Whereabouts::Url(url.to_owned()));
        }
        for url in ["file:///etc/passwd", "ftp://host/a.mp3", "gopher://host", "://a", "sftp://u:p@host/a"] {
            assert_eq!(parse(url), Whereabouts::Nowhere, "{url}");
        }
    }

    #[test]
    fn the_extension_is_the_last_ones_of_the_path() {
        for (text, extension) in [
            ("a/call.tar.MP3", "mp3"),
            ("https://host.example/rec.d/call", ""),
            ("https://host.example/call.wav?x=1.txt#a.b", "wav"),
            ("../call.mp3", ""),
        ] {
            assert_eq!(parse(text).extension(), extension, "{text}");
        }
    }

    #[test]
    fn it_is_waited_for_a_while_and_not_for_ever() {
        let minute = |minute: i64| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minute);
        assert!(may_come(Some(minute(0)), minute(1), minute(9)));
        assert!(!may_come(Some(minute(0)), minute(9), minute(10)), "the call ended long ago");
        assert!(may_come(None, minute(5), minute(14)));
        assert!(!may_come(None, minute(5), minute(15)));
        assert!(!may_come(Some(minute(90)), minute(0), minute(10)), "a call does not end in the future");
    }

    #[test]
    fn a_name_is_not_printed() {
        let places = ["https://host/998901234567.mp3", "998901234567.mp3"].map(parse);
        assert_eq!(format!("{places:?}"), "[Url(***), File(***)]");
    }
}
