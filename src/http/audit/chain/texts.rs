//! What is said of a link that no event tells by itself, and of why there is none.

use crate::http::audit::words::Texts;

pub(super) const RECORDING: Texts = [
    "Yozuv manzili shu hisobotda keldi",
    "Ёзув манзили шу ҳисоботда келди",
    "Адрес записи пришёл с этим отчётом",
    "The recording's address came with this report",
];
pub(super) const HELD: Texts = [
    "Hisobot avval saqlab qo'yilgan edi: {0}",
    "Ҳисобот аввал сақлаб қўйилган эди: {0}",
    "Отчёт сначала был отложен: {0}",
    "The report was held before it was placed: {0}",
];
pub(super) const EFFECT: Texts = [
    "Amal bajarilgani uchun: {0}",
    "Амал бажарилгани учун: {0}",
    "Следствие действия: {0}",
    "It follows from the effect {0}",
];
pub(super) const START: Texts = [
    "So'rov bilan boshlandi: {0}",
    "Сўров билан бошланди: {0}",
    "Начато запросом {0}",
    "It was begun by the request {0}",
];
pub(super) const LISTED_ROW: Texts = [
    "Faylning {0}-qatori, ro'yxatning {1}-raqami",
    "Файлнинг {0}-қатори, рўйхатнинг {1}-рақами",
    "Строка {0} файла, номер {1} в списке",
    "Row {0} of the file, number {1} of the list",
];
pub(super) const ROW: Texts =
    ["Faylning {0}-qatori", "Файлнинг {0}-қатори", "Строка {0} файла", "Row {0} of the file"];
pub(super) const CALLED: Texts = [
    "Sessiyadagi qo'ng'iroq: {0}",
    "Сессиядаги қўнғироқ: {0}",
    "Звонок сессии: {0}",
    "A call of the session: {0}",
];

pub(super) const NO_REPORT: Texts = [
    "Qo'ng'iroq haqida hisobot yo'q",
    "Қўнғироқ ҳақида ҳисобот йўқ",
    "Отчёта о звонке нет",
    "No report of the call is recorded",
];
pub(super) const NO_SESSION: Texts = [
    "Sessiya haqida hech narsa yozilmagan",
    "Сессия ҳақида ҳеч нарса ёзилмаган",
    "О сессии ничего не записано",
    "Nothing is recorded of the session",
];
pub(super) const NOT_STARTED: Texts = [
    "Sessiya bu yerda boshlanmagan: u o'z hisobotidan ma'lum bo'ldi",
    "Сессия бу ерда бошланмаган: у ўз ҳисоботидан маълум бўлди",
    "Сессию начали не здесь: о ней известно из её отчёта",
    "The session was not started here: it became known by a report of its own",
];
pub(super) const NO_LIST: Texts = [
    "Sessiya ro'yxatsiz boshlangan",
    "Сессия рўйхатсиз бошланган",
    "Сессия начата без списка",
    "The session was started without a list",
];
pub(super) const LIST_GONE: Texts = [
    "Ro'yxat haqida hech narsa yozilmagan",
    "Рўйхат ҳақида ҳеч нарса ёзилмаган",
    "О списке ничего не записано",
    "Nothing is recorded of the list",
];
pub(super) const UNLISTED: Texts = [
    "Raqam bu ro'yxatda yo'q",
    "Рақам бу рўйхатда йўқ",
    "Номера нет в этом списке",
    "The number is not on this list",
];
pub(super) const FORGOTTEN: Texts = [
    "Ro'yxat qatorlari o'chirilgan",
    "Рўйхат қаторлари ўчирилган",
    "Строки списка забыты",
    "The rows of the list were forgotten",
];
pub(super) const TOO_LONG: Texts = [
    "Zanjir juda uzun",
    "Занжир жуда узун",
    "Цепочка слишком длинная",
    "The chain is too long to be followed further",
];
pub(super) const NOT_DIALLED: Texts = [
    "Qo'ng'iroqning boshlanishi yozilmagan",
    "Қўнғироқнинг бошланиши ёзилмаган",
    "Начало звонка не записано",
    "The beginning of the call is not recorded",
];
pub(super) const NO_CAMPAIGN: Texts = [
    "Kampaniya haqida hech narsa yozilmagan",
    "Кампания ҳақида ҳеч нарса ёзилмаган",
    "О кампании ничего не записано",
    "Nothing is recorded of the campaign",
];
pub(super) const NO_CONTACT: Texts = [
    "Kontakt haqida hech narsa yozilmagan",
    "Контакт ҳақида ҳеч нарса ёзилмаган",
    "О контакте ничего не записано",
    "Nothing is recorded of the contact",
];
pub(super) const BY_HAND: Texts = [
    "Kontakt fayldan kelmagan: u alohida yaratilgan",
    "Контакт файлдан келмаган: у алоҳида яратилган",
    "Контакт создан отдельно, не из файла",
    "The contact came with no file: it was created by itself",
];
pub(super) const NO_IMPORT: Texts = [
    "Import haqida hech narsa yozilmagan",
    "Импорт ҳақида ҳеч нарса ёзилмаган",
    "Об импорте ничего не записано",
    "Nothing is recorded of the import",
];
pub(super) const NO_ROW: Texts = [
    "Fayl qatori topilmadi",
    "Файл қатори топилмади",
    "Строка файла не найдена",
    "No row of the file is known to have made it",
];
pub(super) const UNSEEN: Texts = [
    "Qo'ng'iroqni hech kim ko'rmagan: u haqida faqat jurnal aytadi",
    "Қўнғироқни ҳеч ким кўрмаган: у ҳақида фақат журнал айтади",
    "Звонка никто не видел: о нём говорит только журнал",
    "Nobody saw the call: the exchange's log alone tells of it",
];
