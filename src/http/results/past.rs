//! The results of a session's calls as they were at an earlier time. It owns how they are read on, page by page; what they were is
//! folded in `as_of`.

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use domain::fact::Position;
use domain::ids::StreamId;
use domain::language::Language;
use domain::outcome::CallStatus;
use futures_util::stream::{self, Stream};
use projections::call_history::ResultRow;

use super::list::piece;
use super::view::ResultView;
use crate::http::as_of::{self, Moment};
use crate::http::problem::Problem;
use crate::http::{Engine, page, sessions};

const PAGE: usize = 2_000;

/// A session's results at a time, read from a place on.
pub(super) struct LookingBack {
    pub(super) engine: Engine,
    pub(super) session: StreamId,
    /// None of them means any.
    pub(super) statuses: Vec<CallStatus>,
    pub(super) language: Language,
    pub(super) then: Moment,
    pub(super) after: Position,
}

impl LookingBack {
    /// A page where a limit is given, else all of them. A session that did not exist yet has none.
    pub(super) async fn answer(
        self,
        limit: Option<u32>,
        request: &HttpRequest,
    ) -> Result<HttpResponse, Problem> {
        as_of::session(&self.engine, self.session.as_str(), self.then.position).await?;
        let mut answer = self.then.shown();
        let Some(limit) = limit else { return Ok(answer.streaming(self.all())) };
        let more = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
        let mut rows = self.rows(more).await?;
        page::end(&mut rows, limit, |last| last.position.to_string(), (request, &mut answer));
        let views: Vec<ResultView<'_>> = rows.iter().map(|row| self.view(row)).collect();
        sessions::json(answer, &views)
    }

    async fn rows(&self, limit: usize) -> Result<Vec<ResultRow>, Problem> {
        let which = (self.statuses.as_slice(), self.then.position);
        as_of::results(&self.engine, &self.session, which, (self.after, limit)).await
    }

    /// The array in pieces.
    fn all(self) -> impl Stream<Item = Result<Bytes, actix_web::Error>> {
        stream::try_unfold(Some((self, false)), async |state| {
            let Some((mut reading, more)) = state else { return Ok(None) };
            let rows = reading
                .rows(PAGE)
                .await
                .inspect_err(|why| tracing::error!(cause = %why, "results broke off: {why}"))
                .map_err(actix_web::Error::from)?;
            let last = rows.len() < PAGE;
            let piece = piece(rows.iter().map(|row| reading.view(row)), more, last);
            reading.after = rows.last().map_or(reading.after, |row| row.position);
            Ok(Some((piece, (!last).then_some((reading, true)))))
        })
    }

    fn view<'a>(&self, row: &'a ResultRow) -> ResultView<'a> {
        ResultView::shown(row, self.language)
    }
}
