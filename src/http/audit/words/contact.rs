//! What happened to a contact.

use domain::contact::Event;

use super::{Teller, Texts};

const CREATED: Texts = ["Kontakt yaratildi", "Контакт яратилди", "Контакт создан", "The contact was created"];
const IMPORTED: Texts = [
    "Kontakt import bilan keldi",
    "Контакт импорт билан келди",
    "Контакт пришёл с импортом",
    "The contact came with an import",
];
const CHANGED: Texts = [
    "Kontakt ma'lumotlari o'zgartirildi",
    "Контакт маълумотлари ўзгартирилди",
    "Данные контакта изменены",
    "What is known of the contact was changed",
];
const STATUS_SET: Texts = [
    "Kontakt holati: {0}",
    "Контакт ҳолати: {0}",
    "Статус контакта: {0}",
    "The contact's status became: {0}",
];
const REMOVED: Texts =
    ["Kontakt o'chirildi", "Контакт ўчирилди", "Контакт удалён", "The contact was removed"];
const FORGOTTEN: Texts = [
    "Shaxs unutildi: uning ma'lumotlari yo'q qilinadi",
    "Шахс унутилди: унинг маълумотлари йўқ қилинади",
    "Человек забыт: его данные уничтожаются",
    "The person was forgotten: what is known of them is destroyed",
];
const FORGOTTEN_FOR: Texts = [
    "Shaxs unutildi, sabab: {0}",
    "Шахс унутилди, сабаб: {0}",
    "Человек забыт, причина: {0}",
    "The person was forgotten, because: {0}",
];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    match event {
        Event::Created { import: None, .. } => tell.say(CREATED),
        Event::Created { import: Some(_), .. } => tell.say(IMPORTED),
        Event::Changed { .. } => tell.say(CHANGED),
        Event::StatusSet { status, .. } => tell.with(STATUS_SET, &[&status.description(tell.language)]),
        Event::Removed { .. } => tell.say(REMOVED),
        Event::Forgotten { reason: None, .. } => tell.say(FORGOTTEN),
        Event::Forgotten { reason: Some(reason), .. } => tell.with(FORGOTTEN_FOR, &[reason]),
    }
}
