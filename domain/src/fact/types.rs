//! What every type of event is called that may stand in a journal, for whoever chooses among them by name. A test holds it against the
//! golden files, which are those of every version ever written.

use crate::slip;

/// Kinds of streams, and the types of events in each.
pub const TYPES: [(&str, &[&str]); 19] = [
    ("api_key", &["made", "revoked"]),
    ("call", &["amended", "overtaken", "reported", "strengthened"]),
    ("campaign", &["changed", "completed", "created", "enlisted", "failed", "paused", "removed", "started"]),
    ("contact", &["changed", "created", "forgotten", "removed", "status_set"]),
    ("denial", &["refused"]),
    ("disclosure", &["looked"]),
    ("import", &["begun", "failed", "finished", "redacted", "undone"]),
    ("number_list", &["accepted", "place_failed", "placed", "put_off", "redacted"]),
    ("pbx", &["accepted", "left", "monitor_gap", "refused", "synced"]),
    (
        "pbx_call",
        &[
            "answered",
            "confirmed",
            "corrected",
            "ended",
            "listened",
            "logged",
            "matched",
            "missed",
            "recording_found",
            "seen",
        ],
    ),
    (
        "person",
        &[
            "claimed",
            "kept_quiet",
            "let_go",
            "opted_in",
            "opted_out",
            "recounted",
            "released",
            "retired",
            "rung",
        ],
    ),
    ("promise", &["broken", "kept", "made", "paid", "rescheduled", "superseded", "withdrawn"]),
    ("quarantine", &["bound", "discarded", "held"]),
    ("remote", &["released", "taken"]),
    (
        "session",
        &[
            "adopted",
            "completed",
            "failed",
            "launched",
            "opened",
            "reopened",
            "returned",
            "stop_asked",
            "stop_failed",
        ],
    ),
    ("settings", &["changed"]),
    (
        "target",
        &["accepted", "corrected", "deferred", "dialled", "dropped", "ended", "enlisted", "withdrawn"],
    ),
    ("user", &["created", "disabled", "enabled", "password_set", "role_set", "signed_in", "signed_out"]),
    (
        "webhook_endpoint",
        &["changed", "disabled", "paused", "registered", "removed", "resumed", "secret_rotated"],
    ),
];

/// Why a name names no events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no event is called {name}; {}", instead(.name))]
pub struct UnknownType {
    name: String,
}

/// `reported` of any kind, or `call.reported`.
pub fn known(name: &str) -> Result<(), UnknownType> {
    let among = |types: &[&str], event_type| types.contains(&event_type);
    let is_known = match name.split_once('.') {
        Some((kind, event_type)) => {
            TYPES.iter().any(|(known, types)| *known == kind && among(types, event_type))
        }
        None => TYPES.iter().any(|(_, types)| among(types, name)),
    };
    if is_known { Ok(()) } else { Err(UnknownType { name: name.to_owned() }) }
}

/// The nearest name, or what there is of its kind, or the kinds.
fn instead(name: &str) -> String {
    let kind = name.split_once('.').map_or(name, |(kind, _)| kind);
    let full = |(kind, types): &(&str, &[&str])| {
        types.iter().map(|known| format!("{kind}.{known}")).collect::<Vec<_>>()
    };
    let all: Vec<String> = TYPES.iter().flat_map(full).collect();
    let bare = TYPES.iter().flat_map(|(_, types)| types.iter().copied());
    let of_kind = TYPES.iter().find(|(known, _)| *known == kind).map(full);
    let near = slip::nearest(name, all.iter().map(String::as_str).chain(bare));
    match (of_kind, near) {
        (Some(_), Some(near)) if near.starts_with(kind) => format!("is {near} meant?"),
        (Some(there), _) => format!("there are {}", there.join(", ")),
        (None, Some(near)) => format!("is {near} meant?"),
        (None, None) => format!("there are the kinds {}", TYPES.map(|(kind, _)| kind).join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_names_nothing_is_told_what_there_is() {
        assert_eq!(known("reported"), Ok(()));
        assert_eq!(known("call.reported"), Ok(()));
        for (name, told) in [
            ("call.reportd", "no event is called call.reportd; is call.reported meant?"),
            ("reportd", "no event is called reportd; is reported meant?"),
            ("api_key.found", "no event is called api_key.found; there are api_key.made, api_key.revoked"),
            ("remote", "no event is called remote; there are remote.released, remote.taken"),
        ] {
            assert_eq!(known(name).unwrap_err().to_string(), told);
        }
        let told = known("pears").unwrap_err().to_string();
        assert!(told.contains("there are the kinds api_key, call, "), "{told}");
    }
}
