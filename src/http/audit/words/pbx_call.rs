//! What happened to a call at an exchange.

use domain::pbx_call::{Direction, Event, Missing, Status};

use super::{Teller, Texts};

const SEEN_INCOMING: Texts = [
    "Kiruvchi qo'ng'iroq ko'rindi",
    "Кирувчи қўнғироқ кўринди",
    "Замечен входящий звонок",
    "An incoming call was seen",
];
const SEEN_OUTGOING: Texts = [
    "Chiquvchi qo'ng'iroq ko'rindi",
    "Чиқувчи қўнғироқ кўринди",
    "Замечен исходящий звонок",
    "An outgoing call was seen",
];
const ANSWERED: Texts =
    ["Qo'ng'iroqqa javob berildi", "Қўнғироққа жавоб берилди", "На звонок ответили", "The call was answered"];
const ENDED: Texts = ["Suhbat tugadi", "Суҳбат тугади", "Разговор завершён", "The conversation ended"];
const UNANSWERED: Texts = [
    "Qo'ng'iroqqa javob berilmadi",
    "Қўнғироққа жавоб берилмади",
    "На звонок не ответили",
    "Nobody answered the call",
];
const BUSY: Texts = ["Liniya band edi", "Линия банд эди", "Линия была занята", "The line was busy"];
const FORBIDDEN: Texts = [
    "Qo'ng'iroqqa ruxsat berilmadi",
    "Қўнғироққа рухсат берилмади",
    "Звонок был запрещён",
    "The call was not allowed",
];
const VOICEMAIL: Texts = [
    "Qo'ng'iroq ovozli pochtaga o'tdi",
    "Қўнғироқ овозли почтага ўтди",
    "Звонок ушёл на голосовую почту",
    "The call went to a voice box",
];
const LOGGED: Texts = [
    "ATS jurnali qo'ng'iroq haqida xabar berdi: {0}",
    "АТС журнали қўнғироқ ҳақида хабар берди: {0}",
    "О звонке сообщил журнал АТС: {0}",
    "The exchange's log told of the call: {0}",
];
const MATCHED: Texts = [
    "Jurnal qatori {0} qo'ng'irog'iniki ekan",
    "Журнал қатори {0} қўнғироғиники экан",
    "Строка журнала отнесена к звонку {0}",
    "The row of the log was found to be of the call {0}",
];
const CONFIRMED: Texts = [
    "ATS jurnali tasdiqladi: {0}, suhbat {1} soniya",
    "АТС журнали тасдиқлади: {0}, суҳбат {1} сония",
    "Журнал АТС подтвердил: {0}, разговор {1} с",
    "The exchange's log confirmed it: {0}, {1} seconds of talk",
];
const CORRECTED: Texts = [
    "ATS jurnali tuzatdi: {0}, suhbat {1} soniya",
    "АТС журнали тузатди: {0}, суҳбат {1} сония",
    "Журнал АТС поправил: {0}, разговор {1} с",
    "The exchange's log says otherwise: {0}, {1} seconds of talk",
];
const RECORDING_FOUND: Texts =
    ["Yozuv topildi", "Ёзув топилди", "Найдена запись разговора", "The recording was found"];
const LISTENED: Texts = [
    "{0} yozuvni tingladi",
    "{0} ёзувни тинглади",
    "Запись прослушана, кем: {0}",
    "{0} listened to the recording",
];

const WAS_ANSWERED: Texts = ["javob berildi", "жавоб берилди", "отвечен", "answered"];
const WAS_UNANSWERED: Texts = ["javobsiz", "жавобсиз", "без ответа", "unanswered"];
const WAS_BUSY: Texts = ["band", "банд", "занято", "busy"];
const WAS_FAILED: Texts = ["xatolik", "хатолик", "ошибка", "failed"];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    match event {
        Event::Seen { course, .. } => tell.say(match course.direction {
            Direction::Incoming => SEEN_INCOMING,
            Direction::Outgoing => SEEN_OUTGOING,
        }),
        Event::Answered { .. } => tell.say(ANSWERED),
        Event::Ended { .. } => tell.say(ENDED),
        Event::Missed { how, .. } => tell.say(missed(*how)),
        Event::Logged { row, .. } => tell.with(LOGGED, &[&tell.say(status(row.status))]),
        Event::Matched { call, .. } => tell.with(MATCHED, &[call]),
        Event::Confirmed { row, .. } => {
            tell.with(CONFIRMED, &[&tell.say(status(row.status)), &row.talk_secs])
        }
        Event::Corrected { row, .. } => {
            tell.with(CORRECTED, &[&tell.say(status(row.status)), &row.talk_secs])
        }
        Event::RecordingFound { .. } => tell.say(RECORDING_FOUND),
        Event::Listened { by, .. } => tell.with(LISTENED, &[by]),
    }
}

fn missed(how: Missing) -> Texts {
    match how {
        Missing::Unanswered => UNANSWERED,
        Missing::Busy => BUSY,
        Missing::Forbidden => FORBIDDEN,
        Missing::Voicemail => VOICEMAIL,
    }
}

fn status(status: Status) -> Texts {
    match status {
        Status::Answered => WAS_ANSWERED,
        Status::Unanswered => WAS_UNANSWERED,
        Status::Busy => WAS_BUSY,
        Status::Failed => WAS_FAILED,
    }
}
