//! What happened to a session.

use domain::session::{Closing, Event};

use super::{Teller, Texts};

const OPENED: Texts = [
    "Sessiya ochildi: ro'yxatda {0} ta raqam",
    "Сессия очилди: рўйхатда {0} та рақам",
    "Сессия открыта, номеров в списке: {0}",
    "The session was opened with a list; numbers: {0}",
];
const OPENED_BARE: Texts = [
    "Sessiya ro'yxatsiz ochildi",
    "Сессия рўйхатсиз очилди",
    "Сессия открыта без списка",
    "The session was opened without a list",
];
const ADOPTED: Texts = [
    "Sessiya birinchi hisobotidan ma'lum bo'ldi",
    "Сессия биринчи ҳисоботидан маълум бўлди",
    "О сессии стало известно из её первого отчёта",
    "The session became known by its first report",
];
const LAUNCHED: Texts = [
    "Qo'ng'iroqlar buyrug'i ishga tushirildi",
    "Қўнғироқлар буйруғи ишга туширилди",
    "Команда обзвона запущена",
    "The remote command was launched",
];
const RETURNED: Texts = [
    "Buyruq {0} kodi bilan tugadi",
    "Буйруқ {0} коди билан тугади",
    "Команда завершилась с кодом {0}",
    "The remote command came back with code {0}",
];
const RETURNED_BARE: Texts = [
    "Buyruq kodsiz tugadi",
    "Буйруқ кодсиз тугади",
    "Команда завершилась без кода",
    "The remote command came back without a code",
];
const COMPLETED: Texts = ["Sessiya tugadi", "Сессия тугади", "Сессия завершена", "The session was completed"];
const CLOSED: Texts = [
    "Sessiya qo'lda yopildi",
    "Сессия қўлда ёпилди",
    "Сессия закрыта вручную",
    "The session was closed by hand",
];
const IDLE: Texts = [
    "Sessiya uzoq jimlikdan keyin yopildi",
    "Сессия узоқ жимликдан кейин ёпилди",
    "Сессия закрыта после долгого молчания",
    "The session was closed, since nothing was heard of it for too long",
];
const STOPPED: Texts =
    ["Sessiya to'xtatildi", "Сессия тўхтатилди", "Сессия остановлена", "The session was stopped"];
const FAILED: Texts = [
    "Sessiya xato bilan tugadi: {0}",
    "Сессия хато билан тугади: {0}",
    "Сессия завершилась ошибкой: {0}",
    "The session failed: {0}",
];
const REOPENED: Texts = [
    "Natija kelgani uchun sessiya qayta ochildi",
    "Натижа келгани учун сессия қайта очилди",
    "Пришёл результат, и сессия открыта снова",
    "A result came, and the session was opened again",
];
const STOP_ASKED: Texts = [
    "Masofaviy serverdan to'xtash so'raldi",
    "Масофавий сервердан тўхташ сўралди",
    "Удалённому серверу велено остановиться",
    "The remote host was asked to stop",
];
const STOP_FAILED: Texts = [
    "To'xtatib bo'lmadi: {0}",
    "Тўхтатиб бўлмади: {0}",
    "Остановить не удалось: {0}",
    "It could not be stopped: {0}",
];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    match event {
        Event::Opened { list: Some(list), .. } => tell.with(OPENED, &[&list.total]),
        Event::Opened { list: None, .. } => tell.say(OPENED_BARE),
        Event::Adopted { .. } => tell.say(ADOPTED),
        Event::Launched { .. } => tell.say(LAUNCHED),
        Event::Returned { exit, .. } => match exit.code {
            Some(code) => tell.with(RETURNED, &[&code]),
            None => tell.say(RETURNED_BARE),
        },
        Event::Completed { by: None, .. } => tell.say(COMPLETED),
        Event::Completed { by: Some(Closing::Hand), .. } => tell.say(CLOSED),
        Event::Completed { by: Some(Closing::Idle), .. } => tell.say(IDLE),
        Event::Completed { by: Some(Closing::Stop), .. } => tell.say(STOPPED),
        Event::Failed { reason, .. } => tell.with(FAILED, &[reason]),
        Event::Reopened { .. } => tell.say(REOPENED),
        Event::StopAsked { .. } => tell.say(STOP_ASKED),
        Event::StopFailed { reason, .. } => tell.with(STOP_FAILED, &[reason]),
    }
}
