//! What became of a promise to pay. How much was promised stands in the event's data alone.

use domain::promise::Event;

use super::{Teller, Texts};

const MADE: Texts =
    ["To'lash va'da qilindi", "Тўлаш ваъда қилинди", "Обещана оплата", "A payment was promised"];
const MADE_DUE: Texts = [
    "To'lash va'da qilindi, muddati {0}",
    "Тўлаш ваъда қилинди, муддати {0}",
    "Обещана оплата, срок {0}",
    "A payment was promised, due on {0}",
];
const PAID: Texts = ["To'lov keldi", "Тўлов келди", "Поступила оплата", "A payment came in"];
const KEPT: Texts = ["Va'da bajarildi", "Ваъда бажарилди", "Обещание выполнено", "The promise was kept"];
const BROKEN: Texts =
    ["Va'da bajarilmadi", "Ваъда бажарилмади", "Обещание нарушено", "The promise was broken"];
const RESCHEDULED: Texts = [
    "Va'da muddati {0} ga ko'chirildi",
    "Ваъда муддати {0} га кўчирилди",
    "Срок обещания перенесён на {0}",
    "The promise is due on {0} instead",
];
const SUPERSEDED: Texts = [
    "Va'da o'rnini yangisi egalladi",
    "Ваъда ўрнини янгиси эгаллади",
    "Обещание заменено новым",
    "A later promise took its place",
];
const WITHDRAWN: Texts =
    ["Va'da bekor qilindi", "Ваъда бекор қилинди", "Обещание снято", "The promise was withdrawn"];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    match event {
        Event::Made { due: Some(due), .. } => tell.with(MADE_DUE, &[due]),
        Event::Made { due: None, .. } => tell.say(MADE),
        Event::Paid { .. } => tell.say(PAID),
        Event::Kept { .. } => tell.say(KEPT),
        Event::Broken { .. } => tell.say(BROKEN),
        Event::Rescheduled { due, .. } => tell.with(RESCHEDULED, &[due]),
        Event::Superseded { .. } => tell.say(SUPERSEDED),
        Event::Withdrawn { .. } => tell.say(WITHDRAWN),
    }
}
