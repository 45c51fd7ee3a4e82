//! What the board promises to those who watch and to those who come back.

use std::sync::mpsc::{Sender, channel};

use super::*;

struct Heard(Mutex<Sender<Position>>);

impl Deliver for Heard {
    fn is_pressed(&self) -> bool {
        false
    }

    fn deliver(&self, push: &Push, _: u64) {
        self.0.lock().unwrap().send(push.position).unwrap();
    }

    fn revoke(&self, _: &Organization, _: &Whose) {}
}

fn push(position: Position, is_standing: bool) -> Push {
    let audience = Audience::Organization(Organization::parse("1").unwrap());
    let data: Arc<RawValue> = RawValue::from_string(format!("\"{:98}\"", ' ')).unwrap().into();
    let subject = if is_standing { Subject::Standing(Arc::from("s")) } else { Subject::Past };
    Push { position, audience, space: Space::Calls, event: "e", data, subject }
}

fn ours() -> [Audience; 1] {
    [Audience::Organization(Organization::parse("1").unwrap())]
}

fn positions(missed: Missed) -> Option<Vec<Position>> {
    match missed {
        Missed::These(pushes) => Some(pushes.iter().map(|push| push.position).collect()),
        Missed::TooMuch => None,
    }
}

fn missed(board: &Board, last: Position) -> Option<Vec<Position>> {
    positions(board.join(Some(last), &ours(), |_| true, |_, missed| missed))
}

fn board() -> Board {
    Board::new((10, 12), 1_000)
}

#[test]
fn whoever_comes_back_gets_what_came_after_the_last_and_nothing_twice() {
    let board = board();
    assert!(board.deliver((10, 16), vec![push(11, false), push(14, false), push(14, true), push(15, false)]));
    assert_eq!(missed(&board, 10), Some(vec![11, 14, 14, 15]));
    assert_eq!(missed(&board, 14), Some(vec![14, 15]), "how it stands may be told twice");
    assert_eq!(missed(&board, 15), Some(vec![]));
    assert_eq!(missed(&board, 16), Some(vec![]));
    assert_eq!(positions(board.join(None, &ours(), |_| true, |_, missed| missed)), Some(vec![]));
    let wanted = |push: &Push| push.is_standing();
    assert_eq!(positions(board.join(Some(10), &ours(), wanted, |_, missed| missed)), Some(vec![14]));
}

#[test]
fn whoever_was_away_too_long_is_told_so() {
    let board = board();
    assert!(board.deliver((10, 12), vec![push(12, false)]));
    assert_eq!(missed(&board, 9), None, "before anything that is held");
    assert_eq!(missed(&board, 13), None, "another journal's");
    assert!(board.deliver((12, 20), (13..=20).map(|position| push(position, false)).collect()));
    assert_eq!(missed(&board, 16), Some(vec![17, 18, 19, 20]));
    assert_eq!(missed(&board, 15), None, "bounded by bytes");
}

#[test]
fn two_that_deliver_the_same_deliver_it_once() {
    let board = board();
    assert!(board.deliver((10, 20), vec![push(15, false)]));
    assert!(!board.deliver((10, 20), vec![push(15, false)]));
    assert_eq!(missed(&board, 10), Some(vec![15]));
}

#[test]
fn history_is_held_and_not_delivered() {
    let (board, (heard, delivered)) = (board(), channel());
    board.attach(Arc::new(Heard(Mutex::new(heard))));
    let place = board.join(None, &ours(), |_| true, |place, _| place);
    assert!(board.deliver((10, 14), vec![push(11, false), push(12, false), push(13, false)]));
    assert_eq!(delivered.try_iter().collect::<Vec<_>>(), [13]);
    let (place, new) = board.since(place, |_| true);
    assert_eq!(positions(new), Some(vec![13]));
    assert_eq!(positions(board.since(place, |_| true).1), Some(vec![]));
    assert_eq!(missed(&board, 10), Some(vec![11, 12, 13]));
}

#[test]
fn nobody_is_told_half_of_what_is_being_looked_through() {
    let board = board();
    assert!(board.deliver((10, 11), vec![push(11, false)]));
    let (place, missed) = board.join(Some(10), &ours(), |_| true, |place, missed| (place, missed));
    assert_eq!((place.position, positions(missed)), (12, None), "the rest will not be delivered");
}

