//! What happened to a number, whoever rings it.

use domain::conversation::Counts;
use domain::person::{Event, Wish};

use super::{Teller, Texts};

const CLAIMED: Texts = [
    "Raqam kontaktga biriktirildi",
    "Рақам контактга бириктирилди",
    "Номер закреплён за контактом",
    "The number was given to a contact",
];
const RELEASED: Texts = [
    "Raqam kontaktdan ajratildi",
    "Рақам контактдан ажратилди",
    "Номер больше ничей",
    "The number is nobody's any more",
];
const SAID_SO: Texts = [
    "Suhbatda boshqa qo'ng'iroq qilmaslik so'raldi",
    "Суҳбатда бошқа қўнғироқ қилмаслик сўралди",
    "В разговоре просили больше не звонить",
    "Somebody asked in a conversation not to be called again",
];
const LISTED: Texts = [
    "Raqam qo'lda qo'ng'iroq qilinmaydiganlar ro'yxatiga qo'shildi",
    "Рақам қўлда қўнғироқ қилинмайдиганлар рўйхатига қўшилди",
    "Номер вручную внесён в список запрета звонков",
    "The number was put on the do-not-call list by hand",
];
const MARKED: Texts = [
    "Kontakt holati tufayli raqamga qo'ng'iroq qilinmaydi",
    "Контакт ҳолати туфайли рақамга қўнғироқ қилинмайди",
    "Номер внесён в список запрета звонков вместе с контактом",
    "The number was put on the do-not-call list with its contact",
];
const OPTED_IN: Texts = [
    "Raqam qo'ng'iroq qilinmaydiganlar ro'yxatidan chiqarildi",
    "Рақам қўнғироқ қилинмайдиганлар рўйхатидан чиқарилди",
    "Номер убран из списка запрета звонков",
    "The number was taken off the do-not-call list",
];
const RUNG: Texts = ["Raqam terildi", "Рақам терилди", "Номер набран", "The number was rung"];
const LET_GO: Texts = [
    "Raqam bo'shadi, hisobga olindi: {0}",
    "Рақам бўшади, ҳисобга олинди: {0}",
    "Номер свободен, засчитано: {0}",
    "The number is free again; it counts: {0}",
];
const RECOUNTED: Texts = [
    "Qo'ng'iroq boshqacha hisobga olindi: {0}",
    "Қўнғироқ бошқача ҳисобга олинди: {0}",
    "Звонок засчитан иначе: {0}",
    "The call counts otherwise: {0}",
];
const KEPT_QUIET: Texts = [
    "{0} gacha qo'ng'iroq qilinmaydi",
    "{0} гача қўнғироқ қилинмайди",
    "До {0} звонков не будет",
    "Nobody calls before {0}",
];
const RETIRED: Texts = [
    "Raqam mavjud emas ekan",
    "Рақам мавжуд эмас экан",
    "Номер оказался несуществующим",
    "The number was found not to exist",
];

const NOTHING: Texts = ["hech narsa", "ҳеч нарса", "ничего", "nothing"];
const ATTEMPT: Texts = ["urinish", "уриниш", "попытка", "an attempt"];
const CONVERSATION: Texts = ["suhbat", "суҳбат", "разговор", "a conversation"];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    match event {
        Event::Claimed { .. } => tell.say(CLAIMED),
        Event::Released { .. } => tell.say(RELEASED),
        Event::OptedOut { by: Wish::Conversation, .. } => tell.say(SAID_SO),
        Event::OptedOut { by: Wish::Hand, .. } => tell.say(LISTED),
        Event::OptedOut { by: Wish::Contact, .. } => tell.say(MARKED),
        Event::OptedIn { .. } => tell.say(OPTED_IN),
        Event::Rung { .. } => tell.say(RUNG),
        Event::LetGo { counts, .. } => tell.with(LET_GO, &[&tell.say(counted(*counts))]),
        Event::Recounted { counts, .. } => tell.with(RECOUNTED, &[&tell.say(counted(*counts))]),
        Event::KeptQuiet { until, .. } => tell.with(KEPT_QUIET, &[&tell.time(*until)]),
        Event::Retired { .. } => tell.say(RETIRED),
    }
}

fn counted(counts: Counts) -> Texts {
    match counts {
        Counts::Nothing => NOTHING,
        Counts::Attempt => ATTEMPT,
        Counts::Conversation => CONVERSATION,
    }
}
