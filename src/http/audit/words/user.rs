//! What happened to a user.

use domain::user::Event;

use super::{Teller, Texts};

const CREATED: Texts = [
    "{0} foydalanuvchisi yaratildi, roli: {1}",
    "{0} фойдаланувчиси яратилди, роли: {1}",
    "Создан пользователь {0}, роль: {1}",
    "The user {0} was created with the role {1}",
];
const PASSWORD_SET: Texts =
    ["Parol o'zgartirildi", "Парол ўзгартирилди", "Пароль изменён", "The password was changed"];
const ROLE_SET: Texts = ["Yangi rol: {0}", "Янги рол: {0}", "Новая роль: {0}", "The role became {0}"];
const DISABLED: Texts = [
    "Foydalanuvchi o'chirib qo'yildi",
    "Фойдаланувчи ўчириб қўйилди",
    "Пользователь отключён",
    "The user was disabled",
];
const ENABLED: Texts = [
    "Foydalanuvchi yana yoqildi",
    "Фойдаланувчи яна ёқилди",
    "Пользователь снова включён",
    "The user was enabled again",
];
const SIGNED_IN: Texts =
    ["Foydalanuvchi kirdi", "Фойдаланувчи кирди", "Пользователь вошёл", "The user signed in"];
const SIGNED_OUT: Texts =
    ["Foydalanuvchi chiqdi", "Фойдаланувчи чиқди", "Пользователь вышел", "The user signed out"];
const ALL_ENDED: Texts = [
    "Foydalanuvchining barcha kirishlari tugatildi",
    "Фойдаланувчининг барча киришлари тугатилди",
    "Все входы пользователя завершены",
    "All sign-ins of the user were ended",
];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    match event {
        Event::Created { name, role, .. } => tell.with(CREATED, &[name, &role.as_str()]),
        Event::PasswordSet { .. } => tell.say(PASSWORD_SET),
        Event::RoleSet { role, .. } => tell.with(ROLE_SET, &[&role.as_str()]),
        Event::Disabled { .. } => tell.say(DISABLED),
        Event::Enabled { .. } => tell.say(ENABLED),
        Event::SignedIn { .. } => tell.say(SIGNED_IN),
        Event::SignedOut { session: Some(_), .. } => tell.say(SIGNED_OUT),
        Event::SignedOut { session: None, .. } => tell.say(ALL_ENDED),
    }
}
