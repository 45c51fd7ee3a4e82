//! The voice agent's port: one suite for every agent there is, the simulated one in this process and, over HTTP, the same as a program
//! of its own. What the program does beside the port is in `agent/program.rs`, what a far end may do to us in `agent/nasty.rs`.

mod nasty;
mod program;

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::conversation::answer::Answer;
use domain::phone::{Home, Phone};
use futures_util::future::join_all;
use karnay::adapters::agent::{Agent, Options};
use karnay::adapters::simulated_agent::{self, SimulatedAgent};
use karnay::adapters::system::SystemClock;
use karnay::ports::{AgentCall, AgentKind, Spoken, Trouble, Unclear, VoiceAgent};
use program::Program;
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(20);
const SEED: u64 = 7;

/// An agent, and what it needs to live.
struct Bed {
    agent: Arc<dyn VoiceAgent>,
    _program: Option<Program>,
}

fn inside(faults: &str, speed: u32) -> Bed {
    let options = simulated_agent::Options {
        seed: SEED,
        speed,
        faults: faults.parse().unwrap(),
        clock: Arc::new(SystemClock),
    };
    Bed { agent: Arc::new(SimulatedAgent::new(options)), _program: None }
}

fn over_http(faults: &str, speed: u32) -> Bed {
    let (chance, times) = (SEED.to_string(), speed.to_string());
    let program = Program::start(&["--seed", &chance, "--speed", &times, "--faults", faults]);
    let agent = Agent::try_new(options(&program.url)).unwrap();
    Bed { agent: Arc::new(agent), _program: Some(program) }
}

fn options(url: &str) -> Options {
    Options {
        url: url.parse().unwrap(),
        status_url: Some(url.replace("/call", "/status").parse().unwrap()),
        token: None,
        timeout: Duration::from_secs(2),
        report_to: None,
        outside: None,
        home: Home::parse("UZ").unwrap(),
    }
}

fn both(faults: &str, speed: u32) -> [Bed; 2] {
    [inside(faults, speed), over_http(faults, speed)]
}

fn person(number: u32) -> AgentCall {
    AgentCall {
        phone: Phone::stored(&format!("+99890{:07}", 1_000_000 + number)),
        first_name: "Alisher".to_owned(),
        last_name: "Valijonov".to_owned(),
        custom_data: json!({ "remainingDebt": 5170.50 }),
    }
}

async fn answered(bed: &Bed, effect: &str, number: u32) -> Answer {
    match bed.agent.call(effect, person(number)).await {
        Ok(Spoken::Answered(answer)) => answer,
        other => panic!("{other:?}"),
    }
}

/// As often as it says that the call still goes on.
async fn asked(bed: &Bed, effect: &str, reference: Option<&str>) -> Option<Answer> {
    let began = Instant::now();
    loop {
        match bed.agent.ask(effect, reference).await {
            Ok(answer) => return answer,
            Err(Trouble::Later { .. }) => assert!(began.elapsed() < PATIENCE),
            Err(never) => panic!("{never}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What was said, times aside: they are now and then.
fn told(answer: &Answer) -> (bool, Option<String>, serde_json::Value, serde_json::Value) {
    let Answer { success, outcome, duration, promise, .. } = answer;
    (*success, outcome.clone(), duration.clone(), promise.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_says_the_same_inside_and_over_http() {
    let mut said = vec![];
    for bed in both("", 10_000) {
        let calls = (0..60).map(|number| {
            let bed = &bed;
            async move { answered(bed, &format!("call/{number}/1"), number).await }
        });
        let answers = join_all(calls).await;
        for answer in &answers {
            let summary = answer.summary.as_deref().unwrap();
            assert!(summary.contains("Simulyatsiya") && summary.contains("simulated"), "{summary}");
        }
        said.push(answers.iter().map(told).collect::<Vec<_>>());
    }
    assert_eq!(said[0], said[1]);
    let outcomes: std::collections::BTreeSet<_> = said[0].iter().map(|(_, outcome, ..)| outcome).collect();
    assert!(outcomes.len() >= 6, "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_name_is_one_call() {
    let fresh = inside("", 10_000);
    let (first, second) = (answered(&fresh, "x/1", 2).await, answered(&fresh, "x/2", 2).await);
    assert_ne!(told(&first), told(&second), "another attempt goes another way, at least for this number");
    for bed in both("", 10_000) {
        let (one, again) = tokio::join!(answered(&bed, "call/2/1", 2), answered(&bed, "call/2/1", 2));
        assert_eq!(one, again);
        let next = answered(&bed, "call/2/2", 2).await;
        assert_eq!((told(&one), told(&next)), (told(&first), told(&second)), "it was counted once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_a_call_can_be_asked() {
    for bed in both("", 10_000) {
        let answer = answered(&bed, "call/1/1", 1).await;
        assert_eq!(bed.agent.ask("call/1/1", None).await, Ok(Some(answer)));
        assert_eq!(bed.agent.ask("call/1/2", None).await, Ok(None), "nobody has heard of it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_goes_on_is_asked_about_later() {
    for bed in both("", 1) {
        let agent = Arc::clone(&bed.agent);
        let call = tokio::spawn(async move { agent.call("call/1/1", person(1)).await });
        let began = Instant::now();
        while bed.agent.ask("call/1/1", None).await == Ok(None) {
            assert!(began.elapsed() < PATIENCE, "it was not asked for");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(matches!(bed.agent.ask("call/1/1", None).await, Err(Trouble::Later { .. })));
        call.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_rings_nobody_and_nobody_knows_of_it() {
    for bed in both("500", 10_000) {
        let Err(Trouble::Never { why }) = bed.agent.call("call/1/1", person(1)).await else {
            panic!("not refused");
        };
        assert!(why.starts_with("HTTP 500"), "{why}");
        assert_eq!(bed.agent.ask("call/1/1", None).await, Ok(None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_only_taken_is_told_later() {
    for bed in both("callback", 1_000) {
        let Ok(Spoken::Accepted { reference }) = bed.agent.call("call/1/1", person(1)).await else {
            panic!("not taken");
        };
        let answer = asked(&bed, "call/1/1", Some(&reference)).await.unwrap();
        assert_eq!(told(&answer), told(&answered(&inside("", 10_000), "x", 1).await));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_no_refusal() {
    for (fault, known) in [("dead", false), ("late", true), ("half", true)] {
        for bed in both(fault, 10_000) {
            let said = bed.agent.call("call/1/1", person(1)).await;
            let Ok(Spoken::Unclear { why }) = said else { panic!("{fault}: {said:?}") };
            assert_eq!(matches!(why, Unclear::BrokenOff), fault == "half", "{fault}: {why}");
            assert_eq!(asked(&bed, "call/1/1", None).await.is_some(), known, "{fault}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_answers_and_repeated_ones_are_answers() {
    for fault in ["slow", "twice"] {
        for bed in both(fault, 1_000) {
            let answer = answered(&bed, "call/1/1", 1).await;
            assert_eq!(told(&answer), told(&answered(&inside("", 10_000), "x", 1).await));
        }
    }
}

#[test]
fn an_agent_says_whether_its_calls_disturb_anybody() {
    assert_eq!(inside("", 1).agent.kind(), AgentKind::Simulated);
    let real = Agent::try_new(options("http://127.0.0.1:9/call")).unwrap();
    assert_eq!(real.kind(), AgentKind::Real);
}
