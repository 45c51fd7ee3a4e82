//! How long a report's count of a campaign's contacts takes. Run by hand:
//! `CONTACTS=100000 cargo test -p projections -- --ignored --nocapture standings`. Nothing but the store's own work weighs here.

use std::time::Instant;

use domain::ids::Organization;
use uuid::Uuid;

use super::facts::start;
use super::world::World;
use crate::projection::Spec;
use crate::store::{Dialect, Step, schema};
use crate::targets::{self, Targets};

const USUAL: i64 = 100_000;
const TIMES: u32 = 10;

/// Two campaigns of that size, so that one has to be told from the other; contacts' ids are as scattered as real ones.
fn filling(dialect: Dialect, contacts: i64) -> Step {
    let (series, hex) = match dialect {
        Dialect::Sqlite => (
            format!(
                "with recursive n(i) as (select 0 union all select i + 1 from n where i < 2 * {contacts} - 1)"
            ),
            "printf('%08x', (i * 2654435761) % 4294967296)",
        ),
        Dialect::Postgres => (
            format!("with n(i) as (select generate_series(0, 2 * {contacts}::bigint - 1))"),
            "lpad(to_hex((i * 2654435761) % 4294967296), 8, '0')",
        ),
    };
    let (began, table) = (start().timestamp_micros(), schema::table_name(dialect, &Spec::of::<Targets>(), 1));
    let contact = format!("{hex} || '-0000-7000-8000-000000000000'");
    let campaign = "'0199b9f4-6f00-7000-8000-00000000000' || (i % 2)";
    Step::new(format!(
        "insert into {table} (stream, organization, campaign, contact, state, call_status, reason, outcome, summary, \
         recording_url, talk_secs, attempts, turn, due_at, rule, figures, call, reference, dialled_at, updated_at, position) \
         {series} select '1/' || {campaign} || '/' || {contact}, '1', {campaign}, {contact}, \
         case i % 5 when 0 then 'waiting' when 1 then 'skipped' else 'over' end, \
         case i % 4 when 0 then 'BUSY' when 1 then 'SUCCESS' when 2 then 'FAILED' else 'NO_ANSWER' end, \
         case i % 4 when 2 then 'REJECTED' end, 'Payment received', \
         'Mijoz qarzni to''lashini aytdi va qo''ng''iroq muvaffaqiyatli yakunlandi', \
         'https://recordings.example.com/call-12345.mp3', 45, i % 7, 'retry', {began}, case i % 5 when 1 then 'window' end, \
         null, {contact}, null, {began}, {began}, i + 1 from n"
    ))
}

#[expect(clippy::disallowed_methods, reason = "a measurement is told its size by whoever runs it")]
fn contacts() -> i64 {
    std::env::var("CONTACTS").map_or(USUAL, |count| count.parse().unwrap())
}

#[tokio::test]
#[ignore = "a measurement"]
async fn standings() {
    let contacts = contacts();
    let (organization, campaign) =
        (Organization::parse("1").unwrap(), Uuid::parse_str("0199b9f4-6f00-7000-8000-000000000001").unwrap());
    for world in World::each().await {
        let backend = world.screens.backend();
        let dialect = backend.dialect();
        backend.transact(vec![filling(dialect, contacts)]).await.unwrap();
        if dialect == Dialect::Postgres {
            let table = schema::table_name(dialect, &Spec::of::<Targets>(), 1);
            backend.transact(vec![Step::new(format!("analyze {table}"))]).await.unwrap();
        }
        let began = Instant::now();
        for _ in 0..TIMES {
            let found = targets::standings(&world.screens, &organization, campaign).await.unwrap();
            assert_eq!(found.iter().map(|standing| standing.contacts).sum::<i64>(), contacts);
        }
        println!("{dialect:?}: {contacts} contacts in {:?}", began.elapsed() / TIMES);
    }
}
