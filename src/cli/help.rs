//! What `--help` teaches: for each command its purpose, examples, what it prints and its exit codes.
//! Paragraphs stand on one line each; the terminal's width breaks them.

mod backup;
mod forgotten;
mod past;

pub(super) use backup::{BACKUP, BACKUP_MORE, IMPORT, IMPORT_MORE, MOVE, MOVE_MORE, RESTORE, RESTORE_MORE};
pub(super) use forgotten::{
    FORGOTTEN, FORGOTTEN_APPLY, FORGOTTEN_APPLY_MORE, FORGOTTEN_EXPORT, FORGOTTEN_EXPORT_MORE, FORGOTTEN_MORE,
};
pub(super) use past::{EVENTS, EVENTS_MORE, REPLAY, REPLAY_MORE, WHAT_IF, WHAT_IF_MORE};

/// The purpose comes first; the one-line `about` is for the list of commands only.
pub(super) const TEMPLATE: &str = "{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

pub(super) const WIDTH_MAX: usize = 110;

pub(super) const KARNAY: &str = "\
An event-sourced, actor-based call engine.
What happens is an event in one append-only journal; what is shown can be rebuilt from it.";

pub(super) const KARNAY_MORE: &str = "\
Examples:
  karnay serve                     Start the engine at http://127.0.0.1:3000, its data in ./data
  karnay status                    See whether it is well
  karnay events --follow           Watch what is being recorded
  karnay replay --help             Play a session, a campaign or a call again
  karnay user add me --role admin  Let somebody sign in
  karnay sim remote --help         Try it with a call server that rings nobody
  karnay simulate --help           See how a campaign would go before it is started
  karnay what-if --help            See what other rules would have changed in one that ran
  karnay <command> --help          Learn about a command: examples, output, exit codes

Settings come from flags, then environment variables, then .env in this folder, then defaults:
--port 3001, PORT=3001 and a line PORT=3001 mean the same. karnay serve --help lists them all.

Exit codes: 0 fine, 1 not fine (not ready, journal wrong, engine broke), 2 wrong use or cannot start";

pub(super) const SERVE: &str = "\
Starts the engine and serves HTTP until it is told to stop (Ctrl-C or SIGTERM).
It then closes the door, finishes what was accepted and ends within ten seconds.";

pub(super) const SERVE_MORE: &str = "\
Examples:
  karnay serve
  karnay serve --port 8080 --remote-host simulated
  DATABASE_URL=postgres://karnay:secret@db/karnay karnay serve --host 0.0.0.0
  karnay serve --log info,karnay::journal=debug --log-format json

Prints: its log on stderr, with telephone numbers masked; nothing on stdout.

Without DATABASE_URL one engine at a time may use a data folder. At first start it makes data.key and jwt.secret \
there: keep copies, personal data cannot be read without the first. Give secrets by environment or .env rather \
than by flag: others on this machine can see flags.

Exit codes: 0 stopped in order, 1 broke while running, 2 cannot start (wrong setting, port or folder in use)";

pub(super) const STATUS: &str = "\
Shows how the running engine is: journal, screens, actors, effects.
It asks the engine at HOST and PORT, with a token it signs itself with the data folder's jwt.secret.";

pub(super) const STATUS_MORE: &str = "\
Examples:
  karnay status
  karnay status --port 8080
  karnay status --json | jq '.projections[] | select(.lag > 0)'
  until karnay status >/dev/null 2>&1; do sleep 1; done

Prints: a line on the engine, the journal's position and queue, effects by state, then a table of screens \
(generation, how far behind, parked streams) and one of actors (restarts, beats).

Exit codes: 0 ready, 1 not ready or not running, 2 wrong use";

pub(super) const REBUILD: &str = "\
Builds a screen anew from the journal, beside the one in use, and swaps them when it has caught up.
Through the running engine if there is one; without, in this process on the same data.";

pub(super) const REBUILD_MORE: &str = "\
Examples:
  karnay rebuild call_history
  karnay rebuild session_stats call_history
  karnay rebuild --all

Prints: progress on stderr with events/s and time left, a bar on a terminal and lines elsewhere; \
a line on stdout for each screen that is done. karnay status names the screens. Reads go on meanwhile. Stopping this command does not stop a rebuild inside a running engine.

