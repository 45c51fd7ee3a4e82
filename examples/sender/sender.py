#!/usr/bin/env python3
r"""Reports call results to karnay, and loses none while it is away.

Each report is first written to a spool on disk, then sent, and removed when the engine has it. What is sent twice is stored
once, so a crash between sending and removing harms nothing. Standard library only.

    sender.py --url http://engine:3000/calls/result --secret-file webhook.secret report.json
    printf '%s\n' '{"sessionId": "…", …}' | sender.py --url … -     # one report a line
    sender.py --url … --wait inf                                  # nothing new: only what the spool holds

Ends with 0 when the spool is empty, 75 when reports are left in it (they go out with the next run), 2 for wrong use.
"""

import argparse
import base64
import email.utils
import fcntl
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import random
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid

TIMEOUT_SECS = 30
BACKOFF_SECS = (0.5, 60.0)  # the first pause at most, and the longest
RETRY_AFTER_MAX_SECS = 3600
LEFT = 75  # EX_TEMPFAIL
HOPELESS = {400, 409, 413, 415, 422}  # never taken, however often it is sent; everything else is tried again


class Later(Exception):
    """Not now: why, and after how many seconds the engine wants to be asked again."""

    def __init__(self, why, after=0):
        super().__init__(why)
        self.after = after


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would arrive as a GET without its report."""

    def redirect_request(self, *_):
        return None


class Sender:
    def __init__(self, url, spool, secret=None):
        self.url, secret = urllib.request.Request(url).full_url, (secret or "").strip()
        self.secret = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
        self.spool = pathlib.Path(spool)
        self.refused = self.spool / "refused"
        self.refused.mkdir(parents=True, exist_ok=True)
        self.opener = urllib.request.build_opener(NoRedirects)
        self.stopped, self.failed = threading.Event(), set()

    def put(self, report):
        """Makes a report durable; from here on it is not lost. Takes a dict, or JSON as text or bytes."""
        body = json.dumps(report, ensure_ascii=False) if isinstance(report, dict) else report
        body = body.encode() if isinstance(body, str) else body
        if not isinstance(json.loads(body), dict):
            raise ValueError("a report is a JSON object")
        path = self.spool / f"{time.time_ns():020}-{uuid.uuid4()}.json"
        draft = path.with_suffix(".draft")
        with open(draft, "xb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        os.rename(draft, path)
        folder = os.open(self.spool, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        return path

    def drain(self, wait=60.0):
        """Sends what is spooled, the oldest first, and tries again for so many seconds. Returns how many are left."""
        until, failures = time.monotonic() + wait, 0
        with open(self.spool / ".lock", "w") as lock:
            while not self.stopped.is_set():
                try:
                    # Two senders on one spool would send everything twice: one of them waits.
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    for path in self.pending():
                        if self.stopped.is_set():
                            break
                        self.send(path)
                        failures = 0
                    if not self.pending():
                        return 0
                    continue  # something was put there meanwhile
                except BlockingIOError:
                    pause = 0.2
                except Later as later:
                    failures += 1
                    # Jitter, so that many call servers do not come back in one moment.
                    pause = random.uniform(0, min(BACKOFF_SECS[0] * 2**min(failures, 10), BACKOFF_SECS[1]))
                    pause = max(pause, later.after)
                    say(str(later))
                if time.monotonic() + pause > until:
                    break
                self.stopped.wait(pause)
        return len(self.pending())

    def pending(self):
        """The oldest first, save that what failed last stands behind: one report must not hold up all others."""
        return sorted(self.spool.glob("*.json"), key=lambda path: (path.name in self.failed, path.name))

    def send(self, path):
        """Sends one report. Raises Later where it has to be sent again."""
        body = path.read_bytes()
        request = urllib.request.Request(self.url, data=body, headers=self.headers(path.stem, body))
        try:
            with self.opener.open(request, timeout=TIMEOUT_SECS) as answer:
                answer.read()
        except urllib.error.HTTPError as error:
            self.answered(path, error, error.read())
        except (OSError, http.client.HTTPException) as error:
            raise Later(f"{self.url}: {error}") from error
        path.unlink(missing_ok=True)

    def headers(self, name, body):
        """Signed anew each time, for an old signature is not believed."""
        headers = {"Content-Type": "application/json", "User-Agent": "karnay-sender"}
        if self.secret:
            moment = str(int(time.time()))
            signed = b".".join((name.encode(), moment.encode(), body))
            tag = base64.b64encode(hmac.new(self.secret, signed, hashlib.sha256).digest()).decode()
            headers |= {"webhook-id": name, "webhook-timestamp": moment, "webhook-signature": f"v1,{tag}"}
        return headers

    def answered(self, path, error, text):
        try:
            problem = dict(json.loads(text))
        except (TypeError, ValueError):
            problem = {}  # not the engine's answer, but a proxy's
        why = f"{error.code} {problem.get('code', '')} {problem.get('detail', '')}".strip()
        if problem.get("quarantined"):
            say(f"{path.name}: the engine keeps it in quarantine: {why}")
        elif "boundTo" in problem or "discarded" in problem:
            say(f"{path.name}: the engine had it before, and somebody decided about it: {why}")
        elif error.code in HOPELESS:
            # Nothing is thrown away: somebody may mend it and put it back.
            os.rename(path, self.refused / path.name)
            (self.refused / path.name).with_suffix(".why").write_text(why + "\n")
            say(f"{path.name}: refused, see {self.refused}: {why}")
        else:
            self.failed.add(path.name)
            raise Later(f"{self.url}: {why}", retry_after(error.headers.get("Retry-After")))


def retry_after(text):
    """Seconds from now; the engine gives them, a proxy may give a date."""
    try:
        date = None if text.strip().isdigit() else email.utils.parsedate_to_datetime(text)
        after = float(text) if date is None else date.timestamp() - time.time()
    except (AttributeError, TypeError, ValueError):
        return 0
    return min(max(after, 0), RETRY_AFTER_MAX_SECS)


def say(text):
    print(f"sender: {text}", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="where the engine takes reports: http://…/calls/result")
    parser.add_argument("--secret-file", type=pathlib.Path, help="holds one of the engine's WEBHOOK_SECRETS")
    parser.add_argument("--spool", default="spool", help="folder of reports not yet delivered (default: %(default)s)")
    parser.add_argument("--wait", type=float, default=60.0, help="seconds to go on trying, or inf (default: 60)")
    parser.add_argument("report", nargs="*", help="files of one report each; - reads one a line from stdin")
    args = parser.parse_args()
    try:
        sender = Sender(args.url, args.spool, args.secret_file.read_text() if args.secret_file else None)
        for name in args.report:
            for report in filter(str.strip, sys.stdin if name == "-" else [pathlib.Path(name).read_text()]):
                sender.put(report)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sender.stopped.set())
    left = sender.drain(args.wait)
    if left:
        say(f"{left} reports are left in {sender.spool}; they go out with the next run")
    return LEFT if left else 0


if __name__ == "__main__":
    sys.exit(main())
