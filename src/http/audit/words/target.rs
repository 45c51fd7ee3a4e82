//! What happened to a contact in a campaign.

use domain::conversation::Outcome;
use domain::policy::retry::Next;
use domain::target::Event;

use super::{Teller, Texts};

const ENLISTED: Texts = [
    "Kontakt kampaniyaga qo'shildi",
    "Контакт кампанияга қўшилди",
    "Контакт добавлен в кампанию",
    "The contact joined the campaign",
];
const DIALLED: Texts = [
    "Qo'ng'iroq boshlandi, urinish: {0}",
    "Қўнғироқ бошланди, уриниш: {0}",
    "Звонок начат, попытка: {0}",
    "A call was begun, attempt {0}",
];
const ACCEPTED: Texts = [
    "Ovozli agent qo'ng'iroqni qabul qildi",
    "Овозли агент қўнғироқни қабул қилди",
    "Голосовой агент принял звонок",
    "The voice agent took the call",
];
const ENDED: Texts = [
    "Qo'ng'iroq tugadi: {0}. {1}",
    "Қўнғироқ тугади: {0}. {1}",
    "Звонок завершён: {0}. {1}",
    "The call ended: {0}. {1}",
];
const CORRECTED: Texts = [
    "Qo'ng'iroq haqida ko'proq ma'lum bo'ldi: {0}",
    "Қўнғироқ ҳақида кўпроқ маълум бўлди: {0}",
    "О звонке стало известно больше: {0}",
    "More became known of the call: {0}",
];
const WITHDRAWN: Texts = [
    "Qo'ng'iroq qaytarib olindi, hech kimga qo'ng'iroq qilinmadi",
    "Қўнғироқ қайтариб олинди, ҳеч кимга қўнғироқ қилинмади",
    "Звонок отозван, никому не звонили",
    "The call was withdrawn; nobody was rung",
];
const DEFERRED: Texts = [
    "Qo'ng'iroq {0} gacha qoldirildi. Qoida: {1}",
    "Қўнғироқ {0} гача қолдирилди. Қоида: {1}",
    "Звонок отложен до {0}. Правило: {1}",
    "The call was put off until {0}. Rule: {1}",
];
const SKIPPED: Texts = [
    "Kontaktga qo'ng'iroq qilinmaydi. Qoida: {0}",
    "Контактга қўнғироқ қилинмайди. Қоида: {0}",
    "Контакту не звонят. Правило: {0}",
    "The contact is not called. Rule: {0}",
];
const DROPPED: Texts = [
    "Kontakt kampaniyadan chiqarildi",
    "Контакт кампаниядан чиқарилди",
    "Контакт убран из кампании",
    "The contact left the campaign",
];

const AGAIN: Texts =
    ["Keyingi urinish: {0}", "Кейинги уриниш: {0}", "Следующая попытка: {0}", "Next attempt: {0}"];
const CALLBACK: Texts = [
    "So'ralgan qo'ng'iroq: {0}",
    "Сўралган қўнғироқ: {0}",
    "Просили позвонить: {0}",
    "A call was asked for: {0}",
];
const PROMISED: Texts = [
    "{0} gacha qo'ng'iroq qilinmaydi",
    "{0} гача қўнғироқ қилинмайди",
    "До {0} звонков не будет",
    "Nobody calls before {0}",
];
const RETIRED: Texts =
    ["Bunday raqam yo'q", "Бундай рақам йўқ", "Такого номера нет", "The number does not exist"];
const OPTED_OUT: Texts = [
    "Boshqa qo'ng'iroq qilinmaydi",
    "Бошқа қўнғироқ қилинмайди",
    "Больше звонков не будет",
    "Nobody calls again",
];
const FINAL: Texts = [
    "Boshqa urinish bo'lmaydi",
    "Бошқа уриниш бўлмайди",
    "Попыток больше не будет",
    "There is no other attempt",
];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    match event {
        Event::Enlisted { .. } => tell.say(ENLISTED),
        Event::Dialled { attempt, .. } => tell.with(DIALLED, &[attempt]),
        Event::Accepted { .. } => tell.say(ACCEPTED),
        Event::Ended { outcome, next, .. } => {
            tell.with(ENDED, &[&came_to(outcome, tell), &then(*next, tell)])
        }
        Event::Corrected { outcome, .. } => tell.with(CORRECTED, &[&came_to(outcome, tell)]),
        Event::Withdrawn { .. } => tell.say(WITHDRAWN),
        Event::Deferred { decision, .. } => {
            let rule = decision.rule.description(tell.language);
            match decision.until {
                Some(until) => tell.with(DEFERRED, &[&tell.time(until), &rule]),
                None => tell.with(SKIPPED, &[&rule]),
            }
        }
        Event::Dropped { .. } => tell.say(DROPPED),
    }
}

fn came_to(outcome: &Outcome, tell: Teller) -> &'static str {
    outcome.shown().status.description(tell.language)
}

fn then(next: Next, tell: Teller) -> String {
    match next {
        Next::Again { at } => tell.with(AGAIN, &[&tell.time(at)]),
        Next::Callback { at } => tell.with(CALLBACK, &[&tell.time(at)]),
        Next::Promised { until } => tell.with(PROMISED, &[&tell.time(until)]),
        Next::Retired => tell.say(RETIRED),
        Next::OptedOut => tell.say(OPTED_OUT),
        Next::Final => tell.say(FINAL),
    }
}
