//! What the screen makes of endpoints.

use super::*;

use std::sync::Arc;

use domain::fact::Circumstances;
use domain::ids::StreamId;
use domain::secret::SealedSecret;
use domain::webhook_endpoint::{Event as It, Fault, Types};

const ID: &str = "0199b9f4-6f00-7000-8000-000000000009";

fn at(secs: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_760_000_000 + secs, 0).unwrap()
}

fn fact(event: It) -> Fact {
    Fact {
        position: 9,
        stream: StreamId::stored(format!("1/{ID}")),
        sequence: 1,
        recorded_at: at(0),
        occurred_at: at(7),
        circumstances: Arc::new(Circumstances::default()),
        event: Event::WebhookEndpoint(event),
    }
}

fn terms(url: &str) -> Terms {
    let types = Types::parse(vec!["session".to_owned(), "call.reported".to_owned()]).unwrap();
    Terms { url: url.to_owned(), description: "warehouse".to_owned(), types }
}

fn registered() -> It {
    let secret = SealedSecret::new("sealed".to_owned());
    It::Registered { terms: terms("https://one.example"), secret, at: at(0) }
}

#[test]
fn an_endpoint_shows_how_it_stands_and_no_secret() {
    let mut row = None;
    let mut after = |event| {
        WebhookEndpoints::fold(&mut row, &fact(event)).unwrap();
        row.clone().unwrap()
    };
    let shown = after(registered());
    assert_eq!((shown.types.as_str(), shown.status.as_str()), ("call.reported session", "active"));
    assert!(!format!("{shown:?}").contains("sealed"), "{shown:?}");
    let disabled = after(It::Disabled { why: Fault::Gone, at: at(7) });
    assert_eq!((disabled.status.as_str(), disabled.why.as_deref()), ("disabled", Some("gone")));
    let changed = after(It::Changed { terms: terms("https://two.example"), at: at(7) });
    assert_eq!((changed.url.as_str(), changed.why.as_deref()), ("https://two.example", Some("gone")));
    let resumed = after(It::Resumed { at: at(7) });
    assert_eq!((resumed.status.as_str(), resumed.why, resumed.updated_at), ("active", None, at(7)));
    assert_eq!(after(It::Removed { at: at(7) }).status, REMOVED);
}

#[test]
fn an_endpoint_without_a_beginning_makes_no_sense() {
    assert!(WebhookEndpoints::fold(&mut None, &fact(It::Paused { at: at(1) })).is_err());
}
