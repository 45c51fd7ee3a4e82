//! Ninety days of a dialler that dials whenever nothing speaks against it: one person in two campaigns, in zones with and without
//! daylight saving. What it did is then counted by hand, with the library's clock and none of the policies.

use chrono::{Datelike, NaiveDate, Timelike};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::conversation::{Counts, Outcome, Path, Promise, Reach, Upshot};
use crate::policy::retry::{Ended, Next, Tries};
use crate::rules::caps::Counted;

const DAYS: i64 = 90;
const CALL: TimeDelta = TimeDelta::seconds(95);
/// How late a callback may be: another call of the person may be under way.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

const ZONES: [&str; 8] = [
    "Asia/Tashkent",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Asia/Kathmandu",
];

/// What comes of a call, times being counted from its end.
#[derive(Debug, Clone)]
enum Told {
    Plain(Reach),
    CallbackIn(i64),
    DueIn(i64),
}

impl Told {
    fn reach(&self, ended_at: DateTime<Utc>) -> Reach {
        match self {
            Self::Plain(reach) => reach.clone(),
            Self::CallbackIn(mins) => {
                Reach::Reached(Upshot::CallbackRequested { at: Some(ended_at + TimeDelta::minutes(*mins)) })
            }
            Self::DueIn(days) => {
                let due = (ended_at + TimeDelta::days(*days)).date_naive();
                Reach::Reached(Upshot::PromiseToPay(Promise { amount: None, due: Some(due) }))
            }
        }
    }
}

#[derive(Debug, Default)]
struct Target {
    tries: Tries,
    waits: TargetView,
    over: bool,
}

/// A call that was made, and the callback that it answered.
#[derive(Debug)]
struct Made {
    at: DateTime<Utc>,
    counts: Counts,
    asked_for: Option<DateTime<Utc>>,
}

#[derive(Debug)]
struct World {
    pack: Pack,
    zone: Zone,
    told: Vec<Told>,
    now: DateTime<Utc>,
    targets: [Target; 2],
    made: Vec<Made>,
    tried: Vec<Tried>,
    promises: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    listed: bool,
    retired: bool,
    live: Option<Live>,
}

impl World {
    fn weigh(&self, target: usize, now: DateTime<Utc>) -> Decision {
        let whereabouts = Whereabouts { contact: Some(self.zone), ..Whereabouts::default() };
        let known = Known {
            contact: ContactView { standing: Standing::Active, whereabouts },
            person: PersonView {
                listed: self.listed.then_some(List::Organization),
                retired: self.retired,
                live: self.live,
                promised_until: self.promises.last().map(|(_, until)| *until),
                tried: &self.tried,
            },
            target: self.targets[target].waits,
            ..known(&self.pack)
        };
        weigh(&known, now).decision
    }

    fn dial(&mut self, place: usize) {
        let (dialled_at, ended_at) = (self.now, self.now + CALL);
        self.live = Some(Live { since: dialled_at, until: ended_at });
        for place in 0..self.targets.len() {
            assert_ne!(
                self.weigh(place, dialled_at),
                Decision::Dial,
                "somebody is rung by two calls at once"
            );
        }
        let reach = self.told[self.made.len() % self.told.len()].reach(ended_at);
        let outcome = Outcome { reach, path: Path::Answer, talk_secs: None, cause: None };
        let counts = outcome.counts();
        self.made.push(Made { at: dialled_at, counts, asked_for: self.targets[place].waits.callback_at });
        if counts != Counts::Nothing {
            self.tried.push(Tried { at: dialled_at, spoke: counts == Counts::Conversation });
        }
        self.live = None;
        self.now = ended_at;
        self.follow(place, Ended { outcome: &outcome, dialled_at, ended_at });
    }

