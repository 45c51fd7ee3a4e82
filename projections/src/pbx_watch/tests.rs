//! What the screen makes of a watch.

use super::*;

use std::sync::Arc;

use domain::fact::Circumstances;

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
}

fn folded(events: Vec<pbx::Event>) -> WatchRow {
    let mut row = None;
    for (position, event) in (1..).zip(events) {
        let fact = Fact {
            position,
            stream: StreamId::pbx(&Organization::parse("1").unwrap()),
            sequence: position,
            recorded_at: at(0),
            occurred_at: at(0),
            circumstances: Arc::new(Circumstances::default()),
            event: Event::Pbx(event),
        };
        PbxWatch::fold(&mut row, &fact).unwrap();
    }
    row.unwrap()
}

fn gap(from: i64) -> pbx::Event {
    pbx::Event::MonitorGap { from: at(from), to: at(from + 5), why: Gap::Unreachable, at: at(from + 5) }
}

#[test]
fn the_last_reading_is_shown_and_the_newest_call_is_not_lost() {
    let sync = |through, new, secs| pbx::Event::Synced(Synced { through, rows: 9, new, at: at(secs) });
    let row = folded(vec![sync(Some(at(5)), 9, 10), sync(None, 0, 20)]);
    assert_eq!((row.synced_at, row.through, row.rows_read, row.rows_new), (Some(at(20)), Some(at(5)), 9, 0));
}

#[test]
fn gaps_are_told_from_the_newest_on_and_so_many() {
    let row = folded((0..150).map(|n| gap(10 * n)).collect());
    assert_eq!((row.gaps.0.len(), row.gaps_total), (GAPS_MAX, 150));
    assert_eq!((row.gaps.0[0].from, row.gaps.0[99].from), (at(1490), at(500)));
    assert_eq!(Gaps::read(row.gaps.cell()).as_ref(), Some(&row.gaps));
}

#[test]
fn who_is_let_in_again_is_refused_no_longer() {
    let refused = pbx::Event::Refused { why: Refusal::Certificate, at: at(3) };
    let row = folded(vec![refused.clone()]);
    assert_eq!((row.refused, row.refused_at), (Some(Refusal::Certificate), Some(at(3))));
    assert_eq!(Refusal::read(Refusal::Certificate.cell()), Some(Refusal::Certificate));
    assert_eq!(folded(vec![refused, pbx::Event::Accepted { at: at(4) }]).refused, None);
}
