//! A sheet's rows on their way to contacts: the first names the columns, numbers are repaired, days and JSON are read, repetitions
//! noticed. Whether a number is somebody's already is not known here.

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::heading::{Column, Heading};
use super::{BadHeading, Became, Line, Note, What};
use crate::contact::{self, Details};
use crate::day;
use crate::number_list::{Cell, Holds, Met};
use crate::phone::{Home, Listed, Phone, Unfit};
use crate::zone::Zone;

/// What stands between fields.
const FIELD: char = '\t';
/// Longer numbers stay text: they are names of something, and a float would round them.
const NUMBER_LEN_MAX: usize = 15;

/// A row that can be a contact.
#[derive(Debug, Clone, PartialEq)]
pub struct Coming {
    pub row: u32,
    pub details: Details,
    pub notes: Vec<Note>,
}

impl Coming {
    /// What is known of a contact from now on: a cell that is empty says nothing.
    pub fn over(&self, known: &Details) -> Details {
        let Details { first_name, last_name, phone, date_of_birth, custom_data, notes, zone, .. } =
            self.details.clone();
        Details {
            first_name,
            last_name: if last_name.is_empty() { known.last_name.clone() } else { last_name },
            phone,
            date_of_birth: date_of_birth.or(known.date_of_birth),
            custom_data: custom_data.or_else(|| known.custom_data.clone()),
            notes: notes.or_else(|| known.notes.clone()),
            last_outcome: known.last_outcome.clone(),
            zone: zone.or_else(|| known.zone.clone()),
        }
    }

    pub fn became(self, became: Became, contact: Option<uuid::Uuid>) -> Line {
        Line { row: self.row, became, contact, notes: self.notes }
    }
}

/// What a row is.
#[derive(Debug, Clone, PartialEq)]
pub enum Judged {
    Contact(Box<Coming>),
    /// No contact comes of it.
    Told(Line),
}

/// Contacts in the making.
#[derive(Debug)]
pub struct Intake {
    home: Home,
    strict: bool,
    today: NaiveDate,
    heading: Option<Heading>,
    rows: u32,
    met: Met,
}

impl Intake {
    pub fn new(home: Home, strict: bool, today: NaiveDate) -> Self {
        Self { home, strict, today, heading: None, rows: 0, met: Met::default() }
    }

    /// None for the row that names the columns.
    pub fn take(&mut self, row: u32, cell: Cell<'_>) -> Result<Option<Judged>, BadHeading> {
        let formula = cell.holds == Holds::Formula;
        let fields = cell.text.split(FIELD).map(typed);
        let Some(heading) = &self.heading else {
            let heading = if formula { Err(BadHeading::Formula) } else { Heading::read(fields) };
            self.heading = Some(heading?);
            return Ok(None);
        };
        self.rows += 1;
        if formula {
            let note = Note::new("", What::Unfit(Unfit::Formula), "", "");
            return Ok(Some(Judged::Told(rejected(row, vec![note]))));
        }
        let mut reading = Reading::new(self.home, self.today);
        for (column, text) in fields.enumerate().filter(|(_, text)| !text.trim().is_empty()) {
            reading.take(&heading.of(column), text.trim());
        }
        Ok(Some(self.judge(row, reading.finish())))
    }

    pub fn finish(self) -> Result<(), BadHeading> {
        if self.rows == 0 { Err(BadHeading::NoRows) } else { Ok(()) }
    }

    fn judge(&mut self, row: u32, (contact, notes): (Option<(Phone, Details)>, Vec<Note>)) -> Judged {
        let doubtful = self.strict && notes.iter().any(|note| note.what.is_warning());
        let Some((phone, details)) = contact.filter(|_| !doubtful) else {
            return Judged::Told(rejected(row, notes));
        };
        match self.met.earlier(&phone, row) {
            None => Judged::Contact(Box::new(Coming { row, details, notes })),
            Some(earlier) => {
                let note = Note::new("phone", What::EarlierRow, phone.as_str(), &earlier.to_string());
                Judged::Told(Line { row, became: Became::Skipped, contact: None, notes: vec![note] })
            }
        }
    }
}

fn rejected(row: u32, notes: Vec<Note>) -> Line {
    Line { row, became: Became::Rejected, contact: None, notes }
}

/// As somebody typed it: in files that are handed out an apostrophe stands before what a program may take for a formula.
fn typed(field: &str) -> &str {
    let text = field.strip_prefix('\'').unwrap_or(field);
    if text.starts_with(FORMULA) { text } else { field }
}

