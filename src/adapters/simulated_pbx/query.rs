//! The query object that every list of the box takes: conditions, order, a page, chosen fields. What a list holds is not its business.

use std::cmp::Ordering;
use std::ops::Range;

use serde_json::{Map, Value};

/// Rows that can be asked about. The place of a row is its order where nothing else decides.
pub(super) trait Table {
    fn len(&self) -> usize;
    fn cell(&self, row: usize, column: &str) -> Option<Value>;
    fn json(&self, row: usize) -> Value;
    fn knows(&self, column: &str) -> bool;
    /// The column of numbers that the rows ascend by, so that a million of them need not be looked at.
    fn ascends_by(&self) -> Option<&'static str> {
        None
    }
}

#[derive(Debug)]
pub(super) struct Query {
    fields: Vec<String>,
    conditions: Vec<Condition>,
    any: bool,
    order: Vec<(String, bool)>,
    start: usize,
    limit: Option<usize>,
}

#[derive(Debug)]
struct Condition {
    column: String,
    comparator: Comparator,
    value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparator {
    Eq,
    NotEq,
    LessThan,
    GreaterThan,
    LessEq,
    GreaterEq,
    Like,
}

/// Rows, and how many there are before and after them together.
#[derive(Debug, PartialEq)]
pub(super) struct Page {
    pub(super) total: usize,
    pub(super) rows: Vec<Value>,
}

impl Query {
    /// None where it is no query.
    pub(super) fn read(query: &Value) -> Option<Self> {
        let query = query.as_object()?;
        let list = |name: &str| match query.get(name) {
            None => Some(vec![]),
            Some(list) => list.as_array().cloned(),
        };
        let fields =
            list("fields")?.iter().map(|field| field.as_str().map(str::to_owned)).collect::<Option<_>>()?;
        let conditions = list("conditions")?.iter().map(Condition::read).collect::<Option<_>>()?;
        let order = list("orderBy")?.iter().map(ordered).collect::<Option<_>>()?;
        let any = match query.get("combining").map_or(Some("And"), Value::as_str)? {
            "And" => false,
            "Or" => true,
            _ => return None,
        };
        let start = query.get("start").map_or(Some(0), |start| usize::try_from(start.as_i64()?).ok())?;
        let limit = match query.get("limit").map_or(Some(-1), Value::as_i64)? {
            -1 => None,
            limit => Some(usize::try_from(limit).ok()?),
        };
        Some(Self { fields, conditions, any, order, start, limit })
    }

    pub(super) fn asks_about(&self, column: &str) -> bool {
        self.conditions.iter().any(|condition| condition.column.eq_ignore_ascii_case(column))
    }

    pub(super) fn forget(&mut self, column: &str) {
        self.conditions.retain(|condition| !condition.column.eq_ignore_ascii_case(column));
    }

    pub(super) fn cap(&mut self, rows: usize) {
        self.limit = Some(self.limit.map_or(rows, |limit| limit.min(rows)));
    }

    /// None where a column is asked about that there is not.
    pub(super) fn page(&self, table: &dyn Table) -> Option<Page> {
        let (total, rows) = self.rows(table)?;
        Some(Page { total, rows: rows.into_iter().map(|row| self.chosen(table.json(row))).collect() })
    }

    /// The places of a page's rows, after how many there are in all.
    pub(super) fn rows(&self, table: &dyn Table) -> Option<(usize, Vec<usize>)> {
        let columns = self.conditions.iter().map(|condition| &condition.column);
        if !columns.chain(self.order.iter().map(|(column, _)| column)).all(|column| table.knows(column)) {
            return None;
        }
        let (range, rest) = self.narrowed(table);
        let limit = self.limit.unwrap_or(usize::MAX);
        let straight = self.straight(table);
        if let Some(ascending) = straight.filter(|_| rest.is_empty()) {
            let total = range.len();
            let page = if ascending {
                range.skip(self.start).take(limit).collect()
            } else {
                range.rev().skip(self.start).take(limit).collect()
            };
            return Some((total, page));
        }
        let mut rows: Vec<usize> = range.filter(|row| self.holds(table, &rest, *row)).collect();
        match straight {
            Some(true) => {}
            Some(false) => rows.reverse(),
            None => rows.sort_by(|one, other| self.compare(table, *one, *other)),
        }
        Some((rows.len(), rows.into_iter().skip(self.start).take(limit).collect()))
    }

    /// Whether the rows' own order is the one asked for, from the first on or from the last.
    fn straight(&self, table: &dyn Table) -> Option<bool> {
        match self.order.as_slice() {
            [] => Some(true),
            [(column, ascending)] => {
                table.ascends_by().filter(|by| by.eq_ignore_ascii_case(column)).map(|_| *ascending)
            }
            _ => None,
        }
    }

