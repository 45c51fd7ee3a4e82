//! Pages of a list: how long one may be, how it knows that there is another one, and how it says where that begins.
//! What a cursor means is the list's own business; clients give back what they were given.

use actix_web::http::header::{HeaderValue, LINK};
use actix_web::{HttpRequest, HttpResponseBuilder};

use super::edge;
use super::problem::Problem;

/// How many are asked for, if anybody says so. What cannot be kept is refused: whoever asks for more than there may be,
/// and is given less, takes the page for the whole.
pub(super) fn limit(text: Option<&str>, max: u32) -> Result<Option<u32>, Problem> {
    let read = |text: &str| {
        let number = text.parse().ok().filter(|number| (1..=max).contains(number));
        number.ok_or_else(|| Problem::parameter("limit", format!("has to be a whole number from 1 to {max}")))
    };
    text.map(read).transpose()
}

/// Cuts off what was read beyond the page; true where there was something.
pub(super) fn cut<T>(rows: &mut Vec<T>, limit: u32) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    more
}

/// Names the next page: its address as RFC 8288 has it, and its cursor alone.
pub(super) fn next(request: &HttpRequest, cursor: &str, answer: &mut HttpResponseBuilder) {
    let link = link(request.path(), request.query_string(), cursor);
    for (name, value) in [(LINK.as_str(), link.as_str()), (edge::NEXT, cursor)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            answer.insert_header((name, value));
        }
    }
}

fn link(path: &str, query: &str, cursor: &str) -> String {
    let kept = query.split('&').filter(|pair| !pair.is_empty() && pair.split('=').next() != Some("cursor"));
    let mut link = format!("<{path}?");
    for pair in kept {
        link.push_str(pair);
        link.push('&');
    }
    link.push_str("cursor=");
    link.push_str(cursor);
    link.push_str(">; rel=\"next\"");
    link
}

/// A cursor that is a place of its own, by its number.
pub(super) fn position(cursor: Option<&str>) -> Result<Option<u64>, Problem> {
    let read = |text: &str| {
        let wrong = || Problem::parameter("cursor", "has to be a whole number, as X-Next-Cursor gave it");
        text.parse().map_err(|_| wrong())
    };
    cursor.map(read).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_asked_for_like_this_one() {
        assert_eq!(link("/calls/history", "", "7.1"), "</calls/history?cursor=7.1>; rel=\"next\"");
        assert_eq!(
            link("/a", "limit=2&cursor=9&status=BUSY%2CFAILED&", "8"),
            "</a?limit=2&status=BUSY%2CFAILED&cursor=8>; rel=\"next\""
        );
    }

    #[test]
    fn a_page_is_as_long_as_was_asked() {
        let mut rows = vec![1, 2, 3];
        assert_eq!((cut(&mut rows, 2), &*rows), (true, &[1, 2][..]));
        assert_eq!((cut(&mut rows, 2), &*rows), (false, &[1, 2][..]));
    }
}
