//! Recordings fetched from other hosts. Each step of the way is looked at before it is taken: the first address and every one
//! that it leads to, up to three. Nothing of the environment has a say in it, and no address is written to the log.

use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, future, stream};
use reqwest::header::{self, HeaderMap, HeaderName};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};

use super::reach::{Lookup, Port, Reach, Refusal};
use crate::adapters::outside::marked;
use crate::ports::{Playback, Trouble};

const REDIRECTS_MAX: usize = 3;
const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// From the name's look-up to the answer's head.
const HEAD_WAIT: Duration = Duration::from_secs(20);
const AGAIN_AFTER: Duration = Duration::from_secs(10);
/// A far end's name for a version that is longer is not remembered.
const VERSION_LEN_MAX: usize = 256;

#[derive(Debug)]
pub(super) struct Web {
    reach: Reach,
    /// None on a machine without certificates to check others by.
    usual: Option<Client>,
    other: Option<Client>,
}

impl Web {
    pub(super) fn new(reach: Reach) -> Self {
        let (usual, other) = (client(&reach, Port::Usual), client(&reach, Port::Other));
        Self { reach, usual, other }
    }

    pub(super) async fn open(&self, url: &str, from: u64) -> Result<Option<Playback>, Trouble> {
        let mut url = Url::parse(url).map_err(|_| never("the recording's address cannot be understood"))?;
        for _ in 0..=REDIRECTS_MAX {
            self.look_at(&url).await?;
            let answer = self.ask(url.clone(), from).await?;
            match elsewhere(&answer, &url)? {
                Some(next) => url = next,
                None => return understood(answer, from),
            }
        }
        Err(never("the recording's host leads from address to address"))
    }

    /// What the address itself says; a name is looked up, and what it stands for looked at, when it is called.
    async fn look_at(&self, url: &Url) -> Result<(), Trouble> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(never("the recording's host leads to an address that is not of the web"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(never("the recording's address holds a password"));
        }
        let host = url.host_str().unwrap_or("").trim_matches(['[', ']']);
        match host.parse::<IpAddr>() {
            Ok(address) => self.reach.check(host, &[address], port(url)).await.map_err(refused),
            Err(_) => Ok(()),
        }
    }

    async fn ask(&self, url: Url, from: u64) -> Result<Response, Trouble> {
        let client = match port(&url) {
            Port::Usual => self.usual.as_ref(),
            Port::Other => self.other.as_ref(),
        };
        let client = client.ok_or_else(|| never("this machine has no certificates to check hosts by"))?;
        let mut request = client.get(url).header(header::ACCEPT_ENCODING, "identity");
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        match tokio::time::timeout(HEAD_WAIT, request.send()).await {
            Ok(answer) => answer.map_err(trouble),
            Err(_) => Err(Trouble::Later { after: AGAIN_AFTER }),
        }
    }
}

/// Calls hosts at one kind of port.
fn client(reach: &Reach, port: Port) -> Option<Client> {
    let client = Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .default_headers(marked())
        .dns_resolver(Arc::new(Lookup { reach: reach.clone(), port }))
        .connect_timeout(CONNECT_WAIT)
        // A connection that is kept would go on to an address that was looked at long ago.
        .pool_max_idle_per_host(0)
        .build();
    if let Err(why) = &client {
        tracing::warn!(cause = ?why, "recordings cannot be fetched from other hosts: {why}");
    }
    client.ok()
}

/// An address of the web tells only a port that is not its scheme's own.
fn port(url: &Url) -> Port {
    if url.port().is_some() { Port::Other } else { Port::Usual }
}

fn refused(why: Refusal) -> Trouble {
    match why {
        Refusal::NoAddress | Refusal::Private | Refusal::Port => never(why.to_string()),
        Refusal::Unsure => {
            tracing::warn!("a recording's host was not called: {why}");
            Trouble::Later { after: AGAIN_AFTER }
        }
    }
}

fn never(why: impl Into<String>) -> Trouble {
    Trouble::Never { why: why.into() }
}

