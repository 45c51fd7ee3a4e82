//! What becomes of an event that is sent to a receiver outside: taken, tried again later and later, or given up after more than a day.
//! When each try is due depends on nothing but the tries before it, and on chance, so that a crowd does not come back in one moment.

use chrono::{DateTime, TimeDelta, Utc};

use crate::webhook_endpoint::Fault;

/// Between a try that failed and the next one.
const PAUSES: [TimeDelta; 7] = [
    TimeDelta::seconds(5),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(10),
];
/// Each pause is by up to so much longer, in percent.
const JITTER: i32 = 10;
/// No event is given up sooner, however often it was tried.
const KEPT_FOR: TimeDelta = TimeDelta::hours(24);
/// Whoever takes nothing for so long is sent nothing more.
const FAILING_MAX: TimeDelta = TimeDelta::days(5);
/// Whoever took nothing for so long was away.
const AWAY_MIN: TimeDelta = TimeDelta::minutes(5);
/// Events that wait for another try at one receiver. While there are so many, no further ones are begun with.
pub const WAITING_MAX: usize = 100;
/// An event was refused so often before it gives way to others: where those are taken, and where nothing is, which may be otherwise soon.
const REFUSED_ALONE: u32 = 2;
const REFUSED_WITH_ALL: u32 = 4;

const OK: std::ops::RangeInclusive<u16> = 200..=299;
const GONE: u16 = 410;
/// Too many requests, or none for the moment.
const BUSY: [u16; 2] = [429, 503];
/// What a receiver says of an event itself, unless it speaks of the address or of the moment.
const REFUSED: std::ops::RangeInclusive<u16> = 400..=499;
const NOT_OF_THE_EVENT: [u16; 8] = [401, 403, 404, 405, 407, 408, 425, 429];

/// What a receiver's answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Taken,
    /// Nothing is wanted there any more.
    Gone,
    Failed,
}

/// `status` is that of HTTP, none where there was no answer.
pub fn judge(status: Option<u16>) -> Verdict {
    match status {
        Some(status) if OK.contains(&status) => Verdict::Taken,
        Some(GONE) => Verdict::Gone,
        Some(_) | None => Verdict::Failed,
    }
}

/// An event that a receiver did not take.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    pub tries: u32,
    pub first_at: DateTime<Utc>,
    /// Of the last answer.
    pub status: Option<u16>,
}

/// What follows on a try that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Again(DateTime<Utc>),
    /// Given up: somebody may have it sent again by hand.
    Dead,
}

/// After its last try, which was made now. `wish` is how long the receiver wants to be left alone: it is where it has too much to do, for as
/// long as the longest pause at most.
pub fn next(it: Waiting, wish: Option<TimeDelta>, now: DateTime<Utc>, chance: u8) -> Next {
    let made = usize::try_from(it.tries).unwrap_or(usize::MAX);
    if made > PAUSES.len() && now - it.first_at >= KEPT_FOR {
        return Next::Dead;
    }
    let [.., longest] = PAUSES;
    let pause = PAUSES.get(made.saturating_sub(1)).copied().unwrap_or(longest);
    let wish = wish.filter(|_| it.status.is_some_and(|status| BUSY.contains(&status)));
    let pause = wish.map_or(pause, |wish| pause.max(wish.min(longest)));
    Next::Again(now + pause + pause * JITTER * i32::from(chance) / (100 * i32::from(u8::MAX)))
}

/// Whether an event gives way where there is no more room: the receiver refuses it, sooner or later by whether it has taken others since,
/// as it is now since `anew_at`.
pub fn gives_way(it: Waiting, anew_at: DateTime<Utc>, failing_since: Option<DateTime<Utc>>) -> bool {
    let refused =
        it.status.is_some_and(|status| REFUSED.contains(&status) && !NOT_OF_THE_EVENT.contains(&status));
    let others_taken = failing_since.is_none_or(|since| it.first_at < since);
    let enough = if others_taken { REFUSED_ALONE } else { REFUSED_WITH_ALL };
    refused && it.tries >= enough && it.first_at >= anew_at
}

/// Whether a receiver that was away takes something again, so that whatever waits for it is tried at once. After a failure in between the
/// others keep to their times: an event that is never taken must not be tried whenever another one is.
pub fn recovered(taken: bool, failing_since: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    taken && failing_since.is_some_and(|since| now - since >= AWAY_MIN)
}