    fn follow(&mut self, place: usize, call: Ended) {
        let target = &mut self.targets[place];
        target.tries.count(call);
        let next = target.tries.next(call, &self.pack, self.zone);
        target.waits = TargetView::default();
        if let (Reach::Reached(Upshot::CallbackRequested { at: Some(asked) }), Next::Callback { at }) =
            (&call.outcome.reach, next)
        {
            assert!(at == *asked || *asked <= call.ended_at, "asked for {asked}, waits for {at}");
        }
        match next {
            Next::Again { at } => target.waits.retry_at = Some(at),
            Next::Callback { at } => target.waits.callback_at = Some(at),
            Next::Promised { until } => {
                target.over = true;
                self.promises.push((call.ended_at, until));
            }
            Next::Retired => self.retired = true,
            Next::OptedOut => self.listed = true,
            Next::Final => target.over = true,
        }
    }

    /// Whoever waits for a callback first, as a dialler does.
    fn order(&self) -> [usize; 2] {
        if self.targets[1].waits.callback_at.is_some() { [1, 0] } else { [0, 1] }
    }

    /// Until the days are over or nothing is left to do. Every defer has to come true to the second.
    fn run(&mut self) {
        let end = self.now + TimeDelta::days(DAYS);
        while self.now < end {
            let mut first: Option<(DateTime<Utc>, usize)> = None;
            let mut dialled = false;
            for place in self.order() {
                if self.targets[place].over {
                    continue;
                }
                match self.weigh(place, self.now) {
                    Decision::Dial => {
                        self.dial(place);
                        dialled = true;
                        break;
                    }
                    Decision::Deferred { until, .. } => {
                        assert!(
                            until > self.now,
                            "deferred until {until}, which is not later than {}",
                            self.now
                        );
                        assert_eq!(self.weigh(place, until), Decision::Dial, "nothing follows at {until}");
                        let sooner = self.weigh(place, (until - TimeDelta::seconds(1)).max(self.now));
                        assert_ne!(sooner, Decision::Dial, "it could have been before {until}");
                        first = Some(first.map_or((until, place), |first| first.min((until, place))));
                    }
                    Decision::Suppressed { rule, .. } => {
                        assert!(self.listed || self.retired, "stuck: {rule:?}");
                        self.targets[place].over = true;
                    }
                }
            }
            if dialled {
                continue;
            }
            let Some((until, _)) = first else { break };
            self.now = until;
        }
    }

    /// The time there, by the library alone.
    fn wall(&self, at: DateTime<Utc>) -> (NaiveDate, u32) {
        let wall = at.with_timezone(&self.zone.as_str().parse::<Tz>().unwrap());
        (wall.date_naive(), wall.hour() * 60 + wall.minute())
    }

    fn is_open(&self, at: DateTime<Utc>) -> bool {
        let (date, minute) = self.wall(at);
        let pieces = self.pack.windows.day(date.weekday());
        let inside =
            pieces.iter().any(|(from, until)| u32::from(*from) <= minute && minute < u32::from(*until));
        inside && !self.pack.holidays.contain(date)
    }

    /// How many of a kind lie in the stretch that ends with an instant, it included.
    fn found(&self, cap: &Cap, until: DateTime<Utc>, included: bool) -> u32 {
        let since = until - cap.within.span().delta();
        let within = self
            .made
            .iter()
            .filter(|made| made.at > since && (made.at < until || included && made.at == until));
        let counted = within.filter(|made| match cap.count {
            Counted::Attempts => made.counts != Counts::Nothing,
            Counted::Conversations => made.counts == Counts::Conversation,
        });
        u32::try_from(counted.count()).unwrap()
    }

    fn check(&self) -> Result<(), TestCaseError> {
        for made in &self.made {
            prop_assert!(self.is_open(made.at), "dialled outside the window: {:?}", self.wall(made.at));
            for (since, until) in &self.promises {
                prop_assert!(
                    made.at < *since || made.at >= *until,
                    "dialled in spite of a promise: {made:?}"
                );
            }
            for cap in &self.pack.caps {
                let found = self.found(cap, made.at, true);
                prop_assert!(found <= cap.at_most.get(), "{found} calls against {cap:?} at {}", made.at);
            }
        }
        self.made.iter().try_for_each(|made| self.check_callback(made))
    }

