//! What each rule asks, in a sentence for people.

use super::Rule;
use crate::language::Language;

/// Uzbek in both scripts, Russian, English.
const WORDS: [(Rule, [&str; 4]); 14] = [
    (
        Rule::ContactStatus,
        ["Kontakt faolmi", "Контакт фаолми", "Активен ли контакт", "Whether the contact is active"],
    ),
    (
        Rule::DoNotCall,
        [
            "Raqam qo'ng'iroq qilinmaydiganlar ro'yxatida emasmi",
            "Рақам қўнғироқ қилинмайдиганлар рўйхатида эмасми",
            "Нет ли номера в списке запрета звонков",
            "Whether the number is on no do-not-call list",
        ],
    ),
    (
        Rule::NumberRetired,
        ["Raqam mavjudmi", "Рақам мавжудми", "Существует ли номер", "Whether the number exists"],
    ),
    (
        Rule::ZoneKnown,
        [
            "Qaysi vaqt mintaqasi ekani ma'lummi",
            "Қайси вақт минтақаси экани маълумми",
            "Известен ли часовой пояс",
            "Whether it is known what time it is there",
        ],
    ),
    (
        Rule::CallUnderWay,
        [
            "Hozir unga qo'ng'iroq qilinmayaptimi",
            "Ҳозир унга қўнғироқ қилинмаяптими",
            "Не звонят ли ему сейчас",
            "Whether no call to it is under way",
        ],
    ),
    (
        Rule::Promise,
        [
            "Berilgan va'da muddati o'tganmi",
            "Берилган ваъда муддати ўтганми",
            "Истёк ли срок данного обещания",
            "Whether a promise that was given has fallen due",
        ],
    ),
    (
        Rule::QuietTime,
        [
            "Suhbatdan keyingi sokin vaqt o'tganmi",
            "Суҳбатдан кейинги сокин вақт ўтганми",
            "Прошло ли время тишины после разговора",
            "Whether the silence after a conversation is over",
        ],
    ),
    (
        Rule::Caps,
        [
            "Qo'ng'iroqlar soni chegaradan oshmaganmi",
            "Қўнғироқлар сони чегарадан ошмаганми",
            "Не превышено ли число звонков",
            "Whether it was not called too often",
        ],
    ),
    (
        Rule::RetryDue,
        [
            "Qayta urinish vaqti keldimi",
            "Қайта уриниш вақти келдими",
            "Пора ли пробовать снова",
            "Whether it is time to try again",
        ],
    ),
    (
        Rule::CallbackDue,
        [
            "So'ralgan qo'ng'iroq vaqti keldimi",
            "Сўралган қўнғироқ вақти келдими",
            "Наступило ли время обещанного звонка",
            "Whether the instant asked for has come",
        ],
    ),
    (
        Rule::Window,
        [
            "U yerda qo'ng'iroq qilish soatimi",
            "У ерда қўнғироқ қилиш соатими",
            "Разрешённые ли там часы",
            "Whether it is an hour for calls there",
        ],
    ),
    (
        Rule::Holiday,
        [
            "U yerda bayram kuni emasmi",
            "У ерда байрам куни эмасми",
            "Не праздник ли там",
            "Whether it is no holiday there",
        ],
    ),
    (
        Rule::Budget,
        [
            "Kampaniya byudjeti qoldimi",
            "Кампания бюджети қолдими",
            "Остался ли бюджет кампании",
            "Whether the campaign has budget left",
        ],
    ),
    (
        Rule::Breaker,
        ["Agent ishlayaptimi", "Агент ишлаяптими", "Работает ли агент", "Whether the agent works"],
    ),
];

impl Rule {
    pub fn description(self, language: Language) -> &'static str {
        WORDS.iter().find(|(rule, _)| *rule == self).map_or("", |(_, words)| language.of(*words))
    }
}
