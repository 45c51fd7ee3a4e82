//! P7: a campaign of a hundred thousand contacts, dialled through the simulated agent as a program of its own, two thousand calls at once:
//! how exactly its calls a second are held, and what that costs. One run a store: it lasts for minutes, and tells its own spread.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::child::Server;
use crate::figures::{Figure, Series, float, number};
use crate::homes::Store;
use crate::{Bench, load, say, webhook};

const CONTACTS: usize = 100_000;
const AT_ONCE: u32 = 2_000;
/// As many a second as keep nearly all of the lines busy, at the speed that the agent's calls go.
const A_SECOND: f64 = 340.0;
const SPEED: &str = "9";
/// The lines fill, and the campaign runs dry.
const FILLS: Duration = Duration::from_secs(15);
const MOST: f64 = 0.97;
const LOOK_EVERY: Duration = Duration::from_secs(1);
const WITHIN: usize = 10;
const BOUNDARY: &str = "a-line-that-no-list-contains";

#[derive(Debug, Default)]
struct Held {
    rate: Series,
    fastest: Series,
    live: Series,
    cpu: Series,
    memory: Series,
}

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    let contacts = bench.sized(CONTACTS);
    for store in bench.stores() {
        let held = load::on_one_thread(dialled(bench, store, contacts))?;
        held.report(bench, store, contacts);
    }
    Ok(())
}

/// The voice agent, which rings nobody. Dropping it ends it.
pub(crate) struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Agent {
    /// With the settings by which an engine calls through it, at any hour.
    pub(crate) fn settings() -> Result<(Self, [String; 3])> {
        let (agent, url) = Self::start()?;
        let status = url.replace("/call", "/status");
        let settings = [
            format!("AGENT_URL={url}"),
            format!("AGENT_STATUS_URL={status}"),
            "RULES_PACK=always".to_owned(),
        ];
        Ok((agent, settings))
    }

    /// It says where it listens.
    fn start() -> Result<(Self, String)> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_karnay"));
        command.args(["sim", "agent", "--port", "0", "--speed", SPEED]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut said = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut said)?;
        let url = said.split_whitespace().last().context("it says no address")?.to_owned();
        Ok((Self(child), url))
    }
}

/// Whoever asks the engine.
pub(crate) struct Asker {
    pub(crate) http: Client,
    pub(crate) at: String,
    pub(crate) token: String,
}

impl Asker {
    /// How far the journal has come, once the screens show it.
    pub(crate) async fn head(&self) -> Result<u64> {
        let path = format!("{}/auto-calling/contacts?limit=1", self.at);
        let answer = self.http.get(path).bearer_auth(&self.token).send().await?.error_for_status()?;
        let position = answer.headers().get("x-position").context("no position")?;
        Ok(position.to_str()?.parse()?)
    }

