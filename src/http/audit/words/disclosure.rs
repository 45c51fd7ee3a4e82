//! Who was shown something.

use domain::disclosure::{Event, Looked};

use super::{Teller, Texts};

const LOOKED: Texts = [
    "Shaxsiy ma'lumotlarni {0} ko'rdi",
    "Шахсий маълумотларни {0} кўрди",
    "Личные данные просмотрены, кем: {0}",
    "{0} was shown what belongs to a person",
];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    match event {
        Event::Looked(Looked { by, .. }) => tell.with(LOOKED, &[by]),
    }
}
