//! Events told in a sentence for people, in four languages. One file an aggregate; a figure stands in it where it is what matters.
//! No sentence holds anything of a person: what was said about somebody stands in the event's data alone.

mod api_key;
mod call;
mod campaign;
mod contact;
mod denial;
mod disclosure;
mod import;
mod number_list;
mod pbx;
mod pbx_call;
mod person;
mod promise;
mod quarantine;
mod remote;
mod session;
mod settings;
mod target;
mod user;
mod webhook_endpoint;

use std::fmt::Display;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::fact::Event;
use domain::language::Language;

use crate::dispatch::audit::Entry;

/// A sentence in Uzbek, in both scripts, in Russian and in English. `{0}` stands for the first figure.
pub(super) type Texts = [&'static str; 4];

const UNREADABLE: Texts = [
    "Bu hodisani o'qib bo'lmaydi",
    "Бу ҳодисани ўқиб бўлмайди",
    "Это событие не читается",
    "No sense can be made of this event",
];

/// Whoever tells: in which language, and what time it is where people read it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Teller {
    pub(crate) language: Language,
    pub(crate) zone: Tz,
}

impl Teller {
    pub(super) fn say(self, texts: Texts) -> String {
        self.language.of(texts).to_owned()
    }

    pub(super) fn with(self, texts: Texts, figures: &[&dyn Display]) -> String {
        let mut parts = self.language.of(texts).split('{');
        let mut told = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (place, rest) = part.split_once('}').unwrap_or(("", part));
            let figure = place.parse().ok().and_then(|place: usize| figures.get(place));
            told.extend(figure.map(ToString::to_string));
            told.push_str(rest);
        }
        told
    }

    fn time(self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%Y-%m-%d %H:%M").to_string()
    }

    /// What an event that was recorded means today.
    pub(super) fn entry(self, entry: &Entry) -> String {
        self.told(&entry.events)
    }

    /// The same of all that it stands for; where that is nothing, no sense can be made of it.
    pub(crate) fn told<'a>(self, events: impl IntoIterator<Item = &'a Event>) -> String {
        let told: Vec<String> = events.into_iter().map(|event| self.words(event)).collect();
        if told.is_empty() { self.say(UNREADABLE) } else { told.join(". ") }
    }

    pub(super) fn words(self, event: &Event) -> String {
        match event {
            Event::Session(event) => session::words(event, self),
            Event::Call(event) => call::words(event, self),
            Event::Quarantine(event) => quarantine::words(event, self),
            Event::NumberList(event) => number_list::words(event, self),
            Event::Remote(event) => remote::words(event, self),
            Event::Contact(event) => contact::words(event, self),
            Event::Import(event) => import::words(event, self),
            Event::Person(event) => person::words(event, self),
            Event::Campaign(event) => campaign::words(event, self),
            Event::Target(event) => target::words(event, self),
            Event::Promise(event) => promise::words(event, self),
            Event::User(event) => user::words(event, self),
            Event::ApiKey(event) => api_key::words(event, self),
            Event::WebhookEndpoint(event) => webhook_endpoint::words(event, self),
            Event::Settings(event) => settings::words(event, self),
            Event::Pbx(event) => pbx::words(event, self),
            Event::PbxCall(event) => pbx_call::words(event, self),
            Event::Disclosure(event) => disclosure::words(event, self),
            Event::Denial(event) => denial::words(event, self),
        }
    }
}

#[cfg(test)]
mod tests;
