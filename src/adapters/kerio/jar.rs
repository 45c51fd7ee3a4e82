//! The cookies of one session, all of them, by name. The box is the only host that they are ever sent to, over TLS only.

use std::collections::BTreeMap;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};

/// More are not kept.
const COOKIES_MAX: usize = 32;

#[derive(Default)]
pub(super) struct Jar(BTreeMap<String, Cookie>);

struct Cookie {
    value: String,
    path: String,
}

impl Jar {
    /// Keeps what an answer from an address brought, and forgets what it takes back.
    pub(super) fn keep(&mut self, headers: &HeaderMap, from: &Url) {
        for line in headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            let attributes: Vec<(&str, &str)> =
                parts.map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
            let attribute = |name: &str| {
                attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
            };
            let over = attribute("Max-Age").is_some_and(|age| age.starts_with('-') || age == "0");
            if over || value.is_empty() {
                self.0.remove(name);
            } else if self.0.len() < COOKIES_MAX || self.0.contains_key(name) {
                let path = attribute("Path").filter(|path| path.starts_with('/'));
                let path = path.map_or_else(|| folder(from.path()), ToOwned::to_owned);
                self.0.insert(name.to_owned(), Cookie { value: value.to_owned(), path });
            }
        }
    }

    /// What goes with a request to an address.
    pub(super) fn header(&self, to: &Url) -> Option<HeaderValue> {
        let sent = self.0.iter().filter(|(_, cookie)| covers(&cookie.path, to.path()));
        let pairs: Vec<String> = sent.map(|(name, cookie)| format!("{name}={}", cookie.value)).collect();
        let mut header = HeaderValue::try_from(pairs.join("; ")).ok().filter(|_| !pairs.is_empty())?;
        header.set_sensitive(true);
        Some(header)
    }
}

/// Where a cookie counts that does not say it.
fn folder(path: &str) -> String {
    let end = path.rfind('/').unwrap_or(0);
    path.get(..end).filter(|folder| !folder.is_empty()).unwrap_or("/").to_owned()
}

fn covers(cookie: &str, path: &str) -> bool {
    let rest = path.strip_prefix(cookie);
    rest.is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(path: &str) -> Url {
        Url::parse("https://192.0.2.1:4021").unwrap().join(path).unwrap()
    }

    fn kept(jar: &mut Jar, lines: &[&str]) {
        let lines = lines.iter().map(|line| (SET_COOKIE, HeaderValue::try_from(*line).unwrap()));
        jar.keep(&lines.collect(), &url("/admin/api/jsonrpc/"));
    }

    fn sent(jar: &Jar, path: &str) -> String {
        jar.header(&url(path)).map_or_else(String::new, |header| header.to_str().unwrap().to_owned())
    }

    #[test]
    fn every_cookie_is_kept_and_sent_where_it_counts() {
        let mut jar = Jar::default();
        kept(&mut jar, &["S=a1; HttpOnly; Secure; Path=/admin/", "T=b2=; secure; path=/admin/"]);
        kept(&mut jar, &["U=c", "V=d; Path=/other"]);
        assert_eq!(sent(&jar, "/admin/api/jsonrpc/"), "S=a1; T=b2=; U=c");
        assert_eq!(sent(&jar, "/admin/api/download/x"), "S=a1; T=b2=");
        assert_eq!((sent(&jar, "/other/x"), sent(&jar, "/otherwise")), ("V=d".to_owned(), String::new()));
    }

    #[test]
    fn a_cookie_is_replaced_by_name_and_can_be_taken_back() {
        let mut jar = Jar::default();
        kept(&mut jar, &["S=a; Path=/", "T=b; Path=/"]);
        kept(&mut jar, &["S=z; Path=/", "T=b; Path=/; Max-Age=0", "no cookie"]);
        assert_eq!(sent(&jar, "/"), "S=z");
        assert!(jar.header(&url("/")).unwrap().is_sensitive());
    }
}
