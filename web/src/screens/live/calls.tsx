// Calls that go on, each with how long it has been going on.


import type { LiveCall } from '../../app/exchange';
import { Running } from '../../parts/duration';
import { DirectionMark } from '../../parts/exchange';
import { grouped } from '../../parts/phone';
import { useWords } from '../../words';

/** Since when, and whether it may have been before. */
export interface Since {
  readonly at: string | undefined;
  readonly atLeast?: boolean;
}

interface CallsProps {
  readonly title: string;
  readonly empty: string;
  readonly calls: readonly LiveCall[];
  readonly since: (call: LiveCall) => Since;
}

export function Calls({ title, empty, calls, since }: CallsProps) {
  return (
    <section className="card live-calls" aria-label={title}>
      <h2>{title}</h2>
      {calls.length === 0
        ? <p className="soft live-none">{empty}</p>
        : <ul>{calls.map((call) => <Call key={call.callId} call={call} since={since(call)} />)}</ul>}
    </section>
  );
}

function Call({ call, since }: { readonly call: LiveCall; readonly since: Since }) {
  const t = useWords();
  const outside = call.direction === 'kiruvchi' ? call.fromNumber : call.toNumber;
  const inside = call.extension ?? (call.direction === 'kiruvchi' ? call.toNumber : call.fromNumber);
  return (
    <li className="live-call">
      <div>
        <p className="live-number phone">{grouped(outside)}</p>
        <p className="live-about soft">
          <DirectionMark direction={call.direction} />
          <span>{t('live.incoming.extension', { extension: inside })}</span>
          {call.internal === true && <span>{t('live.internal')}</span>}
        </p>
      </div>
      <span className="live-time"><Running since={since.at} atLeast={since.atLeast === true ? t('live.atLeast') : undefined} /></span>
    </li>
  );
}