Exit codes: 0 all rebuilt, 1 the engine refused or broke off, 2 wrong use, no such screen, or data cannot be opened";

pub(super) const EVENTS_EXPORT: &str = "\
Writes a stretch of the journal into files for analysts (docs/export.md).
It only reads, beside an engine if there is one. Personal data stays sealed.";

pub(super) const EVENTS_EXPORT_MORE: &str = "\
Examples:
  karnay events export --format parquet --out events
  karnay events export --format parquet --out events --resume
  karnay events export --format csv --out october --from 120001 --to 2025-10-31T23:59:59+05:00
  karnay events export --format ndjson --out calls --types call.reported,call.strengthened --org 1
  duckdb -c \"SELECT kind, type, count(*) FROM 'events/*.parquet' GROUP BY ALL\"

It is cut at exact positions: from --from to --to, or to where the journal ended when it began. The folder gets one file for each \
--part positions, part-<first>-<last>.<format>, and export.json, which says what was asked for, which files are whole and, at the end, \
that it is complete. A file that is being written ends in .partial. After a crash or Ctrl-C the same words with --resume go on where it \
was; the files are the same as those of an export that was never broken off, byte for byte. One that is complete is left as it is.

Prints: progress on stderr, a bar on a terminal and lines elsewhere; on stdout how many events are in how many files, and with which \
--from what comes after them begins.

Exit codes: 0 exported, 1 it broke off (cannot write, or an event is missing), 2 wrong use, or the journal or the folder is not as asked";

pub(super) const VERIFY: &str = "\
Checks the journal: every event's hash, every digest, every position, every signature, the file.
It only reads, and may run beside an engine.";

pub(super) const VERIFY_MORE: &str = "\
Examples:
  karnay verify
  karnay verify --data-dir /backup/data
  karnay verify --from 1000000 --to 2000000
  karnay checkpoint >> kept.ndjson; karnay verify --checkpoint kept.ndjson

Prints: progress on stderr; on stdout the numbers of events and batches, the newest digest and up to where it is signed, or the first \
place that is wrong. Events lost at the end show against the last signed checkpoint, and where that is lost with them against one that \
is kept elsewhere. With --from or --to the file itself (integrity_check) is not looked at.
What belongs to persons is sealed with keys that lie beside the journal, in person_keys. Where some are gone though nobody asked to forget \
those persons, it says of how many; somebody who is told of under several names may be counted as several. With --from or --to it does not look.

Exit codes: 0 the journal is what was written, 1 it is not, or words of persons are lost with their keys, 2 it cannot be opened, or FILE holds no checkpoints";

pub(super) const VERIFY_BUNDLE: &str = "\
Checks an evidence about a call, as GET /audit/calls/:id/evidence gives it.
It needs the file alone: no journal, no network, no secret. docs/evidence.md describes the file.";

pub(super) const VERIFY_BUNDLE_MORE: &str = "\
Examples:
  karnay verify-bundle evidence-0199b9f4-6f00-7000-8000-000000000001.json
  karnay verify-bundle evidence.json --key ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c
  karnay verify-bundle --json - < evidence.json | jq .personal

Prints: what is proven and what is not, then each event as a JSON object a line, with what belongs to a person in clear where its key is \
in the file; with --json the events alone. On stderr what is wrong, with its place in the file.

Exit codes: 0 the evidence is whole, and KEY vouches for it where one is given, 1 it is not, 2 wrong use, or FILE cannot be read";

pub(super) const CHECKPOINT: &str = "\
Prints the newest signed checkpoint: what the whole journal was, up to a position.
Whoever keeps it elsewhere can show later that nothing before it was changed or cut off.";

pub(super) const CHECKPOINT_MORE: &str = "\
Examples:
  karnay checkpoint
  karnay checkpoint >> /mnt/elsewhere/kept.ndjson
  karnay verify --checkpoint /mnt/elsewhere/kept.ndjson

Prints: one JSON object on one line: number, position, digest, signedAt (microseconds since 1970), key, signature. It only reads, and \
may run beside an engine; a running engine signs every few minutes and when it stops.

Exit codes: 0 printed, 1 nothing is signed yet, 2 the journal cannot be opened, or it was moved elsewhere";

