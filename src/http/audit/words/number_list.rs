//! What became of a list of numbers.

use domain::number_list::{Event, Origin};

use super::{Teller, Texts};

const ACCEPTED: Texts = [
    "Ro'yxat qabul qilindi: {1} qatordan {0} ta raqam, {2} ta yaroqsiz, {3} ta takror",
    "Рўйхат қабул қилинди: {1} қатордан {0} та рақам, {2} та яроқсиз, {3} та такрор",
    "Список принят: строк {1}, номеров {0}, негодных {2}, повторов {3}",
    "The list was accepted; rows: {1}, numbers: {0}, invalid: {2}, duplicates: {3}",
];
const RETRY: Texts = [
    "{1} sessiyasi yeta olmagan {0} ta raqamdan ro'yxat tuzildi",
    "{1} сессияси ета олмаган {0} та рақамдан рўйхат тузилди",
    "Составлен список из номеров, до которых сессия {1} не дозвонилась: {0}",
    "A list was made of what the session {1} did not reach; numbers: {0}",
];
const PLACED: Texts = [
    "Ro'yxat masofaviy serverga qo'yildi",
    "Рўйхат масофавий серверга қўйилди",
    "Список размещён на удалённом сервере",
    "The list was put on the remote host",
];
const PLACE_FAILED: Texts = [
    "Ro'yxatni serverga qo'yib bo'lmadi: {0}",
    "Рўйхатни серверга қўйиб бўлмади: {0}",
    "Разместить список не удалось: {0}",
    "The list could not be put on the remote host: {0}",
];
const PUT_OFF: Texts = [
    "Server band, ro'yxat keyinroq qo'yiladi",
    "Сервер банд, рўйхат кейинроқ қўйилади",
    "Сервер занят, список будет размещён позже",
    "The remote host is in use; the list is put there later",
];

const REDACTED: Texts = [
    "Unutilgan shaxsning qatorlari ro'yxatdan olib tashlandi",
    "Унутилган шахснинг қаторлари рўйхатдан олиб ташланди",
    "Строки забытого человека убраны из списка",
    "The rows of somebody who was forgotten were taken out of the list",
];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    match event {
        Event::Accepted { origin: Origin::Workbook | Origin::Text, counts, .. } => {
            tell.with(ACCEPTED, &[&counts.numbers, &counts.rows, &counts.invalid, &counts.duplicates])
        }
        Event::Accepted { origin: Origin::Retry { session }, counts, .. } => {
            tell.with(RETRY, &[&counts.numbers, session])
        }
        Event::Placed { .. } => tell.say(PLACED),
        Event::PlaceFailed { reason, .. } => tell.with(PLACE_FAILED, &[reason]),
        Event::PutOff { .. } => tell.say(PUT_OFF),
        Event::Redacted { .. } => tell.say(REDACTED),
    }
}