/// What a formula begins with.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// One row while its cells are read.
struct Reading {
    home: Home,
    today: NaiveDate,
    details: Details,
    phone: Option<Phone>,
    extra: Map<String, Value>,
    notes: Vec<Note>,
    fit: bool,
}

impl Reading {
    fn new(home: Home, today: NaiveDate) -> Self {
        let (details, extra) = (Details::default(), Map::new());
        Self { home, today, details, phone: None, extra, notes: vec![], fit: true }
    }

    fn take(&mut self, column: &Column, text: &str) {
        match column {
            Column::FirstName => {
                self.details.first_name = self.text("firstName", text, contact::NAME_LEN_MAX);
            }
            Column::LastName => self.details.last_name = self.text("lastName", text, contact::NAME_LEN_MAX),
            Column::Notes => self.details.notes = Some(self.text("notes", text, contact::NOTES_LEN_MAX)),
            Column::Phone => self.number(text),
            Column::DateOfBirth => self.birthday(text),
            Column::Zone => self.zone(text),
            Column::CustomData => match serde_json::from_str(text) {
                Ok(value) => self.details.custom_data = Some(value).filter(|value| *value != Value::Null),
                Err(_) => self.note("customData", What::NotJson, text, ""),
            },
            Column::Extra(name) => drop(self.extra.insert(name.clone(), value(text))),
        }
    }

    fn finish(mut self) -> (Option<(Phone, Details)>, Vec<Note>) {
        self.merge();
        for (field, text) in [("firstName", &self.details.first_name), ("phone", &self.details.phone)] {
            let told = self.notes.iter().any(|note| note.field == field);
            if text.is_empty() && !told {
                self.notes.push(Note::new(field, What::Missing, "", ""));
                self.fit = false;
            }
        }
        let contact = self.phone.filter(|_| self.fit).map(|phone| (phone, self.details));
        (contact, self.notes)
    }

    /// Other columns are fields of the contact's own data, where that does not have them itself.
    fn merge(&mut self) {
        if !self.extra.is_empty() {
            let extra = std::mem::take(&mut self.extra);
            match self.details.custom_data.get_or_insert_with(|| Value::Object(Map::new())) {
                Value::Object(own) => {
                    for (name, value) in extra {
                        own.entry(name).or_insert(value);
                    }
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                    let names: Vec<String> = extra.into_iter().map(|(name, _)| name).collect();
                    self.note("customData", What::NotMerged, &names.join(", "), "");
                }
            }
        }
        let len = self.details.custom_data.as_ref().map_or(0, |value| value.to_string().len());
        if len > contact::CUSTOM_LEN_MAX {
            self.refuse("customData", What::TooLong, "");
        }
    }

    fn text(&mut self, field: &str, text: &str, max: usize) -> String {
        if text.chars().count() > max {
            self.refuse(field, What::TooLong, text);
        }
        text.to_owned()
    }

    fn number(&mut self, text: &str) {
        match Phone::listed(text, self.home) {
            Ok(Listed { phone, repaired }) => {
                if repaired {
                    self.note("phone", What::Repaired, text, phone.as_str());
                }
                phone.as_str().clone_into(&mut self.details.phone);
                self.phone = Some(phone);
            }
            Err(why) => self.refuse("phone", What::Unfit(why), text),
        }
    }

    fn birthday(&mut self, text: &str) {
        match day::parse(text).filter(|(day, _)| (contact::OLDEST..=self.today).contains(day)) {
            Some((day, plain)) => {
                if !plain {
                    self.note("dateOfBirth", What::Repaired, text, &day.to_string());
                }
                self.details.date_of_birth = Some(day);
            }
            None => self.note("dateOfBirth", What::NotADay, text, ""),
        }
    }

    fn zone(&mut self, text: &str) {
        match Zone::parse(text) {
            Ok(zone) => self.details.zone = Some(zone.as_str().to_owned()),
            Err(_) => self.note("timezone", What::NotAZone, text, ""),
        }
    }

    fn note(&mut self, field: &str, what: What, before: &str, after: &str) {
        self.notes.push(Note::new(field, what, before, after));
    }

    fn refuse(&mut self, field: &str, what: What, before: &str) {
        self.note(field, what, before, "");
        self.fit = false;
    }
}

/// A number where it is written as JSON has it, which begins with no nought, else the text.
fn value(text: &str) -> Value {
    let plain = text.len() <= NUMBER_LEN_MAX && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'-' | b'.'));
    let number = if plain { serde_json::from_str(text).ok() } else { None };
    number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

#[cfg(test)]
mod tests;