pub(super) const SIGNING_KEY: &str = "\
Shows or renews the key that checkpoints and evidence are signed with (Ed25519).
Its private half lies in the data folder as signing.key, or is SIGNING_KEY.";

pub(super) const SIGNING_KEY_MORE: &str = "\
Examples:
  karnay signing-key show
  karnay signing-key rotate
  karnay signing-key rotate --help

Prints: what each of them prints is said in its own help.

Exit codes: 0 done, 1 nothing is signed yet, or the engine refused, 2 wrong use, or data cannot be opened";

pub(super) const SIGNING_KEY_SHOW: &str = "\
Prints the public keys of the journal, the oldest first.
It only reads, and may run beside an engine.";

pub(super) const SIGNING_KEY_SHOW_MORE: &str = "\
Examples:
  karnay signing-key show
  karnay signing-key show | tail -1 >> /mnt/elsewhere/keys

Prints: a table: number, since when it is in use, the first checkpoint it signs, who vouches for it, the key.

Exit codes: 0 printed, 1 nothing is signed yet, 2 the journal cannot be opened";

pub(super) const SIGNING_KEY_ROTATE: &str = "\
Makes a new key, has the one before it vouch for it, and signs with it.
Through the running engine if there is one; without, in this process on the same data.";

pub(super) const SIGNING_KEY_ROTATE_MORE: &str = "\
Examples:
  karnay signing-key rotate
  karnay signing-key rotate --lost

What was signed before stays true under the key of its time. The old private half is removed. Where SIGNING_KEY is set the keys are \
renewed there: SIGNING_KEY=<new>,<old> until the engine has started with it, then the new one alone. \
With --lost, and the engine stopped, it begins anew: nothing vouches for the new key, and verify says so from then on.

Prints: the new public key and the first checkpoint that it signs. Keep it elsewhere.

Exit codes: 0 renewed, 1 the engine refused, 2 wrong use, SIGNING_KEY is set, or data cannot be opened";

pub(super) const TOKEN: &str = "\
Makes a token to sign in with, signed with JWT_SECRET or the data folder's jwt.secret.
Whoever holds it has its role in its organization until it expires.";

pub(super) const TOKEN_MORE: &str = "\
Examples:
  karnay token --org 1 --role admin
  karnay token --org 1 --role auditor --ttl 30d
  TOKEN=$(karnay token --org 1 --role admin)
  curl -H \"Authorization: Bearer $TOKEN\" http://localhost:3000/status

Prints: the token alone, on one line.

Exit codes: 0 printed, 2 wrong use, or no secret yet (karnay serve makes it at first start)";

pub(super) const USER: &str = "\
Lets people sign in: creates a user, or gives one another password.
It works beside a running engine and without one; an admin does the same and more with /users.";

pub(super) const USER_MORE: &str = "\
Examples:
  karnay user add aziz --role admin
  karnay user passwd aziz
  karnay user add --help

Prints: what each of them prints is said in its own help.

Exit codes: 0 done, 1 refused (the name is taken, there is no such user), 2 wrong use, or data cannot be opened";

pub(super) const USER_ADD: &str = "\
Creates a user who may sign in with POST /auth/login.
Through the running engine if there is one; without, in this process on the same data.";

pub(super) const USER_ADD_MORE: &str = "\
Examples:
  karnay user add aziz --role admin
  karnay user add lola@example.com --role operator --org 7
  pass show karnay/aziz | karnay user add aziz --role admin

The password is asked for twice on a terminal, and read as one line from a pipe. It has at least 10 characters.

Prints: a line on stdout when it is done.

Exit codes: 0 created, 1 the name is taken or the engine refused, 2 wrong use, or data cannot be opened";

pub(super) const USER_PASSWD: &str = "\
Gives a user another password, and ends every session of theirs.
Through the running engine if there is one; without, in this process on the same data.";

pub(super) const USER_PASSWD_MORE: &str = "\
Examples:
  karnay user passwd aziz
  karnay user passwd lola@example.com --org 7
  openssl rand -base64 18 | tee /dev/stderr | karnay user passwd aziz

The password is asked for twice on a terminal, and read as one line from a pipe. It has at least 10 characters.

Prints: a line on stdout when it is done.

Exit codes: 0 done, 1 there is no such user or the engine refused, 2 wrong use, or data cannot be opened";

