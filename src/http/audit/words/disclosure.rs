//! Who was shown something.

use domain::disclosure::{Event, Looked, Way};

use super::{Teller, Texts};

const SHOWN: Texts = [
    "Shaxsiy ma'lumotlarni {0} ko'rdi",
    "Шахсий маълумотларни {0} кўрди",
    "Личные данные просмотрены, кем: {0}",
    "{0} was shown what belongs to a person",
];
const LISTED: Texts = [
    "Ro'yxatni {0} ko'rdi",
    "Рўйхатни {0} кўрди",
    "Список просмотрен, кем: {0}",
    "{0} was shown a list of what belongs to it",
];
const HEARD: Texts = [
    "Yozuvni {0} tingladi",
    "Ёзувни {0} тинглади",
    "Запись прослушана, кем: {0}",
    "{0} listened to the recording",
];
const COPIED: Texts =
    ["Faylni {0} yuklab oldi", "Файлни {0} юклаб олди", "Файл получен, кем: {0}", "{0} took a file of it"];
const SEALED: Texts = [
    "Dalilni {0} oldi; shaxsiy ma'lumotlar yopiq",
    "Далилни {0} олди; шахсий маълумотлар ёпиқ",
    "Доказательство получено, личные данные закрыты, кем: {0}",
    "{0} took evidence, with what belongs to persons closed",
];
const OPENED: Texts = [
    "Dalilni {0} oldi, shaxsiy ma'lumotlarni ochadigan kalitlari bilan",
    "Далилни {0} олди, шахсий маълумотларни очадиган калитлари билан",
    "Доказательство получено вместе с ключами, открывающими личные данные, кем: {0}",
    "{0} took evidence, with the keys that open what belongs to persons",
];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    let Event::Looked(Looked { by, how, .. }) = event;
    let texts = match how {
        Way::Shown => SHOWN,
        Way::Listed => LISTED,
        Way::Heard => HEARD,
        Way::Copied => COPIED,
        Way::Sealed => SEALED,
        Way::Opened => OPENED,
    };
    tell.with(texts, &[by])
}