    /// The rows that conditions on the column of the order leave, and the conditions that are left to look at.
    fn narrowed(&self, table: &dyn Table) -> (Range<usize>, Vec<&Condition>) {
        let mut range = 0..table.len();
        let by = table.ascends_by().filter(|_| !self.any || self.conditions.len() < 2);
        let mut rest = vec![];
        for condition in &self.conditions {
            let bound =
                by.filter(|by| by.eq_ignore_ascii_case(&condition.column)).zip(number(&condition.value));
            let Some((by, bound)) = bound else {
                rest.push(condition);
                continue;
            };
            let number_at = |row| table.cell(row, by).as_ref().and_then(number).unwrap_or(0.0);
            let less = || first(table.len(), |row| number_at(row) >= bound);
            let not_more = || first(table.len(), |row| number_at(row) > bound);
            let kept = match condition.comparator {
                Comparator::Eq => less()..not_more(),
                Comparator::LessThan => 0..less(),
                Comparator::LessEq => 0..not_more(),
                Comparator::GreaterThan => not_more()..table.len(),
                Comparator::GreaterEq => less()..table.len(),
                Comparator::NotEq | Comparator::Like => {
                    rest.push(condition);
                    continue;
                }
            };
            range = range.start.max(kept.start)..range.end.min(kept.end);
        }
        (range.start..range.end.max(range.start), rest)
    }

    fn holds(&self, table: &dyn Table, conditions: &[&Condition], row: usize) -> bool {
        let mut holds = conditions.iter().map(|condition| {
            table
                .cell(row, &condition.column)
                .is_some_and(|cell| condition.comparator.holds(&cell, &condition.value))
        });
        if self.any && !conditions.is_empty() { holds.any(|holds| holds) } else { holds.all(|holds| holds) }
    }

    fn compare(&self, table: &dyn Table, one: usize, other: usize) -> Ordering {
        let keys = self.order.iter().map(|(column, ascending)| {
            let ordering = compared(table.cell(one, column).as_ref(), table.cell(other, column).as_ref());
            if *ascending { ordering } else { ordering.reverse() }
        });
        keys.fold(Ordering::Equal, Ordering::then).then(one.cmp(&other))
    }

    /// Keys are found whatever their letters' case, and given as the box has them.
    fn chosen(&self, mut row: Value) -> Value {
        if let Some(row) = row.as_object_mut().filter(|_| !self.fields.is_empty()) {
            row.retain(|key, _| self.fields.iter().any(|field| field.eq_ignore_ascii_case(key)));
        }
        row
    }
}

impl Condition {
    fn read(condition: &Value) -> Option<Self> {
        let text = |name: &str| condition.get(name)?.as_str();
        let comparator = match text("comparator")? {
            "Eq" => Comparator::Eq,
            "NotEq" => Comparator::NotEq,
            "LessThan" => Comparator::LessThan,
            "GreaterThan" => Comparator::GreaterThan,
            "LessEq" => Comparator::LessEq,
            "GreaterEq" => Comparator::GreaterEq,
            "Like" => Comparator::Like,
            _ => return None,
        };
        let value = condition.get("value").filter(|value| !value.is_object() && !value.is_array())?.clone();
        Some(Self { column: text("fieldName")?.to_owned(), comparator, value })
    }
}

impl Comparator {
    fn holds(self, cell: &Value, value: &Value) -> bool {
        if self == Self::Like {
            return text(cell).to_lowercase().contains(&text(value).to_lowercase());
        }
        let ordering = if cell.is_number() {
            number(cell).zip(number(value)).and_then(|(cell, value)| cell.partial_cmp(&value))
        } else {
            Some(text(cell).cmp(&text(value)))
        };
        let Some(ordering) = ordering else { return self == Self::NotEq };
        match self {
            Self::Eq => ordering.is_eq(),
            Self::NotEq => ordering.is_ne(),
            Self::LessThan => ordering.is_lt(),
            Self::GreaterThan => ordering.is_gt(),
            Self::LessEq => ordering.is_le(),
            Self::GreaterEq => ordering.is_ge(),
            Self::Like => false,
        }
    }
}

/// A column, and whether it ascends.
fn ordered(order: &Value) -> Option<(String, bool)> {
    let column = order.get("columnName")?.as_str()?.to_owned();
    match order.get("direction").map_or(Some("Asc"), Value::as_str)? {
        "Asc" => Some((column, true)),
        "Desc" => Some((column, false)),
        _ => None,
    }
}

/// The first row for which something holds that holds for all after it.
fn first(rows: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, rows);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What is missing comes first.
fn compared(one: Option<&Value>, other: Option<&Value>) -> Ordering {
    match (one, other) {
        (Some(one @ Value::Number(_)), Some(other @ Value::Number(_))) => {
            number(one).partial_cmp(&number(other)).unwrap_or(Ordering::Equal)
        }
        (one, other) => one.map(text).cmp(&other.map(text)),
    }
}

/// A short list, whose rows all have the same keys.
#[derive(Debug, Default)]
pub(super) struct Listed(pub(super) Vec<Value>);

impl Listed {
    fn row(&self, row: usize) -> Option<&Map<String, Value>> {
        self.0.get(row)?.as_object()
    }
}

impl Table for Listed {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn cell(&self, row: usize, column: &str) -> Option<Value> {
        let row = self.row(row)?;
        if column.eq_ignore_ascii_case("SEARCH") {
            return Some(row.values().map(text).collect::<Vec<_>>().join(" ").into());
        }
        row.iter().find(|(key, _)| key.eq_ignore_ascii_case(column)).map(|(_, value)| value.clone())
    }

