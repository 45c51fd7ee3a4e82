// A session, campaign or contact as it was: a slider over its time, steps from event to event, and what was shown then.

import { useEffect, useId, useState } from 'react';

import { Problem } from '../../api/problem';
import { Icon } from '../../parts/icon';
import { Failed, Loading, Say } from '../../parts/states';
import { useTime } from '../../parts/time';
import { useWords } from '../../words';
import { type AuditEvent, type PastKind, useWas, type Was } from './data';
import { moments, type Span, span } from './moments';
import { State } from './state';

interface PastProps {
  readonly kind: PastKind;
  readonly id: string;
  /** A position or a time; left out for now. */
  readonly at: string | undefined;
  readonly events: readonly AuditEvent[];
  readonly look: (at: string | undefined) => void;
}

export function Past({ kind, id, at, events, look }: PastProps) {
  const t = useWords();
  const { full } = useTime();
  const now = useWas(kind, id, undefined);
  const then = useWas(kind, id, at);
  const over = span(events, now.data === undefined ? undefined : Date.parse(now.data.value.updatedAt));
  const time = at === undefined ? undefined : moments(events, at);
  return (
    <section className="card stack" aria-label={t('past.title')}>
      <div className="row spread">
        <h2>{t('past.title')}</h2>
        <p className="as-of" role="status">{at === undefined ? t('past.asNow') : t('past.asOf', { time: time === undefined ? at : full(time) })}</p>
      </div>
      <Slider over={over} events={events} time={time} look={look} />
      {then.error !== null
        ? <NotThen problem={Problem.from(then.error)} retry={() => void then.refetch()} />
        : then.data === undefined ? <Loading rows={4} /> : <Shown then={then.data} now={now.data} at={at} waits={then.isPlaceholderData} />}
    </section>
  );
}

function Shown({ then, now, at, waits }: { readonly then: Was; readonly now: Was | undefined; readonly at: string | undefined; readonly waits: boolean }) {
  return <div aria-busy={waits} className={waits ? 'audit-waits' : undefined}><State was={then} now={now} at={at} /></div>;
}

/** What was recorded first may be of before it was there: a number is tied to a contact before the contact is made. */
function NotThen({ problem, retry }: { readonly problem: Problem; readonly retry: () => void }) {
  const t = useWords();
  return problem.code === 'not-yet' ? <Say title={t('past.notYet')} text={t('past.notYetText')} /> : <Failed problem={problem} retry={retry} />;
}

const PAUSE_MS = 150;

interface SliderProps {
  readonly over: Span;
  readonly events: readonly AuditEvent[];
  readonly time: number | undefined;
  readonly look: (at: string | undefined) => void;
}

function Slider({ over, events, time, look }: SliderProps) {
  const t = useWords();
  const { full, clock } = useTime();
  const id = useId();
  const { from, to, step } = over;
  const asked = time ?? to;
  const [moved, move] = useState(asked);
  const [known, know] = useState(asked);
  // Where it was asked to be from elsewhere, as by a step or an address, it is.
  if (known !== asked) {
    know(asked);
    move(asked);
  }
  useEffect(() => {
    if (moved === asked) return;
    const timer = setTimeout(() => look(moved >= to ? undefined : new Date(moved).toISOString()), PAUSE_MS);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only moving it begins a wait
  }, [moved]);
  const told = moved >= to ? t('past.now') : full(moved);
  return (
    <div className="slider">
      <Step events={events} time={asked} direction={-1} look={look} />
      <div className="slider-track">
        <label className="hidden" htmlFor={id}>{t('past.slider')}</label>
        <input id={id} type="range" min={from} max={to} step={step} value={Math.min(to, Math.max(from, moved))} aria-valuetext={told} onChange={(event) => move(Number(event.target.value))} />
        <Marks over={over} events={events} />
        <div className="slider-ends" aria-hidden="true"><span>{full(from)}</span><span>{moved >= to ? '' : clock(moved)}</span><span>{t('past.now')}</span></div>
      </div>
      <Step events={events} time={asked} direction={1} look={look} />
      {time !== undefined && <button type="button" className="button small" onClick={() => look(undefined)}>{t('past.toNow')}</button>}
    </div>
  );
}

const MARKS_MAX = 300;

/** Where events are on the way; they can be reached by the steps beside it. */
function Marks({ over: { from, to }, events }: { readonly over: Span; readonly events: readonly AuditEvent[] }) {
  const places = [...new Set(events.map(({ recordedAt }) => Math.round((1_000 * (Date.parse(recordedAt) - from)) / Math.max(1, to - from)) / 10))];
  return <div className="marks" aria-hidden="true">{places.slice(0, MARKS_MAX).map((place) => <i key={place} style={{ insetInlineStart: `${Math.max(0, Math.min(100, place))}%` }} />)}</div>;
}

interface StepProps {
  readonly events: readonly AuditEvent[];
  readonly time: number;
  readonly direction: 1 | -1;
  readonly look: (at: string) => void;
}

function Step({ events, time, direction, look }: StepProps) {
  const t = useWords();
  const told = events.map((event) => ({ position: event.position, time: Date.parse(event.recordedAt) }));
  const next = direction < 0 ? told.findLast((one) => one.time < time) : told.find((one) => one.time > time);
  return (
    <button type="button" className="button small" disabled={next === undefined} aria-label={t(direction < 0 ? 'past.before' : 'past.after')} onClick={() => next !== undefined && look(String(next.position))}>
      <span className={direction < 0 ? '' : 'turned'}><Icon name="back" /></span>
    </button>
  );
}
