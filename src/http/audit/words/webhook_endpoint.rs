//! What happened to a place where events are sent.

use domain::webhook_endpoint::{Event, Fault};

use super::{Teller, Texts};

const REGISTERED: Texts = [
    "Hodisalar yuboriladigan manzil qo'shildi",
    "Ҳодисалар юбориладиган манзил қўшилди",
    "Добавлен адрес, куда отправляются события",
    "An address that events are sent to was registered",
];
const CHANGED: Texts = [
    "Manzil yoki tanlangan hodisalar o'zgartirildi",
    "Манзил ёки танланган ҳодисалар ўзгартирилди",
    "Изменён адрес или выбор событий",
    "The address or the choice of events was changed",
];
const SECRET_ROTATED: Texts = [
    "Imzo uchun yangi maxfiy kalit yaratildi",
    "Имзо учун янги махфий калит яратилди",
    "Создан новый секрет для подписи",
    "A new secret to sign with was made",
];
const PAUSED: Texts = [
    "Hodisalarni yuborish to'xtatib turildi",
    "Ҳодисаларни юбориш тўхтатиб турилди",
    "Отправка событий приостановлена",
    "The sending of events was paused",
];
const RESUMED: Texts = [
    "Hodisalarni yuborish davom ettirildi",
    "Ҳодисаларни юбориш давом эттирилди",
    "Отправка событий возобновлена",
    "The sending of events was resumed",
];
const GONE: Texts = [
    "Yuborish o'chirildi: qabul qiluvchi boshqa hech narsa kutmayotganini aytdi",
    "Юбориш ўчирилди: қабул қилувчи бошқа ҳеч нарса кутмаётганини айтди",
    "Отправка отключена: получатель сообщил, что больше ничего не ждёт",
    "The sending was disabled: the receiver said that it is gone",
];
const FAILING: Texts = [
    "Yuborish o'chirildi: qabul qiluvchi kunlar davomida hech narsani qabul qilmadi",
    "Юбориш ўчирилди: қабул қилувчи кунлар давомида ҳеч нарсани қабул қилмади",
    "Отправка отключена: получатель несколько дней ничего не принимал",
    "The sending was disabled: the receiver took nothing for days",
];
const REMOVED: Texts = ["Manzil o'chirildi", "Манзил ўчирилди", "Адрес удалён", "The address was removed"];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    tell.say(match event {
        Event::Registered { .. } => REGISTERED,
        Event::Changed { .. } => CHANGED,
        Event::SecretRotated { .. } => SECRET_ROTATED,
        Event::Paused { .. } => PAUSED,
        Event::Resumed { .. } => RESUMED,
        Event::Disabled { why: Fault::Gone, .. } => GONE,
        Event::Disabled { why: Fault::Failing, .. } => FAILING,
        Event::Removed { .. } => REMOVED,
    })
}
