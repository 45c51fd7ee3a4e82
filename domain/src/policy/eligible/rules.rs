//! Each rule by itself: what it says of what is known, and the figures it looked at.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Figures, Known, Rule, Standing, Tested, Verdict};
use crate::policy::caps;
use crate::policy::windows::Calendar;
use crate::zone::{Source, Zone};

/// A call that should be over is looked at again after this long.
const LOOKED_AT_AGAIN: TimeDelta = TimeDelta::minutes(1);

type Clock = Option<(Zone, Source)>;

pub(super) fn test(rule: Rule, known: &Known, clock: Clock, now: DateTime<Utc>) -> Tested {
    let (verdict, figures) = match rule {
        Rule::ContactStatus => contact_status(known),
        Rule::DoNotCall => do_not_call(known),
        Rule::NumberRetired => (suppress_if(known.person.retired), Figures::Nothing),
        Rule::ZoneKnown => zone_known(clock),
        Rule::CallUnderWay => call_under_way(known, now),
        Rule::Promise => due(known.person.promised_until, now),
        Rule::QuietTime => quiet_time(known, now),
        Rule::Caps => reached_caps(known, now),
        Rule::RetryDue => retry_due(known, now),
        Rule::CallbackDue => due(known.target.callback_at, now),
        Rule::Window => window(known, clock, now),
        Rule::Holiday => holiday(known, clock, now),
        Rule::Budget => budget(known),
        Rule::Breaker => breaker(known),
    };
    Tested { rule, verdict, figures }
}

type Said = (Verdict, Figures);

fn suppress_if(holds: bool) -> Verdict {
    if holds { Verdict::Suppress } else { Verdict::Pass }
}

fn contact_status(known: &Known) -> Said {
    let standing = known.contact.standing;
    (suppress_if(standing != Standing::Active), Figures::Contact(standing))
}

fn do_not_call(known: &Known) -> Said {
    known
        .person
        .listed
        .map_or((Verdict::Pass, Figures::Nothing), |list| (Verdict::Suppress, Figures::List(list)))
}

fn zone_known(clock: Clock) -> Said {
    clock.map_or((Verdict::Suppress, Figures::Nothing), |(zone, by)| {
        (Verdict::Pass, Figures::Clock { zone, by })
    })
}

fn call_under_way(known: &Known, now: DateTime<Utc>) -> Said {
    let Some(live) = known.person.live else { return (Verdict::Pass, Figures::Nothing) };
    let until = if live.until > now { live.until } else { now + LOOKED_AT_AGAIN };
    (Verdict::Defer { until }, Figures::Live { since: live.since })
}

fn due(at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Said {
    let Some(at) = at else { return (Verdict::Pass, Figures::Nothing) };
    let verdict = if at > now { Verdict::Defer { until: at } } else { Verdict::Pass };
    (verdict, Figures::Due { at })
}

/// A call that was asked for goes at its instant, though another attempt would be due later.
fn retry_due(known: &Known, now: DateTime<Utc>) -> Said {
    if known.target.callback_at.is_some() {
        return (Verdict::Pass, Figures::Nothing);
    }
    due(known.target.retry_at, now)
}

fn quiet_time(known: &Known, now: DateTime<Utc>) -> Said {
    let asked_for = known.target.callback_at.is_some();
    let silence = caps::silence(&known.campaign.pack.quiet, known.person.tried, asked_for, now);
    let Some(caps::Silence { spoke_at, after_conversation, until }) = silence else {
        return (Verdict::Pass, Figures::Nothing);
    };
    (Verdict::Defer { until }, Figures::Silence { spoke_at, after_conversation })
}

fn reached_caps(known: &Known, now: DateTime<Utc>) -> Said {
    let (caps, tried) = (&known.campaign.pack.caps, known.person.tried);
    let Some(reached) = caps::reached(caps, tried, now) else {
        let nearest = caps::nearest(caps, tried, now);
        let figures = nearest.map_or(Figures::Nothing, |(cap, found)| Figures::Cap { cap, found });
        return (Verdict::Pass, figures);
    };
    (Verdict::Defer { until: reached.until }, Figures::Cap { cap: reached.cap, found: reached.found })
}

fn window(known: &Known, clock: Clock, now: DateTime<Utc>) -> Said {
    let Some((zone, _)) = clock else { return (Verdict::Untried, Figures::Nothing) };
    let calendar = Calendar::of(known.campaign.pack, zone);
    let figures = Figures::Wall { time: zone.wall(now), zone };
    if calendar.in_window(now) { (Verdict::Pass, figures) } else { (opens(&calendar, now), figures) }
}

fn holiday(known: &Known, clock: Clock, now: DateTime<Utc>) -> Said {
    let Some((zone, _)) = clock else { return (Verdict::Untried, Figures::Nothing) };
    let calendar = Calendar::of(known.campaign.pack, zone);
    let Some(date) = calendar.holiday(now) else { return (Verdict::Pass, Figures::Nothing) };
    (opens(&calendar, now), Figures::Holiday { date })
}

/// What never opens is not waited for.
fn opens(calendar: &Calendar, now: DateTime<Utc>) -> Verdict {
    calendar.next_open(now).map_or(Verdict::Suppress, |until| Verdict::Defer { until })
}

fn budget(known: &Known) -> Said {
    let (budget, spent) = (known.campaign.budget, known.campaign.spent);
    (suppress_if(budget.left(spent) == Some(0)), Figures::Budget { budget, spent })
}

fn breaker(known: &Known) -> Said {
    known
        .campaign
        .tripped
        .map_or((Verdict::Pass, Figures::Nothing), |tripped| (Verdict::Suppress, Figures::Failures(tripped)))
}
