//! Kerio Operator, reached over the JSON-RPC of its own administration: one session that is used for everything, looked for anew
//! once where the box has lost it. It only reads. What states and statuses mean is not known here; no token, cookie, address or
//! number is shown or logged.

mod jar;
mod probe;
mod rows;
mod rpc;
mod session;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::pbx::said::{Inside, RecordingRow};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::StatusCode;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use super::exchange::loose::Loose;
use super::exchange::{Door, away, senseless, sound, trouble, unfit};
use crate::ports::Playback;
use crate::ports::pbx::{About, Live, LogPage, LogRows, Pbx, PbxTrouble};
use rpc::{Answer, Failed};
use session::{Session, Sessions};

pub use super::exchange::{Options, Password, Times, Tls, Unfit};
pub use probe::{Found, Shape};

/// A page of recordings.
const RECORDINGS_PAGE: u64 = 500;
/// How soon it is asked again whether a recording is ready.
const READY_AGAIN: Duration = Duration::from_millis(300);
/// Later than any call, earlier than any clock's end: the first second of 2100.
const FAR: i64 = 4_102_444_800;

#[derive(Debug, Clone)]
pub struct Kerio(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    sessions: Sessions,
    options: Options,
    /// The number of the latest request.
    asked: AtomicU64,
    /// Whether the box minds conditions on the time of a row; not set while nobody could tell.
    minds_time: OnceLock<bool>,
}

impl Kerio {
    pub fn try_new(options: Options) -> Result<Self, Unfit> {
        let sessions = Sessions::new(Door::try_new(&options)?, &options);
        let (asked, minds_time) = (AtomicU64::new(0), OnceLock::new());
        Ok(Self(Arc::new(Inner { sessions, options, asked, minds_time })))
    }

    /// Once more in a new session where the box has lost the old one.
    async fn call(&self, method: &str, params: &Value, within: Duration) -> Result<Answer, Failed> {
        let session = self.0.sessions.open().await?;
        let first = self.ask(&session, method, params, within).await;
        let Err(Failed::Lost { .. }) = first else { return first };
        let session = self.0.sessions.renew(&session).await?;
        self.ask(&session, method, params, within).await
    }

    async fn ask(
        &self,
        session: &Session,
        method: &str,
        params: &Value,
        within: Duration,
    ) -> Result<Answer, Failed> {
        let id = self.0.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let answer = rpc::ask(self.0.sessions.door(), session, (id, method, params), within).await;
        if !matches!(answer, Err(Failed::Lost { .. } | Failed::Trouble(_))) {
            session.prove();
        }
        answer
    }

    /// The answer to a method, or what to do about it.
    async fn told(&self, method: &str, params: Value) -> Result<Answer, PbxTrouble> {
        let within = self.0.options.times.call;
        self.call(method, &params, within).await.map_err(|failed| failed.of(method))
    }

    async fn list(&self, method: &str, query: Value) -> Result<Answer, PbxTrouble> {
        self.told(method, json!({ "query": query })).await
    }

    async fn hear_about(&self) -> Result<About, PbxTrouble> {
        self.0.sessions.forgive().await;
        let answer = self.told("Version.getApiVersion", json!({})).await?;
        let api = Loose::new(&answer.result).and_then(|result| result.number(&["apiVersion"]));
        // Boxes that keep it to themselves are no worse for it.
        let constants = self.told("Server.getConstantList", json!({})).await.ok();
        let constants = constants.as_ref().map(|answer| &answer.result);
        let named = |part: &str| constants.and_then(|constants| rows::constant(constants, part));
        Ok(About {
            product: named("PRODUCT_NAME").unwrap_or_else(|| "Kerio Operator".to_owned()),
            version: named("PRODUCT_VERSION")
                .unwrap_or_else(|| api.map_or_else(|| "unknown".to_owned(), rows::api_version)),
        })
    }

