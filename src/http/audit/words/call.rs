//! What was said of a call by those who made it.

use domain::call::{Event, Told};

use super::{Teller, Texts};

const REPORTED: Texts = [
    "Qo'ng'iroq natijasi keldi: {0}",
    "Қўнғироқ натижаси келди: {0}",
    "Пришёл результат звонка: {0}",
    "A result of the call was reported: {0}",
];
const REPORTED_TALK: Texts = [
    "Qo'ng'iroq natijasi keldi: {0}, suhbat {1} soniya",
    "Қўнғироқ натижаси келди: {0}, суҳбат {1} сония",
    "Пришёл результат звонка: {0}, разговор {1} с",
    "A result of the call was reported: {0}, {1} seconds of talk",
];
const STRENGTHENED: Texts = [
    "Aniqroq natija keldi: {0}",
    "Аниқроқ натижа келди: {0}",
    "Результат уточнён: {0}",
    "A stronger result was reported: {0}",
];
const OVERTAKEN: Texts = [
    "Kuchsizroq natija keldi, hisob o'zgarmadi: {0}",
    "Кучсизроқ натижа келди, ҳисоб ўзгармади: {0}",
    "Пришёл более слабый результат, счёт не изменился: {0}",
    "A weaker result was reported, and no count changed: {0}",
];
const AMENDED: Texts = [
    "Natijaga tafsilotlar qo'shildi",
    "Натижага тафсилотлар қўшилди",
    "К результату добавлены подробности",
    "Details were added to the result",
];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    let status = |told: &Told| told.status.description(tell.language);
    match event {
        Event::Reported(told) => match told.talk_secs {
            Some(secs) => tell.with(REPORTED_TALK, &[&status(told), &secs]),
            None => tell.with(REPORTED, &[&status(told)]),
        },
        Event::Strengthened(told) => tell.with(STRENGTHENED, &[&status(told)]),
        Event::Overtaken(told) => tell.with(OVERTAKEN, &[&status(told)]),
        Event::Amended(_) => tell.say(AMENDED),
    }
}