pub(super) const SIM: &str = "\
Plays a far end that the engine talks to, so that everything can be tried without it.
Nobody is rung: what becomes of a call is made up, and everything it says is marked as simulated.";

pub(super) const SIM_MORE: &str = "\
Examples:
  karnay sim remote --numbers numbers.txt
  karnay sim agent --speed 30
  karnay sim pbx --per-minute 30
  karnay sim agent --help

Prints: what each of them prints is said in its own help.

Exit codes: 0 stopped in order, 1 broke while running, 2 wrong use or cannot start";

pub(super) const SIM_REMOTE: &str = "\
Plays the remote call server: dials a list and reports each call, until Ctrl-C or SIGTERM.
It is SIMULATED: nobody is rung, outcomes are made up, and every answer and report says so.";

pub(super) const SIM_REMOTE_MORE: &str = "\
Examples:
  karnay sim remote --numbers numbers.txt --speed 30
  curl 'http://127.0.0.1:4000/start?session_id=session-1738862891234-abc123'
  curl http://127.0.0.1:4000/status
  karnay serve --remote-host local --remote-path numbers.txt \\
    --remote-command 'curl -s http://127.0.0.1:4000/start?session_id={sessionId}' --recording-hosts 127.0.0.1

It answers GET and POST /start and /stop (?session_id=), GET /status and GET /recordings/<name>.wav. /start answers at once and dials in \
the background; without session_id it takes SESSION_ID, else the session it knew last. The same seed and the same numbers \
give the same outcomes. A report that the engine does not take is sent again, as Retry-After says; --speed 30 lets \
45 seconds of talk pass in one and a half. Reports stay on this machine unless --webhook names another. \
The recordings that it names lie on a private address, which an engine calls only where RECORDING_HOSTS names it (here 127.0.0.1).

Prints: a line on stdout with its address once it listens; its log on stderr, without telephone numbers.

Exit codes: 0 stopped in order, 1 broke while running, 2 wrong use, or cannot listen";

pub(super) const SIM_AGENT: &str = "\
Plays the voice agent: takes calls over HTTP and makes up what people say, until Ctrl-C or SIGTERM.
It is SIMULATED: nobody is rung, and every answer and summary says so.";

pub(super) const SIM_AGENT_MORE: &str = "\
Examples:
  karnay sim agent --speed 30
  karnay serve --agent-url http://127.0.0.1:4100/call --agent-status-url http://127.0.0.1:4100/status
  curl -H 'content-type: application/json' -d '{\"phoneNumber\":\"+998901234567\"}' http://127.0.0.1:4100/call
  karnay sim agent --faults 500:10,half:5 --seed 7
  karnay sim agent --faults callback --callback-secret 'a secret that both sides know'

It takes POST /call with phoneNumber, firstName, lastName and customData, and answers when the call is over. The same seed, \
number and attempt give the same outcome; a request with the same Idempotency-Key is the same call. GET /status \
(?idempotencyKey= or ?callId=) tells what became of a call. Faults: slow, dead (no answer, ever), 500, half (breaks off), \
twice (answers and reports), late (by --late-by), callback (202, then a report).

Prints: a line on stdout with its address once it listens; its log on stderr, without telephone numbers.

Exit codes: 0 stopped in order, 1 broke while running, 2 wrong use, or cannot listen";

pub(super) const SIM_PBX: &str = "\
Plays the telephone exchange over HTTPS: calls that come and go, their log, until Ctrl-C or SIGTERM.
It is SIMULATED: nobody is connected, and the calls are made up. Numbers and names are nobody's.";

pub(super) const SIM_PBX_MORE: &str = "\
Examples:
  karnay sim pbx --per-minute 30 --speed 10
  karnay sim pbx --log 1000000 --per-minute 0
  karnay sim pbx --faults lost:5,expire:600,shift:1
  karnay sim pbx --port 0 --control 4022 --per-minute 0
  curl -d '{\"from\":\"998900000001\",\"to\":\"158\"}' -H 'content-type: application/json' http://127.0.0.1:4022/calls

It answers as a Kerio Operator box does, as far as that is known: POST /admin/api/jsonrpc/ with Session.login, Status.getCalls, \
CallHistory.get, Recordings.get and the lists of users, lines and numbers; and the addresses /api/rest/v1/calls/cdr, /active and \
/<id>/recording with Basic. Its certificate is new at each start and signed by nobody, and each answer has the header X-Simulated. The \
same seed gives the same calls.