    async fn list_live(&self) -> Result<Live, PbxTrouble> {
        const METHOD: &str = "Status.getCalls";
        let order = [json!({ "columnName": "ANSWERED_DURATION", "direction": "Asc" })];
        let params = json!({ "query": { "start": 0, "limit": -1, "orderBy": order } });
        let answer = self.call(METHOD, &params, self.0.options.times.poll).await;
        let Answer { result, told_at } = answer.map_err(|failed| failed.of(METHOD))?;
        let listed = rows::listed(&result, "calls")?;
        let complete = listed.total.is_none_or(|total| total <= listed.rows.len());
        let calls = listed.rows.iter().filter_map(rows::live).collect();
        Ok(Live { calls, complete, told_at })
    }

    async fn list_log(&self, page: LogPage) -> Result<LogRows, PbxTrouble> {
        let LogPage { start, limit, since } = page;
        let order = [newest("TIMESTAMP")];
        let query = match since {
            Some(since) if self.minds_time().await? => {
                let bound = [not_before(since.timestamp())];
                json!({ "conditions": bound, "orderBy": order, "start": start, "limit": limit })
            }
            Some(_) | None => json!({ "orderBy": order, "start": start, "limit": limit }),
        };
        let answer = self.list("CallHistory.get", query).await?;
        let listed = rows::listed(&answer.result, "callHistory")?;
        Ok(LogRows {
            rows: listed.rows.iter().filter_map(rows::logged).collect(),
            total: listed.total.and_then(|total| u64::try_from(total).ok()),
        })
    }

    /// Nobody has seen it work: what lies in the future has to be missing, and what lies in the past has to be there.
    async fn minds_time(&self) -> Result<bool, PbxTrouble> {
        if let Some(known) = self.0.minds_time.get() {
            return Ok(*known);
        }
        let known = match (self.count_since(FAR).await?, self.count_since(1).await?) {
            (Some(0), Some(0)) => return Ok(false),
            (future, past) => future == Some(0) && past.is_some(),
        };
        Ok(*self.0.minds_time.get_or_init(|| known))
    }

    /// None where the box refuses to answer that.
    async fn count_since(&self, secs: i64) -> Result<Option<usize>, PbxTrouble> {
        let query = json!({ "conditions": [not_before(secs)], "combining": "And",
            "orderBy": [newest("TIMESTAMP")], "start": 0, "limit": 1 });
        match self.list("CallHistory.get", query).await {
            Ok(answer) => {
                let listed = rows::listed(&answer.result, "callHistory")?;
                Ok(Some(listed.total.unwrap_or_default().max(listed.rows.len())))
            }
            Err(PbxTrouble::Senseless { .. } | PbxTrouble::Unsupported { .. }) => Ok(None),
            Err(
                why @ (PbxTrouble::Password
                | PbxTrouble::Rights { .. }
                | PbxTrouble::Certificate { .. }
                | PbxTrouble::Away { .. }),
            ) => Err(why),
        }
    }

