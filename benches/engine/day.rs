//! A day's work, for screens that reports alone leave empty: a list dialled and reported by the call server, contacts that come in a
//! sheet and are called by a campaign through the simulated agent, the simulated exchange watched meanwhile. The engine makes all of it.

use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::campaign::{Agent, Asker, text};
use crate::homes::{Home, Store};
use crate::load::{self, Plan, Until};
use crate::{Bench, lists, say, screens};

/// As many events come of them as there are others: about a million together.
const REPORTED: usize = 300_000;
const CONTACTS: usize = 80_000;
const LISTS: usize = 4;
const CONNECTIONS: usize = 64;
const AT_ONCE: u32 = 2_000;
const A_SECOND: f64 = 340.0;
/// Numbers of the lists are not those of the contacts, which begin at the first there is.
const FIRST_NUMBER: u64 = 20_000_000;
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Where the day's journal is. The agent is held for as long as the engine may ask it about a call.
pub(crate) struct Day {
    pub(crate) home: Home,
    pub(crate) events: usize,
    _agent: Agent,
}

pub(crate) async fn lived(bench: &Bench, store: Store) -> Result<Day> {
    let (agent, settings) = Agent::settings()?;
    let home = bench.home(store).await?.and(&settings).and(&["KERIO_PBX_HOST=simulated".to_owned()]);
    let engine = home.start().await?;
    let asker = Asker { http: Client::new(), at: format!("http://{}", engine.address), token: home.token()? };
    let len = u64::try_from(bench.sized(REPORTED) / LISTS)?;
    let reports = lists::started(engine.address, LISTS, len, FIRST_NUMBER).await?;
    let write = reports.clone();
    let reported = load::run(Plan {
        address: engine.address,
        connections: CONNECTIONS,
        until: Until::Count(len * u64::try_from(LISTS)?),
        pace: None,
        patient: true,
        write: Rc::new(move |number, out| write.request(number, out)),
    });
    reported.await?.demand_clean()?;
    let called = bench.sized(CONTACTS);
    let ids = asker.contacts(called).await?;
    let limits = json!({ "concurrency": AT_ONCE, "callsPerSecond": A_SECOND });
    let campaign = asker.campaign("P3", &ids, limits).await?;
    all_called(&asker, &campaign, called).await?;
    for session in reports.sessions() {
        screens::caught_up(engine.address, session).await?;
    }
    let events = usize::try_from(asker.head().await?)?;
    engine.stop().await?;
    say(&format!("P3 {store}: a day of {events} events"));
    Ok(Day { home, events, _agent: agent })
}

/// Everybody was called, some of them again already; then the campaign rests, and the last calls end.
async fn all_called(asker: &Asker, campaign: &str, contacts: usize) -> Result<()> {
    loop {
        let shown = asker.ask(Method::GET, campaign, None).await?;
        let count = |name| shown.get(name).and_then(Value::as_u64).with_context(|| format!("no {name}"));
        match text(&shown, "status") {
            Some("RUNNING") if count("attempts")? >= u64::try_from(contacts)? => {
                asker.ask(Method::POST, &format!("{campaign}/pause"), None).await?;
            }
            Some("PAUSED") if count("calling")? == 0 => return Ok(()),
            Some("RUNNING" | "PAUSED") => {}
            _ => bail!("it stands still: {shown}"),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
