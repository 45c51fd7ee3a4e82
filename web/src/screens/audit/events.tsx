// Every event of an object, in words, with who did it, when and why; as it is stored on demand.


import type { AuditKind } from '../../parts/audit-link';
import { Pager } from '../../parts/pager';
import { Time, useTime } from '../../parts/time';
import { useWords } from '../../words';
import { useActor } from '../../parts/actor';
import { type AuditEvent, hasBeneath, isLook } from './data';

interface EventsProps {
  readonly kind: AuditKind;
  readonly events: readonly AuditEvent[];
  readonly all: boolean;
  readonly widen: (all: boolean) => void;
  /** Shows the object as it was after an event; left out where it cannot be shown so. */
  readonly look: ((position: string) => void) | undefined;
  readonly more: boolean;
  readonly busy: boolean;
  readonly load: () => void;
}

export function Events({ kind, events, all, widen, look, more, busy, load }: EventsProps) {
  const t = useWords();
  return (
    <section className="card stack" aria-label={t('audit.events.title')}>
      <div className="row spread">
        <h2>{t('audit.events.title')}</h2>
        {hasBeneath(kind) && (
          <label className="row">
            <input type="checkbox" checked={all} onChange={(event) => widen(event.target.checked)} />
            {t(kind === 'session' ? 'audit.events.withCalls' : 'audit.events.withTargets')}
          </label>
        )}
      </div>
      {events.length === 0 && <p className="soft">{t('audit.events.nothing')}</p>}
      <ol className="events">{events.map((event) => <Event key={event.position} event={event} look={look} />)}</ol>
      <Pager shown={events.length} more={more} busy={busy} load={load} />
    </section>
  );
}

function Event({ event, look }: { readonly event: AuditEvent; readonly look: ((position: string) => void) | undefined }) {
  const t = useWords();
  const { full } = useTime();
  const who = useActor();
  return (
    <li className={isLook(event) ? 'event looked' : 'event'}>
      <div className="row spread">
        <p className="event-words">{isLook(event) ? event.words.replace(event.actor, who(event.actor)) : event.words}</p>
        {look !== undefined && !isLook(event) && (
          <button type="button" className="button small" aria-label={t('audit.events.thenOf', { time: full(event.recordedAt) })} onClick={() => look(String(event.position))}>{t('audit.events.then')}</button>
        )}
      </div>
      <dl className="event-facts">
        <div><dt>{t('audit.events.when')}</dt><dd><Time at={event.recordedAt} /></dd></div>
        <div><dt>{t('audit.events.who')}</dt><dd>{who(event.actor)}</dd></div>
        <Cause event={event} />
      </dl>
      <Raw event={event} />
    </li>
  );
}

/** What led to it directly, or the request that it was asked with. */
function Cause({ event: { causation, correlation } }: { readonly event: AuditEvent }) {
  const t = useWords();
  const [name, cause] = causation === '' ? [t('audit.events.request'), correlation] : [t('audit.events.cause'), causation];
  return <div><dt>{name}</dt><dd>{cause === '' ? t('audit.events.none') : <code>{cause}</code>}</dd></div>;
}

function Raw({ event }: { readonly event: AuditEvent }) {
  const t = useWords();
  const { number } = useTime();
  return (
    <details>
      <summary>{t('audit.events.raw')}</summary>
      <dl className="facts">
        <div><dt>{t('audit.events.type')}</dt><dd className="mono">{event.kind} {event.type} v{event.version}</dd></div>
        <div><dt>{t('audit.events.position')}</dt><dd>{number(event.position)}</dd></div>
        <div><dt>{t('audit.events.stream')}</dt><dd className="mono">{event.stream} #{event.sequence}</dd></div>
        <div><dt>{t('audit.events.happened')}</dt><dd><Time at={event.occurredAt} /></dd></div>
        {event.causation !== '' && <div><dt>{t('audit.events.request')}</dt><dd className="mono">{event.correlation}</dd></div>}
      </dl>
      <pre className="raw" tabIndex={0}>{JSON.stringify(event.data, null, 2)}</pre>
    </details>
  );
}
