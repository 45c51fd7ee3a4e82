//! What became of a workbook of contacts.

use domain::import::Event;

use super::{Teller, Texts};

const BEGUN: Texts = ["Import boshlandi", "Импорт бошланди", "Импорт начат", "The import was begun"];
const FINISHED: Texts = [
    "Import tugadi: {0} qator, {1} ta yaratildi, {2} ta yangilandi, {3} ta o'tkazib yuborildi, {4} ta rad etildi",
    "Импорт тугади: {0} қатор, {1} та яратилди, {2} та янгиланди, {3} та ўтказиб юборилди, {4} та рад этилди",
    "Импорт завершён: строк {0}, создано {1}, обновлено {2}, пропущено {3}, отклонено {4}",
    "The import was finished; rows: {0}; {1} created, {2} updated, {3} skipped, {4} rejected",
];
const FAILED: Texts = [
    "Import uzilib qoldi: {0}",
    "Импорт узилиб қолди: {0}",
    "Импорт прерван: {0}",
    "The import broke off: {0}",
];
const UNDONE: Texts = [
    "Import bekor qilindi: {0} ta kontakt o'chirildi, {1} ta qoldi",
    "Импорт бекор қилинди: {0} та контакт ўчирилди, {1} та қолди",
    "Импорт отменён: удалено контактов {0}, осталось {1}",
    "The import was undone; contacts removed: {0}, kept: {1}",
];

const REDACTED: Texts = [
    "Unutilgan shaxs haqida aytilganlar olib tashlandi",
    "Унутилган шахс ҳақида айтилганлар олиб ташланди",
    "Сказанное о забытом человеке убрано",
    "What was told of somebody who was forgotten was taken out",
];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    match event {
        Event::Begun { .. } => tell.say(BEGUN),
        Event::Finished { counts, .. } => {
            let made = (&counts.created, &counts.updated, &counts.skipped, &counts.rejected);
            tell.with(FINISHED, &[&counts.rows, made.0, made.1, made.2, made.3])
        }
        Event::Failed { reason, .. } => tell.with(FAILED, &[reason]),
        Event::Redacted { .. } => tell.say(REDACTED),
        Event::Undone { removed, kept, .. } => {
            let kept = u64::from(kept.changed) + u64::from(kept.in_campaign) + u64::from(kept.called);
            tell.with(UNDONE, &[removed, &kept])
        }
    }
}