fn trouble(why: reqwest::Error) -> Trouble {
    let why = why.without_url();
    let causes = || std::iter::successors(why.source(), |cause| (*cause).source());
    if let Some(refusal) = causes().find_map(|cause| cause.downcast_ref::<Refusal>()) {
        return refused(*refusal);
    }
    let cause = causes().last().map(ToString::to_string);
    tracing::warn!(cause, "a recording's host cannot be reached");
    Trouble::Later { after: AGAIN_AFTER }
}

/// Where an answer leads to, if it does.
fn elsewhere(answer: &Response, url: &Url) -> Result<Option<Url>, Trouble> {
    let leads = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::SEE_OTHER,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    if !leads.contains(&answer.status()) {
        return Ok(None);
    }
    let next = text(answer.headers(), &header::LOCATION).and_then(|next| url.join(next).ok());
    next.map(Some).ok_or_else(|| never("the recording's host leads nowhere"))
}

fn understood(answer: Response, from: u64) -> Result<Option<Playback>, Trouble> {
    if text(answer.headers(), &header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(never("the recording's host sends it compressed"));
    }
    match answer.status() {
        StatusCode::OK => Ok(Some(whole(answer, from))),
        StatusCode::PARTIAL_CONTENT => part(answer, from).map(Some),
        StatusCode::RANGE_NOT_SATISFIABLE => nothing_from_there(&answer).map(Some),
        StatusCode::ACCEPTED
        | StatusCode::NO_CONTENT
        | StatusCode::NOT_FOUND
        | StatusCode::GONE
        | StatusCode::TOO_EARLY => Ok(None),
        StatusCode::TOO_MANY_REQUESTS => Err(Trouble::Later { after: AGAIN_AFTER }),
        status if status.is_server_error() => Err(Trouble::Later { after: AGAIN_AFTER }),
        status => Err(never(format!("the recording's host answered {}", status.as_u16()))),
    }
}

/// From a host that takes no notice of where one wants to begin, what comes before is left out here.
fn whole(answer: Response, from: u64) -> Playback {
    let size = answer.content_length();
    let version = version(answer.headers());
    let mut before = if size.is_some() { from } else { 0 };
    let bytes = pieces(answer).map_ok(move |mut piece| {
        let len = piece.len().min(usize::try_from(before).unwrap_or(usize::MAX));
        before = before.saturating_sub(u64::try_from(len).unwrap_or(u64::MAX));
        piece.split_off(len)
    });
    let bytes = bytes.try_filter(|piece| future::ready(!piece.is_empty())).boxed();
    Playback { size, version, bytes }
}

fn part(answer: Response, from: u64) -> Result<Playback, Trouble> {
    let range = text(answer.headers(), &header::CONTENT_RANGE).and_then(content_range);
    let fits = |(first, last, size): &(u64, u64, u64)| *first == from && last.checked_add(1) == Some(*size);
    let Some((_, _, size)) = range.filter(fits) else {
        return Err(never("the recording's host sends another part than was asked for"));
    };
    Ok(Playback { size: Some(size), version: version(answer.headers()), bytes: pieces(answer).boxed() })
}

fn nothing_from_there(answer: &Response) -> Result<Playback, Trouble> {
    let range = text(answer.headers(), &header::CONTENT_RANGE);
    let size = range.and_then(|range| range.strip_prefix("bytes */")?.trim().parse().ok());
    let size: u64 = size.ok_or_else(|| never("the recording's host does not say how long it is"))?;
    Ok(Playback { size: Some(size), version: version(answer.headers()), bytes: stream::empty().boxed() })
}

/// `bytes 0-99/1234`
fn content_range(text: &str) -> Option<(u64, u64, u64)> {
    let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, last.trim().parse().ok()?, size.trim().parse().ok()?))
}

fn pieces(answer: Response) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send + 'static {
    answer.bytes_stream().map_err(|why| io::Error::other(why.without_url()))
}

/// Only what stands for the very bytes.
fn version(headers: &HeaderMap) -> Option<String> {
    let tag = text(headers, &header::ETAG).filter(|tag| tag.starts_with('"'));
    let version = tag.or_else(|| text(headers, &header::LAST_MODIFIED))?;
    (version.len() <= VERSION_LEN_MAX).then(|| version.to_owned())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