    fn json(&self, row: usize) -> Value {
        self.0.get(row).cloned().unwrap_or_default()
    }

    /// An empty list takes whatever it is asked.
    fn knows(&self, column: &str) -> bool {
        self.0.is_empty() || self.cell(0, column).is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::log::Log;
    use super::*;

    fn condition() -> impl Strategy<Value = Value> {
        let comparators = ["Eq", "NotEq", "LessThan", "GreaterThan", "LessEq", "GreaterEq", "Like"];
        let columns = ["TIMESTAMP", "timestamp", "STATUS", "CALL_DURATION", "TO_NUM"];
        let value = prop_oneof![1_000_i64..1_100, 0_i64..10, Just(158)];
        (
            prop::sample::select(columns.to_vec()),
            prop::sample::select(comparators.to_vec()),
            value,
            any::<bool>(),
        )
            .prop_map(|(column, comparator, value, text)| {
                let value = if text { json!(value.to_string()) } else { json!(value) };
                json!({ "fieldName": column, "comparator": comparator, "value": value })
            })
    }

    proptest! {
        /// What is found by halving is what is found by looking at every row.
        #[test]
        fn a_sorted_table_answers_as_any_other(
            conditions in prop::collection::vec(condition(), 0..4),
            any in any::<bool>(),
            ascending in any::<bool>(),
            start in 0_usize..60,
            limit in -1_i64..60,
        ) {
            let mut log = Log::default();
            log.make_old(100, (1_099, 100), 3);
            let plain = Listed((0..log.len()).map(|row| log.json(row)).collect());
            let query = json!({ "conditions": conditions, "combining": if any { "Or" } else { "And" },
                "orderBy": [{ "columnName": "TIMESTAMP", "direction": if ascending { "Asc" } else { "Desc" } }],
                "start": start, "limit": limit });
            let query = Query::read(&query).unwrap();
            let stamps = |page: &Page| page.rows.iter().map(|row| row["TIMESTAMP"].clone()).collect::<Vec<_>>();
            let (fast, slow) = (query.page(&log).unwrap(), query.page(&plain).unwrap());
            prop_assert_eq!(fast.total, slow.total);
            prop_assert_eq!(stamps(&fast), stamps(&slow));
        }
    }

    #[test]
    fn what_is_no_query_is_refused() {
        for wrong in [
            json!(null),
            json!({ "fields": "all" }),
            json!({ "limit": -2 }),
            json!({ "start": "3" }),
            json!({ "orderBy": [{}] }),
            json!({ "conditions": [{ "fieldName": "A", "comparator": "Eq" }] }),
            json!({ "conditions": [{ "fieldName": "A", "comparator": "Eq", "value": [] }] }),
        ] {
            assert!(Query::read(&wrong).is_none(), "{wrong}");
        }
        assert!(Query::read(&json!({})).is_some());
    }

    #[test]
    fn a_cap_never_gives_more_than_was_asked_for() {
        let table = Listed((0..10).map(|row| json!({ "ID": row })).collect());
        for (limit, cap, expected) in [(-1, 4, 4), (3, 4, 3), (9, 4, 4), (0, 4, 0)] {
            let mut query = Query::read(&json!({ "limit": limit })).unwrap();
            query.cap(cap);
            let page = query.page(&table).unwrap();
            assert_eq!((page.total, page.rows.len()), (10, expected), "{limit}");
        }
    }
}
