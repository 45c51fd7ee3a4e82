//! Pages of a list: how long one may be, how it knows that there is another one, and how it says where that begins.
//! What a cursor means is the list's own business; clients give back what they were given.

use actix_web::http::header::{HeaderValue, LINK};
use actix_web::{HttpRequest, HttpResponseBuilder};
use serde::Deserialize;
use utoipa::IntoParams;

use super::edge;
use super::problem::Problem;

/// So many are shown where nobody says how many.
const LIST: u32 = 100;
const LIST_MAX: u32 = 1_000;

/// What part of a list that is read from its beginning.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Paged {
    /// At most 1,000; 100 where it is left out.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1_000)]
    limit: Option<String>,
    /// Only what comes after an earlier answer's page: its `X-Next-Cursor`, which also stands in its `Link`.
    cursor: Option<String>,
}

impl Paged {
    /// How many, and after which place.
    pub(super) fn read(&self) -> Result<(u32, u64), Problem> {
        let few = limit(self.limit.as_deref(), LIST_MAX)?.unwrap_or(LIST);
        Ok((few, position(self.cursor.as_deref())?.unwrap_or(0)))
    }
}

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

/// The same, and the answer names the page after it.
pub(super) fn end<T>(
    rows: &mut Vec<T>,
    limit: u32,
    cursor: impl FnOnce(&T) -> String,
    (request, answer): (&HttpRequest, &mut HttpResponseBuilder),
) {
    if cut(rows, limit)
        && let Some(last) = rows.last()
    {
        next(request, &cursor(last), answer);
    }
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
