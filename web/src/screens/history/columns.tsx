// What is shown of a call. Of the exchange's calls these are the documented columns; the others say besides what placed them and who spoke.

import type { ColumnDef } from '@tanstack/react-table';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';

import { AuditLink } from '../../parts/audit-link';
import { CallBadge } from '../../parts/badge';
import { Duration } from '../../parts/duration';
import { DirectionMark, OutcomeBadge, StateBadge } from '../../parts/exchange';
import { Icon } from '../../parts/icon';
import { grouped, Phone } from '../../parts/phone';
import { Time } from '../../parts/time';
import { useWords } from '../../words';
import { type Call, type Outcome, outside } from './call';

type Column = ColumnDef<Call, never>;

export function useColumns(exchange: boolean, heard: string | undefined, hear: (call: Call) => void): Column[] {
  const t = useWords();
  return useMemo(() => {
    const first: Column[] = [
      { id: 'direction', header: t('history.columns.direction'), cell: ({ row }) => <DirectionMark direction={row.original.direction} />, meta: { width: '8.9rem' } },
      { id: 'numbers', header: t('history.columns.numbers'), cell: ({ row }) => <Numbers call={row.original} />, meta: { width: 'minmax(13.4rem, 1fr)', phone: 'title' } },
    ];
    const about: Column[] = [
      { id: 'source', header: t('history.columns.source'), cell: ({ row }) => <Placed call={row.original} />, meta: { width: '8rem' } },
      { id: 'operator', header: t('history.columns.operator'), cell: ({ row }) => <span title={row.original.operator}>{row.original.operator ?? '-'}</span>, meta: { width: '9.4rem' } },
    ];
    const last: Column[] = [
      { id: 'time', header: t('history.columns.time'), cell: ({ row }) => <Time at={row.original.at} />, meta: { width: '12.2rem', phone: 'line' } },
      { id: 'duration', header: t('history.columns.duration'), cell: ({ row }) => <Duration seconds={row.original.seconds} />, meta: { width: '6.6rem', end: true } },
      { id: 'status', header: t('history.columns.status'), cell: ({ row }) => <Came outcome={row.original.outcome} />, meta: { width: '13.7rem', phone: 'side' } },
      {
        id: 'recording',
        header: () => <span className="hidden">{t('history.columns.recording')}</span>,
        cell: ({ row }) => <Listen call={row.original} now={row.original.id === heard} hear={hear} />,
        meta: { width: '5.2rem', end: true, phone: 'end' },
      },
    ];
    return exchange ? [...first, ...last] : [...first, ...about, ...last];
  }, [t, exchange, heard, hear]);
}

/** On a phone the arrow stands for the whole column of directions, and the end inside is left out where there is no room for it. */
function Numbers({ call }: { readonly call: Call }) {
  const { direction, from, to, outcome } = call;
  const comes = direction === 'kiruvchi';
  const inside = outcome.of === 'call' ? 'history-inside' : undefined;
  return (
    <>
      <span className={`history-arrow direction-${direction}`}><Icon name={comes ? 'incoming' : 'outgoing'} /></span>
      {from !== undefined && <span className={comes ? undefined : inside}><Phone number={from} /></span>}
      {from !== undefined && to !== undefined && <span className={inside}> → </span>}
      {to !== undefined && <span className={comes ? inside : undefined}><Phone number={to} /></span>}
      {from === undefined && to === undefined && '-'}
    </>
  );
}

function Placed({ call }: { readonly call: Call }) {
  const t = useWords();
  const text = t(`history.sources.${call.source}`);
  if (call.session !== undefined) return <Link to="/sessions/$id" params={{ id: call.session }} title={call.session}>{text}</Link>;
  if (call.campaign !== undefined) return <Link to="/history" search={{ source: 'campaign', campaign: call.campaign }}>{text}</Link>;
  return <>{text}</>;
}

function Came({ outcome }: { readonly outcome: Outcome }) {
  switch (outcome.of) {
    case 'call':
      return <CallBadge status={outcome.status} />;
    case 'exchange':
      return <OutcomeBadge status={outcome.status} />;
    case 'state':
      return <StateBadge state={outcome.state} />;
  }
}

/** As what it was recorded. */
function recorded({ id, callId }: Call) {
  return callId === undefined ? { kind: 'call', id } as const : { kind: 'pbx-call', id: callId } as const;
}

function Listen({ call, now, hear }: { readonly call: Call; readonly now: boolean; readonly hear: (call: Call) => void }) {
  const t = useWords();
  return (
    <span className="history-listen">
      <span className="history-lasted"><Duration seconds={call.seconds} /></span>
      <AuditLink {...recorded(call)} named={grouped(outside(call))} />
      {call.recording !== undefined && (
        <button type="button" className={`history-play ${now ? 'now' : ''}`} aria-label={t('history.play', { number: grouped(outside(call)) })} aria-pressed={now} onClick={() => hear(call)}>
          <Icon name="play" />
        </button>
      )}
    </span>
  );
}