Faults, those in a hundred requests: lost (carried out, no answer), 500, html (a page with 200), close (ends the connection), unknown (a \
status that nobody knows). With a number: latency (ms), idle, expire (seconds a session lasts unused, or at all), kill (calls a session \
lasts), badlogin, error (the code that a wrong password, or every list, is told), cap (rows an answer holds), shift (new rows after each \
page), progress (how often a download is not ready), skew (seconds the box's clock is ahead). With a method: forbidden (no right; alone: \
to all), missing. Alone: chunks, softtoken (-32001 instead of 403), ignore, refuse (what becomes of conditions on TIMESTAMP), truncated, \
length, page (what is wrong with sound), loose (other types, keys more and fewer).

With --control it is steered by JSON: POST /calls (from, to, how: ring, connect, queue), POST /calls/<id> (do: answer, transfer, hang_up, \
busy, forbidden, voicemail, vanish, leave_unrecorded, proceed), GET /calls/<id> (since when each state could be seen, in ms), POST /faults \
(faults), /expire, /restart (away_ms), POST /log (rows, over_secs), GET /log (skip, limit) and /recordings (the truth), GET /counts.

Prints: on stdout its address and certificate (as KERIO_TLS has it), user and password where that was made up, and the address of the \
plain door; its log on stderr, without telephone numbers.

Exit codes: 0 stopped in order, 1 broke while running, 2 wrong use, or cannot listen";

pub(super) const SIMULATE: &str = "\
Runs a campaign on a clock that jumps: when it would end, and what may come of it.
It is SIMULATED: nobody is rung, nothing is recorded, and what people say is made up.";

pub(super) const SIMULATE_MORE: &str = "\
Examples:
  karnay simulate campaign.json --contacts 100000 --days 30 --seed 1
  karnay simulate '{\"concurrency\": 20, \"budget\": {\"calls\": 5000}}' --contacts 4000
  karnay simulate - --pack us_reg_f --zones America/New_York,America/Los_Angeles < campaign.json
  karnay simulate '{\"rules\": {\"windows\": [{\"days\": [\"sat\"], \"from\": \"10:00\", \"until\": \"13:00\"}]}}'
  karnay simulate campaign.json --seed 7 --events events.ndjson --json

SETTINGS are those of a campaign as the API has them: a file, - for standard input, or the JSON itself; {} leaves everything to the pack. \
What decides about a call is the engine's own code: windows and holidays in each contact's zone, caps, retries, callbacks, promises, \
opt-outs, budget, circuit breaker, lines and calls a second. Who asked to be called back comes first, then who is tried again, then the others. \
A callback counts as in time within 5 minutes of the instant asked for, or of the next one that the rules allow; it is never early. \
The same arguments give the same events, byte for byte. The numbers called are made up, one a contact from +998900000000 on.

Prints: progress on stderr, a bar on a terminal and lines elsewhere; on stdout a table of what would come of it, or one JSON object with --json. \
--events writes each event as a line with kind, type, version, stream, sequence, at and payload as it would be recorded, \
but for what is personal, which stands there as the text that would be encrypted.

Exit codes: 0 simulated, whatever came of it, 1 cannot write, 2 wrong use, or settings that are wrong";

pub(super) const KERIO_PROBE: &str = "\
Asks the exchange of KERIO_PBX_HOST for one of everything; it changes nothing at the box.
UNVERIFIED: it has met the simulated exchange only, and no real box yet.";

pub(super) const KERIO_PROBE_MORE: &str = "\
Examples:
  karnay kerio-probe
  karnay kerio-probe --kerio-pbx-host pbx.example.com --kerio-api-username monitor --kerio-tls pin:5f…
  karnay kerio-probe --kerio-pbx-host simulated --json

Prints: product and version, the names of its constants; of one live call, one row of the log and one recording the \
names of their keys and the kinds of their values, never a value; whether conditions on TIMESTAMP and Batch.run work; how far \
its clock is ahead. Have a call going on while it runs, or there is none to look at.

Exit codes: 0 printed, 1 the exchange is away or does not let us in, 2 wrong use or wrong settings";
