//! The table of where personal data lies names every column that there is: whoever adds one says what it holds.

use std::collections::BTreeSet;
use std::path::Path;

use crate::world::World;

const DOCUMENT: &str = include_str!("../../../docs/personal-data.md");

/// `table.column` of everything that the document names, in either of its lists.
fn named() -> BTreeSet<String> {
    let (places, others) = DOCUMENT.split_once("## Columns without anything of a person").unwrap();
    let first = |line: &str| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name.to_owned());
    let mut all: BTreeSet<String> =
        places.lines().filter_map(first).filter(|name| !name.contains('/') && name.contains('.')).collect();
    for line in others.lines() {
        let (Some(table), Some(columns)) = (first(line), line.split('|').nth(2)) else { continue };
        for column in columns.split(',') {
            assert!(all.insert(format!("{table}.{}", column.trim())), "{table}.{column} is named twice");
        }
    }
    all
}

/// Without the version and the generation that a screen's table has in its name.
fn plain(table: &str) -> &str {
    table.split_once("_v").map_or(table, |(name, _)| name)
}

fn columns_of(file: &Path) -> Vec<String> {
    let file = rusqlite::Connection::open(file).unwrap();
    let sql = "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'";
    let mut select = file.prepare(sql).unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let rows = select.query_map([], row).unwrap().map(Result::unwrap);
    rows.map(|(table, column)| format!("{}.{column}", plain(&table))).collect()
}

async fn columns_of_postgres(world: &World) -> Vec<String> {
    let pool = sqlx::PgPool::connect(world.database_url()).await.unwrap();
    let sql = "SELECT c.table_name::text, c.column_name::text FROM information_schema.columns AS c
               JOIN information_schema.tables AS t USING (table_schema, table_name)
               WHERE table_schema IN ('public', 'screens') AND t.table_type = 'BASE TABLE'";
    let rows: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&pool).await.unwrap();
    rows.into_iter().map(|(table, column)| format!("{}.{column}", plain(&table))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_both_stores_is_named_with_what_it_holds() {
    let mut there = BTreeSet::new();
    let mut world = World::sqlite();
    world.start().await;
    for file in ["journal.db", "screens.db"] {
        there.extend(columns_of(&world.data().join(file)));
    }
    let mut world = World::postgres().await;
    world.start().await;
    there.extend(columns_of_postgres(&world).await);
    let named = named();
    let unnamed: Vec<_> = there.difference(&named).collect();
    assert!(unnamed.is_empty(), "docs/personal-data.md does not say what lies in {unnamed:?}");
    let gone: Vec<_> = named.difference(&there).collect();
    assert!(gone.is_empty(), "docs/personal-data.md names what is not there: {gone:?}");
}
