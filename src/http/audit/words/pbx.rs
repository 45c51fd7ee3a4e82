//! What happened to the watch over an exchange.

use domain::pbx::{Event, Gap, Refusal};

use super::{Teller, Texts};

const SYNCED: Texts = [
    "ATS jurnali o'qildi: {0} qator, {1} tasi yangi",
    "АТС журнали ўқилди: {0} қатор, {1} таси янги",
    "Журнал АТС прочитан: строк {0}, новых {1}",
    "The exchange's log was read: {0} rows, {1} of them new",
];
const AWAY: Texts = [
    "{0} dan {1} gacha ATS bilan aloqa bo'lmadi",
    "{0} дан {1} гача АТС билан алоқа бўлмади",
    "С {0} до {1} АТС была недоступна",
    "From {0} to {1} the exchange was away",
];
const SHUT: Texts = [
    "{0} dan {1} gacha ATS bizni kiritmadi",
    "{0} дан {1} гача АТС бизни киритмади",
    "С {0} до {1} АТС нас не впускала",
    "From {0} to {1} the exchange did not let us in",
];
const UNWATCHED: Texts = [
    "{0} dan {1} gacha ATS kuzatilmadi",
    "{0} дан {1} гача АТС кузатилмади",
    "С {0} до {1} за АТС никто не следил",
    "From {0} to {1} nobody watched the exchange",
];
const BAD_PASSWORD: Texts = [
    "ATS parolni qabul qilmadi",
    "АТС паролни қабул қилмади",
    "АТС не приняла пароль",
    "The exchange refused the password",
];
const NO_RIGHTS: Texts = [
    "ATS ruxsat bermadi",
    "АТС рухсат бермади",
    "На АТС не хватает прав",
    "The account has too few rights at the exchange",
];
const BAD_CERTIFICATE: Texts = [
    "ATS sertifikati ishonchsiz",
    "АТС сертификати ишончсиз",
    "Сертификату АТС нельзя доверять",
    "The exchange's certificate is not to be trusted",
];
const ACCEPTED: Texts =
    ["ATS yana kiritdi", "АТС яна киритди", "АТС снова впускает", "The exchange lets us in again"];
const LEFT: Texts = ["Kuzatuv to'xtadi", "Кузатув тўхтади", "Наблюдение прекращено", "The watch ended"];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    match event {
        Event::Synced(synced) => tell.with(SYNCED, &[&synced.rows, &synced.new]),
        Event::MonitorGap { from, to, why, .. } => {
            let texts = match why {
                Gap::Unreachable => AWAY,
                Gap::Refused => SHUT,
                Gap::Unwatched => UNWATCHED,
            };
            tell.with(texts, &[&tell.time(*from), &tell.time(*to)])
        }
        Event::Refused { why: Refusal::Password, .. } => tell.say(BAD_PASSWORD),
        Event::Refused { why: Refusal::Rights, .. } => tell.say(NO_RIGHTS),
        Event::Refused { why: Refusal::Certificate, .. } => tell.say(BAD_CERTIFICATE),
        Event::Accepted { .. } => tell.say(ACCEPTED),
        Event::Left { .. } => tell.say(LEFT),
    }
}
