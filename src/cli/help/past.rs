//! What `--help` teaches of the commands that look back.

pub(in crate::cli) const REPLAY: &str = "\
Plays again what was recorded of a session, a campaign or a call, at its own pace or faster.
The journal is only read, beside a running engine or without one, and nobody is rung.";

pub(in crate::cli) const REPLAY_MORE: &str = "\
Examples:
  karnay replay session-1738862891234-abc123
  karnay replay session-1738862891234-abc123 --speed 10 --from 2025-10-06T18:30:00+05:00 --lang uz
  karnay replay 0199b9f4-6f00-7000-8000-0000000000c1 --step
  karnay replay 0199b9f4-6f00-7000-8000-0000000000c1 --speed 0 --json | jq -r '.recordedAt + \" \" + .words'
  karnay replay session-1738862891234-abc123 --speed 0 --to 4711 | tail -1
  karnay replay session-1738862891234-abc123 --speed 10 --into http://127.0.0.1:3000

On a terminal it is a page: the time that it was then, the counters as the screens showed them then, and the last events in \
words. The space bar stops it and lets it go on, s shows the next event, + and - make it twice as fast or half, q leaves. \
Elsewhere it is a line an event. Silence is cut to --max-pause; --speed 0 waits for nothing. Counters begin with the first event, \
also where --from lets it begin later.

An id alone tells which of them it is; --kind session, campaign or call says what is looked for. Calls are those of the history, by the id that it \
shows: what a call server reported, what a campaign placed, and what went over the exchange.

With --into a running engine plays it to its sockets: whoever connects to the namespace /replay with auth.replay, the id that is printed, is \
told the same pushes as those who watched then, with replay and at besides. It begins with the first who watches; Ctrl-C stops it for all. \
--token or KARNAY_TOKEN says who asks, an auditor, a manager or an admin, and that is recorded; without it the data folder's jwt.secret signs one.

No key is needed: nobody is named, a call is told by its line in the list. With --clear reports' numbers are told as well; they are \
opened with DATA_KEY, or data.key in the data folder.

Prints: an event a line (when it was recorded, whom it is about, what happened), with --json an object a line: replay, position, recordedAt, \
occurredAt, kind, type, stream, actor, words, figures; with --into how it goes, a line whenever that changes.

Exit codes: 0 played or left, 1 the output broke, the engine did not answer, refused it or ended it before its end, 2 wrong use, nothing of \
that name, no such journal or key";

pub(in crate::cli) const WHAT_IF: &str = "\
Puts a campaign's past through other rules, and shows which calls those would have stopped.
The journal is only read. Two runs over the same journal say the same.";

pub(in crate::cli) const WHAT_IF_MORE: &str = "\
Examples:
  karnay what-if --campaign 0199b9f4-6f00-7000-8000-0000000000c1 --print > other.toml
  karnay what-if --campaign 0199b9f4-6f00-7000-8000-0000000000c1 --rules other.toml
  karnay what-if --campaign 0199b9f4-6f00-7000-8000-0000000000c1 --pack us_reg_f --all
  karnay what-if --campaign 0199b9f4-6f00-7000-8000-0000000000c1 --rules other.toml --pack always --json | jq .byRule

--print writes the rules that the campaign goes by as TOML: change them, and give them back with --rules. A file has what a campaign's \
settings have in the API and in karnay simulate: rules (windows, holidays, caps, quiet, retry, callbacks, promises), rulesPack, zone, \
concurrency, callsPerSecond, budget, breaker. A campaign's settings only make the organization's pack stricter; --pack names another one, and \
always allows everything.

Every attempt is put to the rules as everything stood at that very moment: the contact, its number with all campaigns' calls, the budget. \
One that would not have been made is left out of what comes after it. Certain is what was judged by what was recorded alone; what people would \
have said in other calls is unknown, and never made up. What rules the organization had then is not recorded: those of RULES_PACK are taken.

It reads personal data, since a number tells its zone, and needs DATA_KEY or data.key in the data folder. No number is printed.

Prints: a table of figures side by side, when it would have ended as far as that is known, the attempts that would not have been made \
with the rule, its figures and from when on they would have been allowed, and contacts that would not have been put off.

Exit codes: 0 printed, 1 the output broke, 2 wrong use, no such campaign, journal or key";

pub(in crate::cli) const EVENTS: &str = "\
Prints recorded events in their order, straight from the journal.
It only reads, and may run beside an engine. Personal data stays sealed, as it is stored.";

pub(in crate::cli) const EVENTS_MORE: &str = "\
Examples:
  karnay events
  karnay events --from 1000 --type call.reported
  karnay events --from 2025-10-06
  karnay events --follow | jq -c '[.position, .type, .stream]'
  karnay events --format csv > events.csv
  karnay events export --help

Prints: one event a line with position, recordedAt, occurredAt, kind, type, version, stream, sequence, \
organization, actor, correlation, causation and payload; csv has the same columns under a header. Names and phone numbers appear as <key>.<ciphertext>, never in clear.

Exit codes: 0 printed (also when the reader of a pipe has had enough), 1 cannot write, 2 cannot be opened or read";
