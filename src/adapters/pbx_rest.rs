//! An exchange behind the documented addresses, which a gateway may serve; Kerio Operator itself does not. Signed with user and
//! password at each request, so that there is no session to lose. It only reads; what words mean is not known here.

mod rows;

use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use domain::pbx::said::{Inside, RecordingRow};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING};
use reqwest::{Response, StatusCode, Url};
use serde_json::Value;

use super::exchange::{Door, Options, Unfit, away, senseless, sound, told_at, trouble, unfit, whole};
use crate::ports::Playback;
use crate::ports::pbx::{About, Live, LogPage, LogRows, Pbx, PbxTrouble};

const CALLS: &str = "/api/rest/v1/calls/";
/// Whether a bound itself is meant with it, nobody says.
const PAST_ITS_SECOND: TimeDelta = TimeDelta::seconds(1);

#[derive(Debug, Clone)]
pub struct PbxRest(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    door: Door,
    options: Options,
    /// The password was refused, and nobody has looked after it.
    refused: AtomicBool,
}

impl PbxRest {
    pub fn try_new(options: Options) -> Result<Self, Unfit> {
        let door = Door::try_new(&options)?;
        Ok(Self(Arc::new(Inner { door, options, refused: AtomicBool::new(false) })))
    }

    fn at(&self, path: &str) -> Result<Url, PbxTrouble> {
        let url = self.0.door.at(&format!("{CALLS}{path}"));
        url.ok_or_else(|| senseless("there is no such address"))
    }

    async fn get(&self, url: Url, within: Option<Duration>) -> Result<Response, PbxTrouble> {
        if self.0.refused.load(Ordering::Relaxed) {
            return Err(PbxTrouble::Password);
        }
        let Options { user, password, .. } = &self.0.options;
        let request = self.0.door.client.get(url).basic_auth(user, Some(password.expose()));
        let request = request.header(ACCEPT_ENCODING, "identity").header(ACCEPT, "*/*");
        let request = match within {
            Some(within) => request.timeout(within),
            None => request,
        };
        let answer = request.send().await.map_err(|why| trouble(&why))?;
        match answer.status() {
            StatusCode::UNAUTHORIZED => {
                self.0.refused.store(true, Ordering::Relaxed);
                Err(PbxTrouble::Password)
            }
            StatusCode::FORBIDDEN => Err(PbxTrouble::Rights { what: "to see calls".to_owned() }),
            _ => Ok(answer),
        }
    }

    async fn list(&self, url: Url, within: Duration) -> Result<(Value, Option<DateTime<Utc>>), PbxTrouble> {
        let answer = self.get(url, Some(within)).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(PbxTrouble::Unsupported { what: CALLS.to_owned() }),
            _ => return Err(unfit(&answer)),
        }
        let told_at = told_at(answer.headers());
        let body: Bytes = whole(answer).await?;
        let said = serde_json::from_slice(&body).map_err(|_| senseless("it is no JSON"))?;
        Ok((said, told_at))
    }

    async fn list_live(&self) -> Result<Live, PbxTrouble> {
        let (said, told_at) = self.list(self.at("active")?, self.0.options.times.poll).await?;
        let listed = rows::listed(&said)?;
        let complete = listed.total.is_none_or(|total| total <= listed.rows.len());
        let calls = listed.rows.iter().filter_map(|row| rows::live(row, told_at)).collect();
        Ok(Live { calls, complete, told_at })
    }

    /// The documented interface knows no page, only how many rows there shall be: those before a page are asked for with it.
    async fn list_log(&self, page: LogPage) -> Result<LogRows, PbxTrouble> {
        let LogPage { start, limit, since } = page;
        let wanted = start.saturating_add(limit.into());
        let LogRows { mut rows, total } = self.batch(wanted, since, None).await?;
        // Gateways send so many rows at most, whatever was asked for; what is older is asked for by its time.
        while u64::try_from(rows.len()).is_ok_and(|read| read < wanted) {
            let Some(oldest) = rows.last().map(|row| row.started_at) else { break };
            let mut older = self.batch(wanted, since, Some(oldest + PAST_ITS_SECOND)).await?.rows;
            older.retain(|row| row.started_at <= oldest);
            let known = rows.iter().filter(|row| row.started_at == oldest).count();
            if older.len() <= known {
                break;
            }
            rows.retain(|row| row.started_at > oldest);
            rows.append(&mut older);
        }
        let skipped = usize::try_from(start).unwrap_or(usize::MAX);
        let taken = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(LogRows { rows: rows.into_iter().skip(skipped).take(taken).collect(), total })
    }

    /// The newest first, whatever order they come in.
    async fn batch(
        &self,
        limit: u64,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
    ) -> Result<LogRows, PbxTrouble> {
        let mut url = self.at("cdr")?;
        url.query_pairs_mut().append_pair("limit", &limit.to_string());
        for (name, bound) in [("start_date", since), ("end_date", until)] {
            if let Some(bound) = bound {
                let bound = bound.to_rfc3339_opts(SecondsFormat::Secs, true);
                url.query_pairs_mut().append_pair(name, &bound);
            }
        }
        let (said, _) = self.list(url, self.0.options.times.call).await?;
        let listed = rows::listed(&said)?;
        let total = listed.total.and_then(|total| u64::try_from(total).ok());
        let mut rows: Vec<_> = listed.rows.iter().filter_map(rows::logged).collect();
        rows.sort_by_key(|row| Reverse(row.started_at));
        Ok(LogRows { rows, total })
    }

    async fn list_recordings(
        &self,
        since: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<RecordingRow>, PbxTrouble> {
        let logged = self.list_log(LogPage { start: 0, limit, since: Some(since) }).await?;
        let found = logged.rows.into_iter().filter(|row| row.started_at >= since);
        Ok(found.filter_map(rows::recording).collect())
    }

    async fn fetch_recording(&self, id: &str) -> Result<Option<Playback>, PbxTrouble> {
        let mut url = self.at("")?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(id).push("recording");
        }
        let Options { times, recording_len_max, .. } = self.0.options;
        let answer = tokio::time::timeout(times.call, self.get(url, None)).await;
        let answer = answer.map_err(|_| away("the exchange does not answer in time"))??;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
            _ => return Err(unfit(&answer)),
        }
        let expected = sound::Expected { id, len: None, len_max: recording_len_max, piece_wait: times.piece };
        sound::open(answer, expected).await.map(Some)
    }

    async fn hear_about(&self) -> Result<About, PbxTrouble> {
        self.0.refused.store(false, Ordering::Relaxed);
        self.list_live().await?;
        Ok(About { product: "REST gateway".to_owned(), version: "v1".to_owned() })
    }
}

impl Pbx for PbxRest {
    fn about(&self) -> BoxFuture<'_, Result<About, PbxTrouble>> {
        self.hear_about().boxed()
    }

    fn live(&self) -> BoxFuture<'_, Result<Live, PbxTrouble>> {
        self.list_live().boxed()
    }

    fn log(&self, page: LogPage) -> BoxFuture<'_, Result<LogRows, PbxTrouble>> {
        self.list_log(page).boxed()
    }

    fn recordings(
        &self,
        since: DateTime<Utc>,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<RecordingRow>, PbxTrouble>> {
        self.list_recordings(since, limit).boxed()
    }

    fn directory(&self) -> BoxFuture<'_, Result<Vec<Inside>, PbxTrouble>> {
        async { Err(PbxTrouble::Unsupported { what: "its own numbers".to_owned() }) }.boxed()
    }

    fn open_recording<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Playback>, PbxTrouble>> {
        self.fetch_recording(id).boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async {}.boxed()
    }
}