    /// Made and started. Where it is found.
    pub(crate) async fn campaign(&self, name: &str, contacts: &[Value], limits: Value) -> Result<String> {
        let plan =
            json!({ "name": name, "campaignType": "GENERAL", "contactIds": contacts, "settings": limits });
        let made = self.ask(Method::POST, "/auto-calling/campaigns", Some(plan)).await?;
        let campaign = format!("/auto-calling/campaigns/{}", text(&made, "id").context("no campaign")?);
        self.ask(Method::POST, &format!("{campaign}/start"), None).await?;
        Ok(campaign)
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let request = self.http.request(method, format!("{}{path}", self.at)).bearer_auth(&self.token);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// As a workbook of contacts is taken in.
    pub(crate) async fn contacts(&self, count: usize) -> Result<Vec<Value>> {
        let mut sheet = String::from("firstName,lastName,phone\n");
        for index in 0..u64::try_from(count)? {
            // Writing into a string cannot fail.
            let _ = writeln!(sheet, "Ali,Valiyev,{}", webhook::phone(index));
        }
        let head = "content-disposition: form-data; name=\"file\"; filename=\"contacts.csv\"";
        let body = format!("--{BOUNDARY}\r\n{head}\r\n\r\n{sheet}\r\n--{BOUNDARY}--\r\n");
        let path = format!("{}/auto-calling/contacts/upload-excel", self.at);
        let upload = self.http.post(path).bearer_auth(&self.token).body(body);
        let upload = upload.header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"));
        upload.send().await?.error_for_status()?;
        let mut ids = vec![];
        for page in 1..=count.div_ceil(1_000) {
            let path = format!("/auto-calling/contacts?limit=1000&page={page}");
            let listed = self.ask(Method::GET, &path, None).await?;
            let listed = listed.get("data").and_then(Value::as_array).context("no list")?;
            ids.extend(listed.iter().filter_map(|contact| contact.get("id").cloned()));
        }
        ensure!(ids.len() == count, "{} contacts", ids.len());
        Ok(ids)
    }
}

async fn dialled(bench: &Bench, store: Store, contacts: usize) -> Result<Held> {
    let (_agent, settings) = Agent::settings()?;
    let home = bench.home(store).await?.and(&settings);
    let engine = home.start().await?;
    let asker = Asker { http: Client::new(), at: format!("http://{}", engine.address), token: home.token()? };
    let ids = asker.contacts(contacts).await?;
    let limits = json!({ "concurrency": AT_ONCE, "callsPerSecond": A_SECOND });
    let campaign = asker.campaign("P7", &ids, limits).await?;
    let held = watch(&asker, &engine, &campaign, contacts).await?;
    engine.stop().await?;
    Ok(held)
}

/// Looks at the campaign every second from when its lines are full until nearly all were called.
async fn watch(asker: &Asker, engine: &Server, campaign: &str, contacts: usize) -> Result<Held> {
    tokio::time::sleep(FILLS).await;
    let (began, cpu, mut held) = (Instant::now(), engine.cpu()?, Held::default());
    let mut looks: Vec<(f64, f64)> = vec![];
    loop {
        let shown = asker.ask(Method::GET, campaign, None).await?;
        let count = |name| shown.get(name).and_then(Value::as_f64);
        let attempts = count("attempts").context("no attempts")?;
        looks.push((began.elapsed().as_secs_f64(), attempts));
        held.live.push(count("calling").unwrap_or(0.0));
        held.memory.push(engine.memory()?);
        if attempts >= MOST * float(contacts) {
            break;
        }
        ensure!(text(&shown, "status") == Some("RUNNING"), "it stands still: {shown}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let took = began.elapsed();
    held.cpu.push(engine.cpu()?.saturating_sub(cpu).as_secs_f64() / took.as_secs_f64());
    let rate = |(from, before): (f64, f64), (to, after): (f64, f64)| (after - before) / (to - from);
    for pair in looks.windows(WITHIN + 1) {
        if let [first, .., last] = pair {
            held.fastest.push(rate(*first, *last) / A_SECOND);
        }
    }
    if let [first, .., last] = looks[..] {
        held.rate.push(rate(first, last) / A_SECOND);
    }
    say(&format!("P7: {} looks in {} s", looks.len(), took.as_secs()));
    Ok(held)
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

impl Held {
    fn report(self, bench: &mut Bench, store: Store, contacts: usize) {
        let on = Figure::on("P7", store);
        let size = number(float(contacts));
        let figure = |what: &str, unit, series| on(&format!("campaign of {size}: {what}"), unit, series);
        let (cap, off) = (number(A_SECOND), self.rate.map(|rate| (rate - 1.0).abs()));
        bench.add([
            figure(&format!("how far calls a second are from the {cap} allowed"), "ratio", off).at_most(0.02),
            figure("calls in any ten seconds over those allowed", "ratio", self.fastest),
            figure("calls at once", "calls", self.live),
            figure("processor, user and system", "cores", self.cpu).at_most(1.0),
            figure("memory", "MiB", self.memory).at_most(400.0),
        ]);
    }
}
