//! The dashboard's files as Vite built them (`assets/app`), and the page that stands in for them where nobody did.
//! It knows nothing of HTTP. A debug build reads the folder whenever it is asked, a release build has it inside.

use std::borrow::Cow;

use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "assets"]
#[allow_missing = true]
struct Assets;

/// What is served where there is no dashboard.
const PLACEHOLDER: &str = "placeholder.html";
/// The page in which every screen is shown.
const INDEX: &str = "index.html";
/// Below here each name holds the hash of what it names.
const HASHED: &str = "assets/";
const DIGITS: usize = 32;

#[derive(Debug, Clone)]
pub struct File {
    pub bytes: Cow<'static, [u8]>,
    /// Another one for other bytes.
    pub tag: String,
    pub mime: String,
    /// Whether there will never be anything else under this name.
    pub immutable: bool,
}

/// A file of the dashboard, by its path below `/ui/`.
pub fn find(path: &str) -> Option<File> {
    // A debug build asks the file system, which would go up.
    if path.split('/').any(|part| part == "..") {
        return None;
    }
    Assets::get(&format!("app/{path}")).map(|file| described(file, path.starts_with(HASHED)))
}

/// Whether a path names a file or nothing, rather than a screen.
pub fn is_file(path: &str) -> bool {
    path.starts_with(HASHED)
}

/// The page of all screens, where the dashboard was built.
pub fn index() -> Option<File> {
    find(INDEX)
}

/// What says how to get the dashboard.
pub fn placeholder() -> Option<File> {
    Assets::get(PLACEHOLDER).map(|file| described(file, false))
}

fn described(file: EmbeddedFile, immutable: bool) -> File {
    let mut tag = hex::encode(file.metadata.sha256_hash());
    tag.truncate(DIGITS);
    let mime = file.metadata.mimetype();
    let mime = if mime.starts_with("text/") { format!("{mime}; charset=utf-8") } else { mime.to_owned() };
    File { bytes: file.data, tag, mime, immutable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_page_whether_or_not_the_dashboard_was_built() {
        let page = placeholder().unwrap();
        assert_eq!((page.mime.as_str(), page.immutable), ("text/html; charset=utf-8", false));
        assert_eq!(page.tag.len(), DIGITS);
    }

    #[test]
    fn nothing_beside_the_dashboard_is_given_away() {
        for path in ["../placeholder.html", "../../Cargo.toml", "/etc/passwd", "", "."] {
            assert!(find(path).is_none(), "{path}");
        }
    }
}
