//! What somebody who dials sees of the lists at the very moment of dialling.

use std::cell::Cell;
use std::sync::Arc;

use domain::conversation::Counts;
use domain::fact::Circumstances;
use domain::ids::{Organization, StreamId};
use domain::person::{Command, Error, Live, Person};
use domain::phone::Phone;
use domain::policy::eligible::List;
use futures_util::future::join_all;
use karnay::dispatch::do_not_call::{Asked, Numbers};
use karnay::dispatch::{Failure, Meta};
use karnay::journal::Refused;
use uuid::Uuid;

use crate::http_world::{Floor, now};

fn organization(name: &str) -> Organization {
    Organization::parse(name).unwrap()
}

fn phone() -> Phone {
    Phone::stored("+998901234567")
}

fn meta() -> Meta {
    Meta { circumstances: Arc::new(Circumstances::default()), command: None }
}

async fn forbid(floor: &Floor, list: Organization) -> usize {
    let asked = Asked { list, at: now(), meta: meta() };
    let numbers = Numbers { phones: vec![phone()], note: None };
    floor.dispatch.forbid(&asked, &numbers).await.unwrap().added
}

/// Which list forbids to call a number, the organization's own before the other.
async fn listed_now(floor: &Floor, organization: &Organization, phone: &Phone) -> Option<List> {
    let standing = floor.dispatch.standing(organization, phone).await.unwrap();
    standing.own.map(|_| List::Organization).or_else(|| standing.global.map(|_| List::Global))
}

async fn listed(floor: &Floor, name: &str) -> Option<List> {
    listed_now(floor, &organization(name), &phone()).await
}

fn number(floor: &Floor) -> StreamId {
    let (list, phone) = (organization("1"), phone());
    StreamId::person(&list, &floor.dispatch.fingerprint(&list, &phone))
}

/// Says one thing of the number as it stands.
async fn say(floor: &Floor, command: Command) -> Result<(), Failure<Error>> {
    let mut drawn = floor.dispatch.draw::<Person>(number(floor)).await.unwrap();
    let mut unit = floor.dispatch.together(meta());
    unit.say(&mut drawn, None, command)?;
    unit.store().await.unwrap();
    Ok(())
}

fn ring(call: u128) -> Command {
    Command::Ring { call: Uuid::from_u128(call), campaign: Uuid::nil(), at: now() }
}

#[actix_web::test]
async fn the_organizations_own_list_is_named_before_the_one_of_everyone() {
    // Nobody feeds the screens here: what is asked is the journal.
    let floor = Floor::built(crate::http_world::options(), false).await;
    assert_eq!(listed(&floor, "1").await, None);
    assert_eq!(forbid(&floor, Organization::everyone()).await, 1);
    assert_eq!(
        (listed(&floor, "1").await, listed(&floor, "2").await),
        (Some(List::Global), Some(List::Global))
    );
    assert_eq!(forbid(&floor, organization("1")).await, 1);
    assert_eq!(
        (listed(&floor, "1").await, listed(&floor, "2").await),
        (Some(List::Organization), Some(List::Global))
    );
}

#[actix_web::test]
async fn who_opts_out_between_selection_and_dispatch_is_not_rung() {
    let floor = Floor::built(crate::http_world::options(), false).await;
    let mut selected = floor.dispatch.draw::<Person>(number(&floor)).await.unwrap();
    let mut unit = floor.dispatch.together(meta());
    unit.say(&mut selected, None, ring(1)).unwrap();
    assert_eq!(forbid(&floor, organization("1")).await, 1);
    assert_eq!(unit.store().await.unwrap_err(), Refused::Conflict);
    assert_eq!(say(&floor, ring(1)).await, Err(Failure::Refused(Error::OptedOut)));
}

#[actix_web::test]
async fn who_opts_out_while_being_called_is_not_called_again() {
    let floor = Floor::built(crate::http_world::options(), false).await;
    say(&floor, ring(1)).await.unwrap();
    assert_eq!(forbid(&floor, organization("1")).await, 1);
    assert_eq!(forbid(&floor, organization("1")).await, 0, "said twice");
    let over = Command::LetGo { call: Uuid::from_u128(1), counts: Counts::Conversation, at: now() };
    say(&floor, over).await.unwrap();
    assert_eq!(say(&floor, ring(2)).await, Err(Failure::Refused(Error::OptedOut)));
}

/// Rings these numbers and lets them go, again and again, until it is told to stop.
async fn dial(floor: &Floor, streams: &[StreamId], stop: &Cell<bool>) -> usize {
    let mut dialled = 0;
    for stream in streams.iter().cycle() {
        if stop.get() {
            break;
        }
        let mut drawn = floor.dispatch.draw::<Person>(stream.clone()).await.unwrap();
        let mut unit = floor.dispatch.together(meta());
        let over = |live: Live| Command::LetGo { call: live.call, counts: Counts::Attempt, at: now() };
        let command = drawn.state.live().map_or_else(|| ring(1), over);
        match unit.say(&mut drawn, None, command) {
            Ok(_) => dialled += usize::from(unit.store().await.is_ok()),
            Err(why) => assert_eq!(why, Failure::Refused(Error::OptedOut)),
        }
    }
    dialled
}

/// Whoever dials writes to the same streams all the time, and is not waited for.
#[actix_web::test]
async fn many_are_forbidden_while_they_are_being_called() {
    const MANY: usize = 400;
    let floor = Floor::built(crate::http_world::options(), false).await;
    let list = organization("1");
    let phones: Vec<Phone> = (0..MANY).map(|n| Phone::stored(&format!("+99890000{n:04}"))).collect();
    let name = |phone| StreamId::person(&list, &floor.dispatch.fingerprint(&list, phone));
    let streams: Vec<StreamId> = phones.iter().map(name).collect();
    let stop = Cell::new(false);
    let dialling = join_all(streams.chunks(50).map(|some| dial(&floor, some, &stop)));
    let forbidding = async {
        let asked = Asked { list: list.clone(), at: now(), meta: meta() };
        let numbers = Numbers { phones: phones.clone(), note: None };
        let done = floor.dispatch.forbid(&asked, &numbers).await;
        stop.set(true);
        done
    };
    let (done, dialled) = futures_util::join!(forbidding, dialling);
    assert_eq!(done.unwrap().added, MANY);
    assert!(dialled.iter().sum::<usize>() > 50, "{dialled:?}");
    for phone in &phones {
        assert_eq!(listed_now(&floor, &list, phone).await, Some(List::Organization));
    }
}
