//! The page: the operations by what they are about, then everything that has a name.

use std::collections::BTreeMap;

use serde_json::Value;

use super::schema::{fields, kind, row, said};
use super::text::{escaped, line, prose};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
const PROBLEM: &str = "application/problem+json";

/// An operation, and where it is.
struct Operation<'a> {
    method: &'static str,
    path: &'a str,
    told: &'a Value,
}

pub(in crate::http) fn page(api: &Value) -> String {
    let mut groups: BTreeMap<&str, Vec<Operation<'_>>> = BTreeMap::new();
    for (path, methods) in api["paths"].as_object().into_iter().flatten() {
        for method in METHODS.into_iter().filter(|method| methods[*method].is_object()) {
            let told = &methods[method];
            let tag = told.pointer("/tags/0").and_then(Value::as_str).unwrap_or("more");
            groups.entry(tag).or_default().push(Operation { method, path, told });
        }
    }
    let contents: Vec<String> = groups.iter().map(|(tag, all)| content(tag, all)).collect();
    let sections: Vec<String> = groups.iter().map(|(tag, all)| section(tag, all, api)).collect();
    let info = &api["info"];
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>karnay: API</title>\
         <link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/docs/looks.css\"></head><body>\
         <nav aria-label=\"Operations\"><a class=\"home\" href=\"#top\">karnay</a>{}<p><a href=\"#schemas\">schemas</a></p></nav>\
         <main id=\"top\"><header><h1>API <small>{}</small></h1>{}<p>The same for programs: \
         <a href=\"/openapi.json\">/openapi.json</a>, OpenAPI {}. <b title=\"required\">*</b> has to be there.</p></header>\
         {}{}</main></body></html>",
        contents.concat(),
        escaped(info["version"].as_str().unwrap_or_default()),
        prose(info["description"].as_str().unwrap_or_default()),
        escaped(api["openapi"].as_str().unwrap_or_default()),
        sections.concat(),
        schemas(api),
    )
}

fn content(tag: &str, all: &[Operation<'_>]) -> String {
    let links: Vec<String> = all
        .iter()
        .map(|one| format!("<li><a href=\"#{}\">{} {}</a></li>", one.id(), one.badge(), one.shown_path()))
        .collect();
    format!("<details><summary>{}</summary><ul>{}</ul></details>", escaped(tag), links.concat())
}

fn section(tag: &str, all: &[Operation<'_>], api: &Value) -> String {
    let articles: Vec<String> = all.iter().map(|one| one.article(api)).collect();
    let tag = escaped(tag);
    format!("<section id=\"tag-{tag}\"><h2>{tag}</h2>{}</section>", articles.concat())
}

impl Operation<'_> {
    fn id(&self) -> String {
        escaped(self.told["operationId"].as_str().unwrap_or(self.path))
    }

    fn badge(&self) -> String {
        format!("<b class=\"method {0}\">{0}</b>", self.method)
    }

    /// A long one breaks between its parts.
    fn shown_path(&self) -> String {
        escaped(self.path).replace('/', "<wbr>/")
    }

    fn article(&self, api: &Value) -> String {
        let told = |name: &str| self.told[name].as_str().unwrap_or_default();
        let parts = [
            format!(
                "<h3><a href=\"#{}\">{} <code>{}</code></a></h3>",
                self.id(),
                self.badge(),
                self.shown_path()
            ),
            prose(told("summary")),
            prose(told("description")),
            self.door().to_owned(),
            self.parameters(),
            self.body(),
            self.answers(api),
        ];
        format!("<article id=\"{}\">{}</article>", self.id(), parts.concat())
    }

    fn door(&self) -> &'static str {
        match self.told["security"].as_array().map(Vec::as_slice) {
            None => "",
            Some([only]) if only["token"].is_array() => "<p class=\"door\">Needs a token.</p>",
            Some(_) => "<p class=\"door\">Needs a token where the settings ask for one.</p>",
        }
    }

    fn parameters(&self) -> String {
        let rows: Vec<String> =
            self.told["parameters"].as_array().into_iter().flatten().map(parameter).collect();
        if rows.is_empty() {
            String::new()
        } else {
            format!("<h4>Parameters</h4><table>{}</table>", rows.concat())
        }
    }

    fn body(&self) -> String {
        let body = &self.told["requestBody"];
        let kinds: Vec<String> = contents(body).collect();
        if kinds.is_empty() {
            return String::new();
        }
        let star = if body["required"] == true { "<b title=\"required\">*</b>" } else { "" };
        format!("<h4>Body{star}</h4><p>{}</p>", kinds.join(", or "))
    }

    fn answers(&self, api: &Value) -> String {
        let all = self.told["responses"].as_object().into_iter().flatten();
        let rows: Vec<String> = all.map(|(status, told)| answer(status, resolved(told, api))).collect();
        format!("<h4>Answers</h4><table class=\"answers\">{}</table>", rows.concat())
    }
}

fn parameter(told: &Value) -> String {
    let mut schema = told["schema"].clone();
    let place = told["in"].as_str().unwrap_or_default();
    let text = told["description"].as_str().unwrap_or_default();
    // A parameter is there or it is not.
    if let Some(kinds) = schema.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
    }
    if let Some(schema) = schema.as_object_mut() {
        let place = if place == "query" { String::new() } else { format!("({place}) ") };
        schema.insert("description".to_owned(), format!("{place}{text}").into());
    }
    row(told["name"].as_str().unwrap_or_default(), &schema, told["required"] == true)
}

/// One that is described once for many stands among the parts.
fn resolved<'a>(told: &'a Value, api: &'a Value) -> &'a Value {
    let named = told["$ref"].as_str().and_then(|name| name.strip_prefix('#'));
    named.and_then(|pointer| api.pointer(pointer)).unwrap_or(told)
}

fn answer(status: &str, told: &Value) -> String {
    let is_problem = told["content"].get(PROBLEM).is_some();
    let mut parts: Vec<String> = contents(told).filter(|_| !is_problem).collect();
    parts.extend(told["description"].as_str().filter(|text| !text.is_empty()).map(line));
    let headers = told["headers"].as_object().into_iter().flatten();
    parts.extend(headers.map(|(name, header)| {
        let told = header["description"].as_str().unwrap_or_default();
        format!("<small><code>{}</code>: {}</small>", escaped(name), line(told))
    }));
    let class = if is_problem { " class=\"problem\"" } else { "" };
    format!("<tr{class}><th scope=\"row\">{}</th><td>{}</td></tr>", escaped(status), parts.join("<br>"))
}

/// What may stand in a body, each kind of it.
fn contents(told: &Value) -> impl Iterator<Item = String> {
    let all = told["content"].as_object().into_iter().flatten();
    all.map(|(media, content)| {
        let media = if media == "application/json" {
            String::new()
        } else {
            format!(" <small>{}</small>", escaped(media))
        };
        if content["schema"].is_null() { media } else { format!("{}{media}", kind(&content["schema"])) }
    })
}

fn schemas(api: &Value) -> String {
    let all = api.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten();
    let all: Vec<String> = all
        .map(|(name, schema)| {
            let (name, fields) = (escaped(name), fields(schema));
            let kind = if fields.is_empty() { format!("<p>{}</p>", kind(schema)) } else { String::new() };
            format!("<article id=\"schema-{name}\"><h3><a href=\"#schema-{name}\">{name}</a></h3>{kind}<p>{}</p>{fields}</article>", said(schema))
        })
        .collect();
    format!("<section id=\"schemas\"><h2>schemas</h2>{}</section>", all.concat())
}
