//! What happened to a key that a program asks with.

use domain::api_key::Event;

use super::{Teller, Texts};

const MADE: Texts = [
    "«{0}» kaliti yaratildi, roli: {1}",
    "«{0}» калити яратилди, роли: {1}",
    "Создан ключ «{0}», роль: {1}",
    "The key “{0}” was made with the role {1}",
];
const REVOKED: Texts = ["Kalit bekor qilindi", "Калит бекор қилинди", "Ключ отозван", "The key was revoked"];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    match event {
        Event::Made { name, grant, .. } => tell.with(MADE, &[name, &grant.role.as_str()]),
        Event::Revoked { .. } => tell.say(REVOKED),
    }
}
