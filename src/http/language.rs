//! In which language an answer's texts are told: the documented Uzbek, whatever a browser prefers, unless `lang` asks for another.
//! Values, problems and names of fields are the same in all of them.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::Query;
use actix_web::{FromRequest, HttpRequest};
use domain::language::Language;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;
use super::query;

/// May be said of any answer, also of one without texts.
pub(super) const NAME: &str = "lang";

/// Read before anything is done, so that a language that nobody speaks ends no session.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Texts {
    /// The language of texts such as `statusDescription`; `uz` where it is left out. Statuses themselves stay as they are.
    #[param(rename = "lang", value_type = Tag, inline, required = false)]
    pub(super) language: Language,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it only names the values to the API's document")]
enum Tag {
    #[schema(rename = "uz")]
    Uzbek,
    #[schema(rename = "uz-Cyrl")]
    UzbekCyrillic,
    #[schema(rename = "ru")]
    Russian,
    #[schema(rename = "en")]
    English,
}

#[derive(Deserialize)]
struct Asked {
    lang: Option<String>,
}

impl FromRequest for Texts {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let asked = Query::<Asked>::from_query(request.query_string());
        let asked = asked.map_err(|_| query::wrong(request));
        ready(asked.and_then(|asked| Ok(Self { language: language(asked.lang.as_deref())? })))
    }
}

fn language(text: Option<&str>) -> Result<Language, Problem> {
    let wrong = || {
        let known = Language::ALL.map(Language::as_str).join(", ");
        Problem::parameter(NAME, format!("has to be one of {known}"))
    };
    text.map_or_else(|| Ok(Language::default()), |text| Language::parse(text).ok_or_else(wrong))
}
