//! Old shapes of events, brought to today's: one stored event becomes none, one or many.
//! A step knows one version of one event; steps are applied until no step knows the result.

use serde_json::Value;

/// An event between its stored and its present shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    pub kind: String,
    pub event_type: String,
    pub event_version: String,
    pub payload: Value,
}

/// From one version of an event to whatever it is today.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub kind: &'static str,
    pub event_type: &'static str,
    pub event_version: &'static str,
    pub cast: fn(Shape) -> Vec<Shape>,
}

/// Every step there is. Empty until an event changes its shape for the first time.
pub const STEPS: &[Step] = &[];

pub fn known(steps: &[Step], kind: &str, event_type: &str, event_version: &str) -> bool {
    find(steps, kind, event_type, event_version).is_some()
}

fn find<'a>(steps: &'a [Step], kind: &str, event_type: &str, event_version: &str) -> Option<&'a Step> {
    steps
        .iter()
        .find(|step| (step.kind, step.event_type, step.event_version) == (kind, event_type, event_version))
}

/// A step must lead to another version or type, so this ends.
pub fn upcast(steps: &[Step], shape: Shape) -> Vec<Shape> {
    match find(steps, &shape.kind, &shape.event_type, &shape.event_version) {
        None => vec![shape],
        Some(step) => (step.cast)(shape).into_iter().flat_map(|next| upcast(steps, next)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(event_type: &str, event_version: &str) -> Shape {
        Shape {
            kind: "call".into(),
            event_type: event_type.into(),
            event_version: event_version.into(),
            payload: Value::Null,
        }
    }

    fn renamed(shape: &Shape, to: &[(&str, &str)]) -> Vec<Shape> {
        to.iter()
            .map(|(event_type, version)| Shape {
                event_type: (*event_type).into(),
                event_version: (*version).into(),
                ..shape.clone()
            })
            .collect()
    }

    const STEPS: &[Step] = &[
        Step { kind: "call", event_type: "noise", event_version: "1", cast: |_| vec![] },
        Step {
            kind: "call",
            event_type: "said",
            event_version: "1",
            cast: |s| renamed(&s, &[("said", "2")]),
        },
        Step {
            kind: "call",
            event_type: "said",
            event_version: "2",
            cast: |s| renamed(&s, &[("opened", "1"), ("reported", "1")]),
        },
    ];

    #[test]
    fn one_becomes_none_one_or_many() {
        assert_eq!(upcast(STEPS, shape("noise", "1")), vec![]);
        assert_eq!(upcast(STEPS, shape("other", "1")), vec![shape("other", "1")]);
        let both = vec![shape("opened", "1"), shape("reported", "1")];
        assert_eq!(upcast(STEPS, shape("said", "2")), both);
        assert_eq!(upcast(STEPS, shape("said", "1")), both, "steps follow one another");
    }
}
