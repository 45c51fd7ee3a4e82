//! The alarms and the board: they ask for what the engine really tells, Prometheus understands them, and each alarm is explained.

mod asked;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{content, is_there, path, text};
use crate::live::Watch;
use crate::world::{World, report};
use asked::{Asked, names, unknown};

const PATIENCE: Duration = Duration::from_secs(30);
/// How wide Grafana's boards are.
const WIDTH: u64 = 24;

/// What the engine tells: the values of each label of each name.
#[derive(Debug, Default)]
struct Told(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

/// Those of which it does not say what they are.
fn unexplained(text: &str) -> BTreeSet<&str> {
    let begins = |word: &str| {
        let found = text.lines().filter_map(move |line| line.strip_prefix("# ")?.strip_prefix(word));
        found.filter_map(|rest| rest.split_whitespace().next()).collect::<BTreeSet<&str>>()
    };
    begins("TYPE ").difference(&begins("HELP ")).copied().collect()
}

impl Told {
    fn read(text: &str) -> Self {
        let mut told = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let (series, _) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let known = told.0.entry(name.to_owned()).or_default();
            for label in labels.trim_end_matches('}').split("\",").filter(|label| !label.is_empty()) {
                let (label, value) = label.split_once("=\"").unwrap();
                known.entry(label.to_owned()).or_default().insert(value.trim_end_matches('"').to_owned());
            }
        }
        told
    }
}

/// An alarm: its name, what it asks and what it says.
fn alarms() -> Vec<(String, Asked)> {
    let text = text("alerts.yml");
    let mut found = vec![];
    for block in text.split("      - alert: ").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        let (_, rest) = rest.split_once("expr: ").unwrap();
        let end = ["\n        for:", "\n        labels:"].iter().filter_map(|key| rest.find(key)).min();
        let expression = rest[..end.unwrap()].trim_start_matches('|').trim().to_owned();
        let said = rest.split("summary: ").nth(1).unwrap().to_owned();
        found.push((name.to_owned(), Asked { expression, said }));
    }
    assert!(found.len() > 10);
    found
}

fn board() -> Value {
    serde_json::from_str(&text("grafana.json")).unwrap()
}