/// Whether a receiver is to be left alone: since when it took nothing that it was sent, and that it fails now.
pub fn fault(verdict: Verdict, failing_since: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<Fault> {
    match verdict {
        Verdict::Taken => None,
        Verdict::Gone => Some(Fault::Gone),
        Verdict::Failed => {
            failing_since.is_some_and(|since| now - since >= FAILING_MAX).then_some(Fault::Failing)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
    }

    fn failed(tries: u32, first_at: DateTime<Utc>) -> Waiting {
        Waiting { tries, first_at, status: Some(500) }
    }

    /// When each try is made, in seconds from the first.
    fn tried(chance: u8) -> Vec<i64> {
        let (first, mut now, mut tries, mut all) = (at(0), at(0), 1, vec![0]);
        while let Next::Again(due) = next(failed(tries, first), None, now, chance) {
            now = due;
            tries += 1;
            all.push((now - first).num_seconds());
        }
        all
    }

    #[test]
    fn an_event_is_tried_for_more_than_a_day() {
        assert_eq!(tried(0), [0, 5, 305, 2_105, 9_305, 27_305, 63_305, 99_305]);
        let late = tried(u8::MAX);
        assert_eq!((late.len(), late[7]), (8, 109_235));
        assert!(late.iter().zip(tried(0)).all(|(late, soon)| *late >= soon));
    }

    /// Whoever was tried sooner than planned is not given up sooner.
    #[test]
    fn tries_in_quick_succession_give_nothing_up() {
        assert_eq!(
            next(failed(50, at(0)), None, at(3_600), 0),
            Next::Again(at(3_600) + TimeDelta::hours(10))
        );
        assert_eq!(next(failed(50, at(0)), None, at(86_400), 0), Next::Dead);
    }

    #[test]
    fn whoever_has_too_much_to_do_is_left_alone_as_long_as_they_say() {
        let due = |status, tries, secs| {
            let it = Waiting { status: Some(status), ..failed(tries, at(0)) };
            match next(it, Some(TimeDelta::seconds(secs)), at(0), 0) {
                Next::Again(due) => (due - at(0)).num_seconds(),
                Next::Dead => panic!("it was given up"),
            }
        };
        assert_eq!((due(429, 1, 60), due(503, 1, 60), due(500, 1, 60)), (60, 60, 5));
        assert_eq!(due(429, 2, 60), 300, "a pause is not made shorter by it");
        assert_eq!(due(503, 1, 86_400 * 365), 36_000);
    }

    #[test]
    fn an_answer_is_taken_gone_or_a_failure() {
        for (status, verdict) in [
            (Some(200), Verdict::Taken),
            (Some(204), Verdict::Taken),
            (Some(302), Verdict::Failed),
            (Some(404), Verdict::Failed),
            (Some(410), Verdict::Gone),
            (Some(500), Verdict::Failed),
            (None, Verdict::Failed),
        ] {
            assert_eq!(judge(status), verdict, "{status:?}");
        }
    }

    #[test]
    fn what_is_refused_gives_way_sooner_where_others_are_taken() {
        let waiting = |tries, status| Waiting { tries, first_at: at(10), status: Some(status) };
        let way = |it, failing: Option<i64>| gives_way(it, at(0), failing.map(at));
        for status in [400, 409, 422] {
            assert!(way(waiting(2, status), None) && way(waiting(2, status), Some(11)));
            assert!(!way(waiting(1, status), None), "it was refused once");
            assert!(!way(waiting(3, status), Some(10)), "nothing was taken since");
            assert!(way(waiting(4, status), Some(10)));
        }
        for other in [302, 401, 403, 404, 405, 407, 408, 425, 429, 500, 503] {
            assert!(!way(waiting(9, other), None), "{other}");
        }
        assert!(!way(Waiting { tries: 9, first_at: at(10), status: None }, None));
        assert!(!gives_way(waiting(9, 422), at(11), None), "it was another receiver's to take");
    }

    #[test]
    fn whoever_was_away_and_is_back_is_told_at_once_what_waits() {
        let back = |taken, secs: i64| recovered(taken, Some(at(-secs)), at(0));
        assert_eq!((back(true, 300), back(true, 299), back(false, 300)), (true, false, false));
        assert!(!recovered(true, None, at(0)));
    }

    #[test]
    fn days_of_nothing_but_failures_are_enough() {
        let failed = |since: i64| fault(Verdict::Failed, Some(at(since)), at(0));
        assert_eq!((failed(-86_400 * 5), failed(-86_400 * 5 + 1)), (Some(Fault::Failing), None));
        assert_eq!(fault(Verdict::Failed, None, at(0)), None);
        assert_eq!(fault(Verdict::Gone, None, at(0)), Some(Fault::Gone));
        assert_eq!(fault(Verdict::Taken, Some(at(-86_400 * 9)), at(0)), None);
    }
}
