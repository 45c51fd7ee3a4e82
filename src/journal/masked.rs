//! What could be guessed at if it were shown, the hashes of passwords and keys, and sealed secrets, taken out of an event's payload.
//! Personal parts are no business of its own: they are sealed.

use std::borrow::Cow;

/// In events of which kind hashes or secrets stand, and behind what.
const HASHES: [(&str, &str); 4] = [
    ("user", "\"password\":\""),
    ("api_key", "\"hash\":\""),
    ("webhook_endpoint", "\"secret\":\""),
    ("settings", "\"sealed\":\""),
];
const MASK: &str = "***";

/// A payload as it may be shown. A hash is a text without escapes.
pub fn masked<'a>(kind: &str, payload: &'a str) -> Cow<'a, str> {
    let field = HASHES.into_iter().find(|(known, _)| *known == kind).map(|(_, field)| field);
    let Some(field) = field.filter(|field| payload.contains(field)) else { return Cow::Borrowed(payload) };
    let mut parts = payload.split(field);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let after = part.split_once('"').map_or("", |(_, after)| after);
        shown.extend([field, MASK, "\"", after]);
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_not_shown() {
        for (kind, golden, kept) in [
            ("user", include_str!("../../tests/it/golden/user.created.v1.json"), "manager"),
            ("user", include_str!("../../tests/it/golden/user.password_set.v1.json"), "18:31:00"),
            ("api_key", include_str!("../../tests/it/golden/api_key.made.v1.json"), "webhook"),
            (
                "webhook_endpoint",
                include_str!("../../tests/it/golden/webhook_endpoint.registered.v1.json"),
                "warehouse",
            ),
            (
                "webhook_endpoint",
                include_str!("../../tests/it/golden/webhook_endpoint.secret_rotated.v1.json"),
                "former_until",
            ),
            ("settings", include_str!("../../tests/it/golden/settings.changed.v1.json"), "agent.example"),
        ] {
            let shown = masked(kind, golden);
            serde_json::from_str::<serde_json::Value>(&shown).unwrap();
            assert!(shown.contains("***") && shown.contains(kept), "{shown}");
            assert!(
                !shown.contains("argon2") && !shown.contains("abab") && !shown.contains("c2VhbGVk"),
                "{shown}"
            );
        }
        let other = r#"{"hash":"abab"}"#;
        assert_eq!(masked("import", other), other);
    }
}
