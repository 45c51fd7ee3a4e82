//! Numbered pages with a total, as `/auto-calling` lists have them, and cursors beside them for whoever reads on for long.

use actix_web::{HttpRequest, HttpResponseBuilder};
use domain::fact::Position;
use projections::Page;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::page;
use super::problem::Problem;

/// Further down one goes with a cursor: what is left out before a page has to be read all the same.
const SKIP_MAX: u64 = 100_000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Pages {
    /// Counted from 1.
    #[param(value_type = Option<u32>, minimum = 1)]
    page: Option<String>,
    /// So many a page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1_000)]
    limit: Option<String>,
    /// Instead of `page`: where an earlier answer ended, as its `meta.nextCursor` said.
    cursor: Option<String>,
}

/// Where a page is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) at: Page,
    pub(super) limit: u32,
    /// Its number; none where a cursor says where it is.
    number: Option<u32>,
}

/// What a page says of itself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PageMeta)]
pub(super) struct Meta {
    /// Null where a cursor says where it is.
    page: Option<u32>,
    limit: u32,
    total: u64,
    total_pages: u64,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

impl Pages {
    pub(super) fn place(&self, usual: u32, max: u32) -> Result<Place, Problem> {
        let limit = page::limit(self.limit.as_deref(), max)?.unwrap_or(usual);
        let number = match (page::position(self.cursor.as_deref())?, self.page.as_deref()) {
            (Some(_), Some(_)) => return Err(Problem::parameter("cursor", "goes without page")),
            (Some(cursor), None) => return Ok(Place { at: Page::Beyond(cursor), limit, number: None }),
            (None, text) => numbered(text)?,
        };
        let skip = u64::from(number - 1) * u64::from(limit);
        if skip > SKIP_MAX {
            return Err(Problem::parameter("page", "is too far down; read on with cursor instead"));
        }
        Ok(Place { at: Page::Skip(skip), limit, number: Some(number) })
    }
}

fn numbered(text: Option<&str>) -> Result<u32, Problem> {
    let wrong = || Problem::parameter("page", "has to be a whole number from 1 on");
    text.map_or(Ok(1), |text| text.parse().ok().filter(|page| *page > 0).ok_or_else(wrong))
}

impl Place {
    /// Cuts off what was read beyond the page; where the next one begins, if there is one.
    pub(super) fn cut<T>(&self, rows: &mut Vec<T>, position: impl Fn(&T) -> Position) -> Option<Position> {
        let more = page::cut(rows, self.limit);
        rows.last().filter(|_| more).map(position)
    }

    pub(super) fn answer(
        &self,
        request: &HttpRequest,
        mut answer: HttpResponseBuilder,
        next: Option<Position>,
    ) -> HttpResponseBuilder {
        // Whoever turns numbered pages goes on with numbers; only a cursor can be followed as a link.
        if let (None, Some(next)) = (self.number, next) {
            page::next(request, &next.to_string(), &mut answer);
        }
        answer
    }

    pub(super) fn meta(&self, total: u64, next: Option<Position>) -> Meta {
        let total_pages = total.div_ceil(u64::from(self.limit));
        Meta {
            page: self.number,
            limit: self.limit,
            total,
            total_pages,
            next_cursor: next.map(|next| next.to_string()),
        }
    }
}
