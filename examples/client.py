#!/usr/bin/env python3
"""A client of karnay's calls API: uploads a list, starts the calls, follows the session, prints a table.

Usage: python3 client.py numbers.txt        (KARNAY_URL and KARNAY_TOKEN say where and as whom)
Nothing but the standard library is needed.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path


class Refused(Exception):
    """The engine's own words about why it did not do it."""


class Calls:
    def __init__(self, url, token=None):
        self.url = url.rstrip("/")
        self.token = token

    def upload(self, path):
        """Replaces the list of numbers: a workbook or a text file."""
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{Path(path).name}"\r\n\r\n'
        body = head.encode() + Path(path).read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        return self._ask("/calls/upload", body, f"multipart/form-data; boundary={boundary}")

    def start(self):
        """Has the call server dial the list. The answer names the session."""
        return self._ask("/calls/start", b"")

    def session(self, session):
        return self._ask(f"/calls/session/{session}")

    def results(self, session):
        return self._ask(f"/calls/session/{session}/results")

    def follow(self, session, every=3.0):
        """The session again and again, until it is over."""
        while True:
            now = self.session(session)
            yield now
            if now["isCompleted"]:
                return
            time.sleep(every)

    def _ask(self, path, body=None, kind=None):
        """POST where there is a body, even an empty one; GET where there is none."""
        request = urllib.request.Request(self.url + path, data=body)
        if kind:
            request.add_header("Content-Type", kind)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(f"{error.code}: {reason(error.read())}") from None
        except urllib.error.URLError as error:
            raise Refused(f"no engine answers at {self.url}: {error.reason}") from None


def reason(body):
    """A problem document has a message for people; whatever else answers has at least a text."""
    try:
        return json.loads(body)["message"]
    except (ValueError, TypeError, KeyError):
        return body.decode(errors="replace")


def table(results):
    """Rows in columns that are as wide as they have to be."""
    rows = [("Telefon", "Status", "Operator", "Davomiyligi", "Vaqt")]
    for result in results:
        talked = f"{result['callDuration']}s" if result["callDuration"] else "-"
        operator = result["operatorName"] or "-"
        rows.append((result["phoneNumber"], result["statusDescription"], operator, talked, result["createdAt"]))
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def main(path):
    calls = Calls(os.environ.get("KARNAY_URL", "http://127.0.0.1:3000"), os.environ.get("KARNAY_TOKEN"))
    uploaded = calls.upload(path)
    print(f"{uploaded['message']} {uploaded.get('totalNumbers', '?')} numbers")
    started = calls.start()
    session = started["sessionId"]
    print(f"{session}{' (simulated: nobody is rung)' if started.get('simulated') else ''}")
    if not started["ok"]:
        raise Refused(started["message"])
    for now in calls.follow(session, every=float(os.environ.get("KARNAY_POLL_SECONDS", "3"))):
        counts = f"{now['connectedCalls']} connected, {now['failedCalls']} failed of {now['totalNumbers']}"
        print(f"{now['progressPercentage']:3}%  {now['statusDescription']}  {counts}")
    if now["hasError"]:
        raise Refused(now["errorMessage"])
    print(table(calls.results(session)))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main(sys.argv[1])
    except (Refused, OSError) as error:
        sys.exit(f"client.py: {error}")
