//! The shape of a log line, as text and as JSON. Texts pass through the mask; numbers that were given as numbers do not,
//! since a position is one and a telephone number never is.

use std::fmt;
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::phone::{Home, masked};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, Scope};

/// Fields as `name=value`, the message first.
#[derive(Debug)]
pub(super) struct Text(pub(super) Home);

impl<'w> FormatFields<'w> for Text {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = TextVisitor { writer, home: self.0, first: true, result: Ok(()) };
        fields.record(&mut visitor);
        visitor.result
    }
}

struct TextVisitor<'w> {
    writer: Writer<'w>,
    home: Home,
    first: bool,
    result: fmt::Result,
}

impl TextVisitor<'_> {
    fn write(&mut self, field: &Field, value: &str) {
        if self.result.is_err() || is_bridge(field) {
            return;
        }
        let gap = if std::mem::take(&mut self.first) { "" } else { " " };
        self.result = match field.name() {
            "message" => write!(self.writer, "{gap}{value}"),
            name => write!(self.writer, "{gap}{name}={value}"),
        };
    }
}

impl Visit for TextVisitor<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.write(field, &value.to_string());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.write(field, &value.to_string());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.write(field, &value.to_string());
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        let clean = masked(value, self.home);
        if field.name() == "message" {
            self.write(field, &clean);
        } else {
            self.write(field, &format!("{clean:?}"));
        }
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        self.write(field, &masked(&text, self.home));
    }
}

/// Fields as one JSON object, for spans.
#[derive(Debug)]
pub(super) struct Object(pub(super) Home);

impl<'w> FormatFields<'w> for Object {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let object = object(&fields, self.0);
        write!(writer, "{}", Value::Object(object))
    }

    fn add_fields(&self, current: &'w mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        let mut all = parsed(&current.fields);
        all.extend(object(fields, self.0));
        current.fields = Value::Object(all).to_string();
        Ok(())
    }
}

fn object(fields: &impl RecordFields, home: Home) -> Map<String, Value> {
    let mut visitor = ObjectVisitor { object: Map::new(), home };
    fields.record(&mut visitor);
    visitor.object
}

fn parsed(object: &str) -> Map<String, Value> {
    serde_json::from_str(object).unwrap_or_default()
}

struct ObjectVisitor {
    object: Map<String, Value>,
    home: Home,
}

impl ObjectVisitor {
    fn put(&mut self, field: &Field, value: Value) {
        if !is_bridge(field) {
            self.object.insert(field.name().to_owned(), value);
        }
    }
}

impl Visit for ObjectVisitor {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, masked(value, self.home).into());
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        self.put(field, masked(&text, self.home).into());
    }
}

/// What only serves to carry records of the `log` crate over, or spans to a collector.
fn is_bridge(field: &Field) -> bool {
    ["log.", "otel."].iter().any(|bridge| field.name().starts_with(bridge))
}

/// One JSON object a line. A request's id stands at the top wherever a span knows it.
#[derive(Debug)]
pub(super) struct Json(pub(super) Home);

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = object(&event, self.0);
        let now: DateTime<Utc> = SystemTime::now().into();
        let mut line = Map::new();
        line.insert("timestamp".to_owned(), now.to_rfc3339_opts(SecondsFormat::Micros, true).into());
        line.insert("level".to_owned(), event.metadata().level().as_str().into());
        line.insert("target".to_owned(), event.metadata().target().into());
        line.insert("message".to_owned(), fields.remove("message").unwrap_or_default());
        let spans: Vec<Map<String, Value>> = spans(context);
        if let Some(id) = spans.iter().find_map(|span| span.get("request_id")) {
            line.insert("request_id".to_owned(), id.clone());
        }
        line.insert("fields".to_owned(), fields.into());
        line.insert("spans".to_owned(), spans.into_iter().map(Value::Object).collect());
        writeln!(writer, "{}", Value::Object(line))
    }
}

fn spans<S, N>(context: &FmtContext<'_, S, N>) -> Vec<Map<String, Value>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    let scope = context.event_scope().into_iter().flat_map(Scope::from_root);
    scope
        .map(|span| {
            let extensions = span.extensions();
            let mut object =
                extensions.get::<FormattedFields<N>>().map(|f| parsed(&f.fields)).unwrap_or_default();
            object.insert("name".to_owned(), span.name().into());
            object
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::{Layer, MakeWriter};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Paper {
        type Writer = Self;
        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    impl Paper {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn speak() {
        let span = tracing::info_span!("request", request_id = "r-1", phone = tracing::field::Empty);
        let _inside = span.enter();
        span.record("phone", "998901234567");
        tracing::info!(position = 901_234_567_u64, who = %"+998901234567", "rang {}", "998901234567");
    }

    #[test]
    fn a_line_of_text_is_masked_but_for_numbers() {
        let (paper, home) = (Paper::default(), Home::parse("UZ").unwrap());
        let layer = Layer::new().with_writer(paper.clone()).with_ansi(false).fmt_fields(Text(home));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), speak);
        let text = paper.text();
        assert!(text.contains("request{request_id=\"r-1\" phone=\"998901****67\"}"), "{text}");
        assert!(text.contains("rang 998901****67 position=901234567 who=+998901****67"), "{text}");
    }

    #[test]
    fn a_line_of_json_is_masked_but_for_numbers() {
        let (paper, home) = (Paper::default(), Home::parse("UZ").unwrap());
        let layer = Layer::new().with_writer(paper.clone()).with_ansi(false);
        let layer = layer.fmt_fields(Object(home)).event_format(Json(home));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), speak);
        let line: Value = serde_json::from_str(&paper.text()).unwrap();
        assert_eq!(line["message"], "rang 998901****67");
        assert_eq!(line["request_id"], "r-1");
        assert_eq!(line["fields"], serde_json::json!({"position": 901_234_567, "who": "+998901****67"}));
        assert_eq!(line["spans"][0]["phone"], "998901****67");
    }
}
