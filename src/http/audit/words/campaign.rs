//! What happened to a campaign.

use domain::campaign::{Event, Why};

use super::{Teller, Texts};

const CREATED: Texts = [
    "«{0}» kampaniyasi yaratildi",
    "«{0}» кампанияси яратилди",
    "Кампания «{0}» создана",
    "The campaign “{0}” was planned",
];
const CHANGED: Texts = [
    "Kampaniya rejasi o'zgartirildi",
    "Кампания режаси ўзгартирилди",
    "План кампании изменён",
    "The campaign's plan was changed",
];
const ENLISTED: Texts = [
    "Kampaniyaga {0} ta kontakt qo'shildi",
    "Кампанияга {0} та контакт қўшилди",
    "В кампанию добавлено контактов: {0}",
    "Contacts that joined the campaign: {0}",
];
const STARTED: Texts =
    ["Kampaniya boshlandi", "Кампания бошланди", "Кампания запущена", "The campaign was started"];
const PAUSED: Texts = [
    "Kampaniya to'xtatib turildi",
    "Кампания тўхтатиб турилди",
    "Кампания приостановлена",
    "The campaign was paused",
];
const TRIPPED: Texts = [
    "Agent ko'p xato qilgani uchun kampaniya to'xtadi: ketma-ket {0}, oxirgi {2} tadan {1}",
    "Агент кўп хато қилгани учун кампания тўхтади: кетма-кет {0}, охирги {2} тадан {1}",
    "Кампания остановлена: агент ошибается слишком часто, подряд {0}, из последних {2} — {1}",
    "The campaign paused because the agent fails too often: {0} in a row, {1} of the last {2}",
];
const SPENT: Texts = [
    "Kampaniya byudjeti tugadi: {0}",
    "Кампания бюджети тугади: {0}",
    "Бюджет кампании исчерпан: {0}",
    "The campaign's budget is used up: {0}",
];
const RESTORED: Texts = [
    "Kampaniya to'xtatildi: dvigatel {0}-pozitsiyada tugaydigan zaxira nusxadan tiklandi, undan keyin kimga qo'ng'iroq qilingani noma'lum",
    "Кампания тўхтатилди: двигатель {0}-позицияда тугайдиган захира нусхадан тикланди, ундан кейин кимга қўнғироқ қилингани номаълум",
    "Кампания остановлена: движок восстановлен из резервной копии до позиции {0}, кому звонили после неё, неизвестно",
    "The campaign paused because the engine was restored from a backup that ends at position {0}: whom it called since is not known",
];
const COMPLETED: Texts =
    ["Kampaniya tugadi", "Кампания тугади", "Кампания завершена", "The campaign was completed"];
const FAILED: Texts = [
    "Kampaniya xato bilan tugadi: {0}",
    "Кампания хато билан тугади: {0}",
    "Кампания завершилась ошибкой: {0}",
    "The campaign failed: {0}",
];
const REMOVED: Texts =
    ["Kampaniya o'chirildi", "Кампания ўчирилди", "Кампания удалена", "The campaign was removed"];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    match event {
        Event::Created { plan, .. } => tell.with(CREATED, &[&plan.name]),
        Event::Changed { .. } => tell.say(CHANGED),
        Event::Enlisted { count, .. } => tell.with(ENLISTED, &[count]),
        Event::Started { .. } => tell.say(STARTED),
        Event::Paused { why: Why::Asked, .. } => tell.say(PAUSED),
        Event::Paused { why: Why::Breaker(at), .. } => {
            tell.with(TRIPPED, &[&at.in_a_row, &at.failed, &at.of_last])
        }
        Event::Paused { why: Why::Budget { figures }, .. } => tell.with(SPENT, &[figures]),
        Event::Paused { why: Why::Restored { position }, .. } => tell.with(RESTORED, &[position]),
        Event::Completed { .. } => tell.say(COMPLETED),
        Event::Failed { reason, .. } => tell.with(FAILED, &[reason]),
        Event::Removed { .. } => tell.say(REMOVED),
    }
}
