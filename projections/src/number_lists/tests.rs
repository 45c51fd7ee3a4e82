//! What becomes a row.

use std::sync::Arc;

use domain::fact::Circumstances;
use domain::ids::StreamId;

use super::*;

#[test]
fn an_accepted_list_is_shown_once() {
    let id = Uuid::from_u128(7);
    let counts = Counts { rows: 5, numbers: 3, repaired: 1, duplicates: 1, invalid: 1, chunks: 1 };
    let at = DateTime::UNIX_EPOCH;
    let accepted = number_list::Event::Accepted { id, origin: Origin::Text, counts, digest: "aa".into(), at };
    let fact = Fact {
        position: 9,
        stream: StreamId::stored(format!("1/{id}")),
        sequence: 1,
        recorded_at: at,
        occurred_at: at,
        circumstances: Arc::new(Circumstances::default()),
        event: Event::NumberList(accepted),
    };
    assert_eq!(NumberLists::touches(&fact), Some(Touch::New(format!("1/{id}"))));
    let mut row = None;
    NumberLists::fold(&mut row, &fact).unwrap();
    let shown = row.as_ref().unwrap();
    assert_eq!((shown.organization.as_str(), shown.numbers, shown.invalid, shown.position), ("1", 3, 1, 9));
    assert!(NumberLists::fold(&mut row, &fact).is_err());
}
