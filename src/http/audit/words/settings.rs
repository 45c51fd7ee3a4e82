//! What an organization has set for itself. Values are not told: the names say what changed.

use domain::settings::Event;

use super::{Teller, Texts};

const CHANGED: Texts = [
    "Tashkilotning o'z sozlamalari o'zgartirildi: {0}",
    "Ташкилотнинг ўз созламалари ўзгартирилди: {0}",
    "Собственные настройки организации изменены: {0}",
    "The organization's own settings were changed: {0}",
];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    let Event::Changed { changes, .. } = event;
    let names: Vec<&str> = changes.keys().map(String::as_str).collect();
    tell.with(CHANGED, &[&names.join(", ")])
}