    async fn list_recordings(
        &self,
        since: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<RecordingRow>, PbxTrouble> {
        let fields = ["ID", "NAME", "EXTENSION", "CALLER_ID", "DURATION", "STARTED"];
        let (mut found, mut start, limit) = (vec![], 0, u64::from(limit));
        while start < limit {
            let part = RECORDINGS_PAGE.min(limit - start);
            let query =
                json!({ "fields": fields, "orderBy": [newest("STARTED")], "start": start, "limit": part });
            let answer = self.list("Recordings.get", query).await?;
            let listed = rows::listed(&answer.result, "recordingList")?;
            let page: Vec<RecordingRow> = listed.rows.iter().filter_map(rows::recording).collect();
            // A box may give less than it was asked for.
            start += u64::try_from(listed.rows.len()).unwrap_or(limit);
            let ends = listed.rows.is_empty()
                || listed.total.is_some_and(|total| start >= u64::try_from(total).unwrap_or(u64::MAX));
            let older = page.iter().any(|recording| recording.started_at < since);
            found.extend(page.into_iter().filter(|recording| recording.started_at >= since));
            if ends || older {
                break;
            }
        }
        // What came in between is listed twice.
        let mut seen = HashSet::new();
        found.retain(|recording| seen.insert(recording.id.clone()));
        Ok(found)
    }

    async fn list_inside(&self) -> Result<Vec<Inside>, PbxTrouble> {
        let params = json!({ "query": { "start": 0, "limit": -1 }, "onlyExtensions": false });
        let answer = self.told("Server.getInternalDirectoryList", params).await?;
        let listed = rows::listed(&answer.result, "numberList")?;
        Ok(listed.rows.iter().filter_map(rows::inside).collect())
    }

    /// In two steps: the box makes it ready under an address, and gives it there once.
    async fn fetch_recording(&self, id: &str) -> Result<Option<Playback>, PbxTrouble> {
        const METHOD: &str = "Recordings.downloadAudioContent";
        let session = self.0.sessions.open().await.map_err(|failed| failed.of(METHOD))?;
        let first = self.try_recording(&session, id).await;
        let Err(Failed::Lost { .. }) = first else { return gone(first, METHOD) };
        let session = self.0.sessions.renew(&session).await.map_err(|failed| failed.of(METHOD))?;
        gone(self.try_recording(&session, id).await, METHOD)
    }

    async fn try_recording(&self, session: &Session, id: &str) -> Result<Option<Playback>, Failed> {
        let within = self.0.options.times.call;
        let ready = tokio::time::timeout(within, self.ready(session, id)).await;
        let ready = ready.map_err(|_| away("the exchange has not made the recording ready in time"))??;
        let url = self.0.sessions.door().at(&ready.url);
        let url = url.ok_or_else(|| senseless("the recording's address leads elsewhere"))?;
        let request = session.sign(self.0.sessions.door().client.get(url.clone()), &url);
        let asked = tokio::time::timeout(within, request.header(ACCEPT, "*/*").send()).await;
        let asked = asked.map_err(|_| away("the exchange does not answer in time"))?;
        let answer = asked.map_err(|why| trouble(&why))?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(None),
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => return Err(Failed::Lost { forbidden: true }),
            _ => return Err(unfit(&answer).into()),
        }
        let Options { recording_len_max, times, .. } = &self.0.options;
        let expected =
            sound::Expected { id, len: ready.len, len_max: *recording_len_max, piece_wait: times.piece };
        Ok(Some(sound::open(answer, expected).await?))
    }

    /// Waits until the box has it ready, which the caller bounds.
    async fn ready(&self, session: &Session, id: &str) -> Result<rows::Ready, Failed> {
        let params = json!({ "id": id, "transcode": true });
        let within = self.0.options.times.call;
        loop {
            let answer = self.ask(session, "Recordings.downloadAudioContent", &params, within).await?;
            if let Some(ready) = rows::ready(&answer.result)? {
                return Ok(ready);
            }
            tokio::time::sleep(READY_AGAIN).await;
        }
    }
}

fn gone(found: Result<Option<Playback>, Failed>, method: &str) -> Result<Option<Playback>, PbxTrouble> {
    match found {
        Err(Failed::Fault { code: rpc::NOT_THERE }) => Ok(None),
        found => found.map_err(|failed| failed.of(method)),
    }
}

fn newest(column: &str) -> Value {
    json!({ "columnName": column, "direction": "Desc" })
}

fn not_before(secs: i64) -> Value {
    json!({ "fieldName": "TIMESTAMP", "comparator": "GreaterEq", "value": secs })
}

impl Pbx for Kerio {
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
        self.list_inside().boxed()
    }

    fn open_recording<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Playback>, PbxTrouble>> {
        self.fetch_recording(id).boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.0.sessions.close().boxed()
    }
}
