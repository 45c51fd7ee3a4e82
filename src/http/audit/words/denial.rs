//! Who was refused something.

use domain::denial::{Event, Refused};

use super::{Teller, Texts};

/// Who, where, why, and how often.
const ONCE: Texts = [
    "Rad etildi: {0}, bo'lim {1}, sabab {2}",
    "Рад этилди: {0}, бўлим {1}, сабаб {2}",
    "Отказано: {0}, раздел {1}, причина {2}",
    "{0} was refused in {1}: {2}",
];
const OFTEN: Texts = [
    "Rad etildi: {0}, bo'lim {1}, sabab {2}, {3} dan beri {4} marta",
    "Рад этилди: {0}, бўлим {1}, сабаб {2}, {3} дан бери {4} марта",
    "Отказано: {0}, раздел {1}, причина {2}, с {3} раз: {4}",
    "{0} was refused in {1} since {3}, {4} times: {2}",
];
const MANY: Texts = ["ko'pchilik", "кўпчилик", "многие", "Many"];
const ANYWHERE: Texts = ["turli", "турли", "разные", "several places"];

pub(super) fn words(event: &Event, tell: Teller) -> String {
    let Event::Refused(Refused { by, from, area, reason, count, since, .. }) = event;
    let who = by.as_ref().or(from.as_ref()).cloned().unwrap_or_else(|| tell.say(MANY));
    let area = area.clone().unwrap_or_else(|| tell.say(ANYWHERE));
    let texts = if *count == 1 { ONCE } else { OFTEN };
    tell.with(texts, &[&who, &area, reason, &tell.time(*since), count])
}
