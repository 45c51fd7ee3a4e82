//! Contacts as a file that can be taken in again: its columns are those of an import.

use actix_web::web::Query;
use actix_web::{HttpResponse, get};
use domain::disclosure::{Kind, Way};
use domain::ids::Organization;
use domain::import;
use domain::language::Language;
use projections::contact_book::{self, ContactRow, Filter};
use projections::{Error, Page};

use super::Sought;
use crate::http::Engine;
use crate::http::auth::Member;
use crate::http::disclosing::{CONTACTS, Reading};
use crate::http::language::Texts;
use crate::http::problem::{Problem, ProblemBody};
use crate::http::query::Described;
use crate::http::sessions::Fresh;
use crate::http::table::{self, Cell, PAGE, Table};

/// The organization's contacts as a file, the newest first: CSV as they are read, or a workbook. `upload-excel` takes it in again,
/// save what is too long for a workbook's cell (32,767 characters), which is cut and says so at its end.
#[utoipa::path(tag = "contacts", security(("token" = [])), params(Sought, table::Form, Fresh), responses(
    (status = OK, body = String, content_type = "text/csv", description = "CSV in UTF-8, or a workbook (format=xlsx)"),
    (status = BAD_REQUEST, body = ProblemBody, content_type = "application/problem+json",
        description = "A parameter that is wrong, or not known here"),
    (status = SERVICE_UNAVAILABLE, body = ProblemBody, content_type = "application/problem+json"),
))]
#[get("/auto-calling/contacts/export")]
pub(super) async fn file(
    engine: Engine,
    member: Member,
    _: Described,
    reading: Reading,
    sought: Query<Sought>,
    (form, fresh): (Query<table::Form>, Query<Fresh>),
    texts: Texts,
) -> Result<HttpResponse, Problem> {
    let format = form.format()?.unwrap_or(table::Format::Csv);
    let filter = sought.filter()?;
    let fresh = fresh.wait_for(&engine, sought.screens()).await;
    reading.discloses(&engine, &member.0, (Way::Copied, Kind::Export, CONTACTS)).await?;
    let (organization, below, language) = (member.0.organization, Some(Page::Skip(0)), texts.language);
    table::answer(Contacts { engine, organization, filter, language, below }, format, fresh).await
}

/// Contacts, the newest first.
struct Contacts {
    engine: Engine,
    organization: Organization,
    filter: Filter,
    language: Language,
    /// Where the next page begins; none where there is none.
    below: Option<Page>,
}

impl Table for Contacts {
    type Row = ContactRow;
    const NAME: &'static str = "contacts";
    const COLUMNS: &'static [&'static str] = &import::COLUMNS;

    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn language(&self) -> Language {
        self.language
    }

    async fn next(&mut self) -> Result<Option<Vec<ContactRow>>, Error> {
        let Some(below) = self.below else { return Ok(None) };
        let rows =
            contact_book::list(&self.engine.screens, &self.organization, &self.filter, (below, PAGE)).await?;
        let more = u32::try_from(rows.len()) == Ok(PAGE);
        self.below = rows.last().filter(|_| more).map(|last| Page::Beyond(last.position));
        Ok(Some(rows))
    }

    fn cells(row: &ContactRow, _: Language) -> impl Iterator<Item = Cell<'_>> {
        [
            row.first_name.as_str().into(),
            row.last_name.as_str().into(),
            row.phone.as_str().into(),
            row.date_of_birth.as_deref().into(),
            row.custom_data.as_deref().into(),
            row.notes.as_deref().into(),
            row.zone.as_deref().into(),
        ]
        .into_iter()
    }
}