    /// Where it was open and no cap was reached at the instant asked for, it was called at that instant.
    fn check_callback(&self, made: &Made) -> Result<(), TestCaseError> {
        let Some(asked_for) = made.asked_for else { return Ok(()) };
        prop_assert!(made.at >= asked_for, "too soon: {made:?}");
        let free = self.pack.caps.iter().all(|cap| self.found(cap, asked_for, true) < cap.at_most.get());
        let silence =
            self.pack.quiet.after_conversation.map_or(TimeDelta::zero(), |within| within.span().delta());
        let quiet = !self.pack.quiet.spares_callbacks
            && self.made.iter().any(|earlier| {
                earlier.counts == Counts::Conversation
                    && earlier.at < made.at
                    && earlier.at + silence > asked_for
            });
        let promised = self.promises.iter().any(|(since, until)| *since < made.at && asked_for < *until);
        if free && !quiet && !promised && self.is_open(asked_for) && self.is_open(asked_for + TOLERANCE) {
            prop_assert!(made.at <= asked_for + TOLERANCE, "asked for {asked_for}, called {}", made.at);
        }
        Ok(())
    }
}

fn told() -> impl Strategy<Value = Told> {
    let plain = |reach| Just(Told::Plain(reach));
    prop_oneof![
        6 => plain(Reach::NoAnswer),
        4 => plain(Reach::Busy),
        2 => plain(Reach::NetworkError),
        2 => plain(Reach::Unavailable),
        1 => plain(Reach::Rejected),
        1 => plain(Reach::AgentRefused),
        1 => plain(Reach::Reached(Upshot::Dropped)),
        1 => plain(Reach::Reached(Upshot::Success)),
        1 => plain(Reach::Reached(Upshot::OptedOut)),
        1 => plain(Reach::InvalidNumber),
        6 => (-10..14_400_i64).prop_map(Told::CallbackIn),
        2 => (-3..40_i64).prop_map(Told::DueIn),
    ]
}

/// A pack, and what a campaign tightens of it: windows past midnight and over the hours at which clocks are changed.
fn packs() -> impl Strategy<Value = Pack> {
    let every = json!(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
    let hours =
        move |from: &str, until: &str| json!({"windows": [{"days": every, "from": from, "until": until}]});
    let night = hours("22:00", "03:30");
    let changes = [
        json!({}),
        night.clone(),
        hours("02:00", "03:00"),
        hours("00:30", "02:15"),
        hours("09:00", "12:00"),
        json!({"caps": [{"count": "attempts", "within": "12h", "atMost": 1}], "quiet": {"afterConversation": "3d"}}),
        json!({"windows": night["windows"], "holidays": ["10-25", "03-29", "03-28", "11-01"]}),
    ];
    let names = proptest::sample::select(&Pack::NAMES[..]);
    (names, proptest::sample::select(changes.to_vec())).prop_filter_map("open at all", |(name, changes)| {
        let pack = Pack::named(name)?.tightened(&read::<Changes>(&changes).unwrap());
        (!pack.windows.is_never_open()).then_some(pack)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn ninety_days_break_no_rule(
        pack in packs(),
        name in proptest::sample::select(&ZONES[..]),
        told in proptest::collection::vec(told(), 1..25),
        day in 0..365_i64,
    ) {
        let mut world = World {
            pack,
            zone: zone(name),
            told,
            now: at("2026-01-01T00:00:07Z") + TimeDelta::days(day),
            targets: <[Target; 2]>::default(),
            made: vec![],
            tried: vec![],
            promises: vec![],
            listed: false,
            retired: false,
            live: None,
        };
        world.run();
        prop_assert!(!world.made.is_empty(), "nobody was called in {DAYS} days");
        world.check()?;
    }
}
