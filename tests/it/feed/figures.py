"""What an analyst makes of exported Parquet files, with DuckDB and with Polars: counts by type, and a session's figures."""

import json
import sys

import duckdb
import polars

files, session = sys.argv[1:]

BY_TYPE = f"SELECT kind || '.' || type, count(*) FROM '{files}' GROUP BY ALL"
COUNTED = f"""
    WITH moved AS (
        SELECT after AS status, 1 AS moves FROM '{files}' WHERE session = ? AND listing <> 'unlisted'
        UNION ALL
        SELECT before, -1 FROM '{files}' WHERE session = ? AND listing <> 'unlisted' AND before IS NOT NULL
    )
    SELECT status, CAST(sum(moves) AS INTEGER) FROM moved GROUP BY status HAVING sum(moves) <> 0
"""
SCHEMA = f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM '{files}')"


def with_duckdb():
    rows = lambda sql, *given: dict(duckdb.execute(sql, given).fetchall())
    talked = duckdb.execute(f"SELECT sum(talkSecs) FROM '{files}' WHERE session = ?", [session]).fetchone()[0]
    return {
        "types": rows(BY_TYPE),
        "counted": rows(COUNTED, session, session),
        "talked": int(talked),
        "schema": rows(SCHEMA),
        "payloads": duckdb.execute(f"SELECT count(*) FROM '{files}' WHERE json_valid(payload)").fetchone()[0],
    }


def with_polars():
    events = polars.read_parquet(files)
    types = events.group_by(polars.concat_str("kind", polars.lit("."), "type").alias("name")).len()
    calls = events.filter((polars.col("session") == session) & (polars.col("listing") != "unlisted"))
    counted = dict(calls.group_by("after").len().rows())
    for status, times in calls.filter(polars.col("before").is_not_null()).group_by("before").len().rows():
        counted[status] = counted.get(status, 0) - times
    return {
        "types": dict(types.rows()),
        "counted": {status: numbers for status, numbers in counted.items() if numbers},
        "talked": events.filter(polars.col("session") == session)["talkSecs"].sum(),
        "schema": {name: str(shape) for name, shape in events.schema.items()},
        "payloads": len([json.loads(payload) for payload in events["payload"]]),
    }


print(json.dumps({"duckdb": with_duckdb(), "polars": with_polars()}))