#[test]
fn what_moves_is_told_before_anything_is_recorded() {
    let (board, (heard, delivered)) = (board(), channel());
    board.attach(Arc::new(Heard(Mutex::new(heard))));
    assert!(board.deliver((10, 12), vec![push(12, false)]));
    let place = board.join(None, &ours(), |_| true, |place, _| place);
    assert!(board.deliver((12, 12), vec![push(12, true)]));
    assert_eq!(delivered.try_iter().collect::<Vec<_>>(), [12]);
    assert_eq!(positions(board.since(place, |_| true).1), Some(vec![12]));
}

#[test]
fn a_stream_is_handed_a_little_at_a_time() {
    let board = Board::new((10, 10), 1 << 20);
    let mut place = board.join(None, &ours(), |_| true, |place, _| place);
    let all: Vec<Position> = (11..=1_010).collect();
    assert!(board.deliver((10, 1_010), all.iter().map(|position| push(*position, false)).collect()));
    let mut read = vec![];
    for _ in 0..4 {
        let (next, new) = board.since(place, |push| push.position % 2 == 0);
        place = next;
        read.push(positions(new).unwrap());
    }
    assert!(read[0].len() < 300 && read[3].is_empty(), "{read:?}");
    assert!(read.concat().iter().eq(all.iter().filter(|position| *position % 2 == 0)));
    assert_eq!(place, Place { position: 1_010, number: 1_000 });
}

#[tokio::test]
async fn whoever_knows_more_than_the_board_waits_for_it() {
    let board = board();
    let come = async {
        board.caught_up(14).await;
        missed(&board, 14)
    };
    let (missed, delivered) = tokio::join!(come, async { board.deliver((10, 14), vec![]) });
    assert_eq!((missed, delivered), (Some(vec![]), true));
}

#[test]
fn a_reader_that_fell_behind_is_told_so_and_goes_on() {
    let board = board();
    let place = board.join(None, &ours(), |_| true, |place, _| place);
    assert!(board.deliver((10, 30), (13..=30).map(|position| push(position, false)).collect()));
    let (place, new) = board.since(place, |_| true);
    assert_eq!(positions(new), None);
    assert!(board.deliver((30, 31), vec![push(31, false)]));
    assert_eq!(positions(board.since(place, |_| true).1), Some(vec![31]));
}

fn of(organization: &str, position: Position, subject: Subject) -> Push {
    let audience = Audience::Organization(Organization::parse(organization).unwrap());
    Push { audience, subject, ..push(position, false) }
}

#[test]
fn who_was_removed_is_shown_to_nobody_who_comes_back() {
    let (board, (gone, here)) = (board(), (Uuid::from_u128(1), Uuid::from_u128(2)));
    let pushes = vec![of("1", 13, Subject::Contact(gone)), of("1", 14, Subject::Contact(here))];
    assert!(board.deliver((10, 14), pushes));
    assert_eq!(missed(&board, 12), Some(vec![13, 14]));
    assert!(board.deliver((14, 15), vec![of("1", 15, Subject::Removed(gone))]));
    assert_eq!(missed(&board, 12), Some(vec![14, 15]));
    let (_, read) = board.since(Place { position: 12, number: 0 }, |_| true);
    assert_eq!(positions(read), Some(vec![14, 15]));
}

#[test]
fn how_something_stood_is_told_to_nobody_once_it_stands_otherwise() {
    let standing = |position, what: &str| of("1", position, Subject::Standing(Arc::from(what)));
    let board = board();
    assert!(board.deliver((10, 16), vec![standing(13, "a"), standing(14, "b"), standing(15, "a")]));
    assert_eq!(missed(&board, 12), Some(vec![14, 15]));
    // As large as they were, these would be too much.
    for position in 17..19 {
        board.tell(vec![standing(position, "a")]);
    }
    assert_eq!(missed(&board, 12), Some(vec![14, 18]));
}

#[test]
fn a_noisy_organization_makes_nobody_else_look_anew() {
    let board = board();
    assert!(board.deliver((10, 14), vec![of("2", 13, Subject::Past)]));
    assert!(board.deliver((14, 30), (15..=30).map(|position| of("1", position, Subject::Past)).collect()));
    let theirs = [Audience::Organization(Organization::parse("3").unwrap())];
    let quiet = board.join(Some(14), &theirs, |_| false, |_, missed| missed);
    assert_eq!(positions(quiet), Some(vec![]));
    assert_eq!(missed(&board, 14), None);
}
