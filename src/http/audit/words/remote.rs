//! Who has a remote host to themselves.

use domain::remote::{Event, Holder};

use super::{Teller, Texts};

const TAKEN_BY_SESSION: Texts = [
    "Server {0} sessiyasi uchun band qilindi",
    "Сервер {0} сессияси учун банд қилинди",
    "Сервер занят сессией {0}",
    "The remote host was taken by the session {0}",
];
const TAKEN_BY_LIST: Texts = [
    "Server {0} ro'yxati uchun band qilindi",
    "Сервер {0} рўйхати учун банд қилинди",
    "Сервер занят для списка {0}",
    "The remote host was taken for the list {0}",
];
const RELEASED: Texts =
    ["Server bo'shatildi", "Сервер бўшатилди", "Сервер освобождён", "The remote host was given back"];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    match event {
        Event::Taken { holder: Holder::Session { session, .. }, .. } => {
            tell.with(TAKEN_BY_SESSION, &[session])
        }
        Event::Taken { holder: Holder::List { list, .. }, .. } => tell.with(TAKEN_BY_LIST, &[list]),
        Event::Released { .. } => tell.say(RELEASED),
    }
}
