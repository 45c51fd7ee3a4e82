#!/usr/bin/env python3
"""A projection of one's own, from outside: how many numbers of each session count as what.

Usage: KARNAY_TOKEN=... python3 own_projection.py figures.db [--once]     (the engine at KARNAY_URL)

The place is kept with the figures, in one transaction: killed anywhere, it goes on where it was and counts nothing twice.
The cursor in the engine only shows others how far it has come. Nothing but the standard library is needed.
"""

import json
import os
import sqlite3
import sys
import urllib.error
import urllib.request

URL = os.environ.get("KARNAY_URL", "http://127.0.0.1:3000").rstrip("/")
HEADERS = {"Authorization": f"Bearer {os.environ.get('KARNAY_TOKEN', '')}", "Content-Type": "application/json"}
TABLES = """CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY, next INTEGER NOT NULL);
    INSERT OR IGNORE INTO place VALUES (1, 1);
    CREATE TABLE IF NOT EXISTS counted (session TEXT, status TEXT, numbers INTEGER, PRIMARY KEY (session, status));"""
ADD = "INSERT INTO counted VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET numbers = numbers + excluded.numbers"


def ask(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(URL + path, data, HEADERS, method=method), timeout=90) as answer:
        return json.load(answer), answer.headers


def fold(own, event):
    """What a report changed about its number travels in the event, so that counting never needs to look."""
    told = event["payload"][event["type"]]
    if told["listing"] != "unlisted":
        session = event["stream"].split("/")[1]
        own.executemany(ADD, [(session, told["after"], 1)] + [(session, told["before"], -1)] * bool(told["before"]))


def main(file, once):
    own = sqlite3.connect(file)
    own.executescript(TABLES)
    while True:
        (place,) = own.execute("SELECT next FROM place").fetchone()
        follow = "none" if once else "poll"
        events, headers = ask("GET", f"/events?from={place}&types=call.reported,call.strengthened&follow={follow}")
        with own:
            for event in events:
                fold(own, event)
            own.execute("UPDATE place SET next = ?", (int(headers["X-Next-Position"]),))
        ask("PUT", "/cursors/own-projection", {"position": int(headers["X-Next-Position"]), "force": True})
        if once and headers["X-Behind"] == "0":
            return


if __name__ == "__main__":
    try:
        main(sys.argv[1], "--once" in sys.argv)
    except (IndexError, OSError, urllib.error.URLError) as why:
        sys.exit(why.read().decode() if isinstance(why, urllib.error.HTTPError) else f"own_projection: {why}")
