//! What became of a report that could not be placed.

use domain::quarantine::{Event, Reason};

use super::{Teller, Texts};

const HELD: Texts = [
    "Noma'lum sessiyaning hisoboti saqlab qo'yildi",
    "Номаълум сессиянинг ҳисоботи сақлаб қўйилди",
    "Отчёт неизвестной сессии отложен",
    "A report of an unknown session was held",
];
const BOUND: Texts = [
    "Hisobot {0} sessiyasiga bog'landi",
    "Ҳисобот {0} сессиясига боғланди",
    "Отчёт привязан к сессии {0}",
    "The report was bound to the session {0}",
];
const DISCARDED: Texts =
    ["Hisobot bekor qilindi", "Ҳисобот бекор қилинди", "Отчёт отброшен", "The report was discarded"];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    match event {
        Event::Held { reason: Reason::UnknownSession, .. } => tell.say(HELD),
        Event::Bound { session, .. } => tell.with(BOUND, &[session]),
        Event::Discarded { .. } => tell.say(DISCARDED),
    }
}