/// What the board asks, with an example for what Grafana fills in.
fn drawn() -> Vec<Asked> {
    let board = board();
    let panels = board["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().cloned().unwrap_or_default());
    let mut all: Vec<Asked> = targets
        .map(|target| Asked {
            expression: target["expr"].as_str().unwrap().to_owned(),
            said: target["legendFormat"].as_str().unwrap().to_owned(),
        })
        .collect();
    for mark in board["annotations"]["list"].as_array().unwrap() {
        let (expression, said) = (mark["expr"].as_str().unwrap(), mark["titleFormat"].as_str().unwrap());
        all.push(Asked { expression: expression.to_owned(), said: said.to_owned() });
    }
    for asked in &mut all {
        asked.expression = asked.expression.replace("$__rate_interval", "5m").replace("$instance", ".*");
    }
    assert!(all.len() > 20);
    all
}

/// What an engine tells that was asked for a little of everything.
async fn told() -> String {
    let mut world = World::sqlite();
    world.set("REMOTE_HOST", "simulated");
    world.set("KERIO_PBX_HOST", "simulated");
    world.start().await;
    let sent = world.report(&report("session-1738862891234-abc123", 1)).await.unwrap();
    assert_eq!(sent.status(), 200);
    let forged = world.http.get(world.url("/calls/history")).bearer_auth("no token").send().await.unwrap();
    assert_eq!(forged.status(), 401);
    let sockets = json!([{ "namespace": "/", "auth": { "token": world.token() } }]);
    let mut watch = Watch::at(&world.url(""), &sockets, None).await;
    watch.each("position", 1).await;
    let began = Instant::now();
    loop {
        let text = world.get("/metrics").await.text().await.unwrap();
        // The exchange is asked a moment after the start.
        if text.contains("karnay_pbx_connected") {
            return text;
        }
        assert!(began.elapsed() < PATIENCE, "the exchange is not asked: {text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_is_told() {
    let text = told().await;
    assert_eq!(unexplained(&text), BTreeSet::new());
    let told = Told::read(&text);
    let alarms = alarms().into_iter().map(|(_, asked)| asked);
    let offences: Vec<String> = alarms.chain(drawn()).flat_map(|asked| unknown(&told, &asked)).collect();
    assert!(offences.is_empty(), "{offences:#?}");
}

/// A histogram's parts are one figure.
fn figures(all: impl IntoIterator<Item = Asked>) -> BTreeSet<String> {
    let of = |asked: Asked| {
        let names = names(&asked.expression).into_iter();
        let whole = |name: &str| {
            ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|part| name.strip_suffix(part))
                .unwrap_or(name)
                .to_owned()
        };
        names.map(|(name, _)| whole(name)).collect::<Vec<_>>()
    };
    all.into_iter().flat_map(of).collect()
}

/// Whoever is woken looks at the board first.
#[test]
fn what_has_an_alarm_is_drawn() {
    let (alarms, drawn) = (figures(alarms().into_iter().map(|(_, asked)| asked)), figures(drawn()));
    assert!(alarms.contains("karnay_disk_low") && alarms.contains("karnay_commit_seconds"), "{alarms:?}");
    let blind: Vec<&String> = alarms.difference(&drawn).collect();
    assert!(blind.is_empty(), "nobody sees on the board how it is with {blind:?}");
}

#[test]
fn what_is_not_explained_is_found() {
    let text =
        "# HELP karnay_a What\n# TYPE karnay_a gauge\nkarnay_a 1\n\n# TYPE karnay_b counter\nkarnay_b 2\n";
    assert_eq!(unexplained(text), BTreeSet::from(["karnay_b"]));
}

#[test]
fn prometheus_understands_the_alarms_and_each_of_them_sounds() {
    if !is_there("promtool") {
        return;
    }
    let promtool = |what: &str, file: &Path| {
        let mut promtool = Command::new("promtool");
        promtool.args([what, "rules"]).arg(file);
        content(promtool)
    };
    promtool("check", &path("alerts.yml"));
    promtool("test", &path("alerts.test.yml"));
    // What the board asks, written down as rules.
    let folder = tempfile::tempdir().unwrap();
    let rule =
        |(number, asked): (usize, Asked)| json!({ "record": format!("a{number}"), "expr": asked.expression });
    let rules: Vec<Value> = drawn().into_iter().enumerate().map(rule).collect();
    let file = folder.path().join("board.yml");
    std::fs::write(&file, json!({ "groups": [{ "name": "board", "rules": rules }] }).to_string()).unwrap();
    promtool("check", &file);
}

#[test]
fn every_alarm_is_tried_and_explained() {
    let alarms: BTreeSet<String> = alarms().into_iter().map(|(name, _)| name).collect();
    let file = text("alerts.test.yml");
    let tried: BTreeSet<String> =
        file.split("alertname=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    assert_eq!(tried, alarms, "alerts.test.yml");
    let operations =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md")).unwrap();
    let explained: Vec<&str> =
        operations.lines().filter_map(|line| line.strip_prefix("### Karnay")).collect();
    let explained: BTreeSet<String> = explained.into_iter().map(|name| format!("Karnay{name}")).collect();
    assert_eq!(explained, alarms, "docs/operations.md has a paragraph for each alarm");
}

#[test]
fn the_board_is_laid_out() {
    let board = board();
    let panels = board["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "every panel has its own id");
    let mut taken = BTreeSet::new();
    for panel in panels {
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
        assert!(x + w <= WIDTH && !panel["title"].as_str().unwrap().is_empty(), "{panel}");
        for (column, line) in (x..x + w).flat_map(|column| (y..y + h).map(move |line| (column, line))) {
            assert!(taken.insert((column, line)), "{} lies over another", panel["title"]);
        }
        let asks = panel["targets"].as_array().is_some_and(|targets| !targets.is_empty());
        assert!(asks || panel["type"] == "row", "{panel}");
    }
}
