// The retry queue: who is due when, the soonest first, and what for.

import type { ColumnDef } from '@tanstack/react-table';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';

import { Problem } from '../../api/problem';
import { kept } from '../../app/search';
import { Pager } from '../../parts/pager';
import { Phone } from '../../parts/phone';
import { TargetBadge } from '../../parts/standing';
import { Failed, Loading, Say, Stale } from '../../parts/states';
import { Table } from '../../parts/table';
import { Time, useNow, useTime } from '../../parts/time';
import { useSpan } from '../../parts/span';
import { useWords } from '../../words';
import type { Campaign, Target } from './data';
import { Explained } from './explained';
import { Named } from './target';
import { useWaiting } from './waiting';

const TURNS = ['callback', 'retry', 'first'] as const;

export function Queue({ campaign }: { readonly campaign: Campaign }) {
  const t = useWords();
  const { number } = useTime();
  const search = useSearch({ from: '/campaigns/$id' });
  const navigate = useNavigate({ from: '/campaigns/$id' });
  const explain = useCallback((contact: string) => void navigate({ search: (before) => kept({ ...before, contact }), replace: true, resetScroll: false }), [navigate]);
  const read = useWaiting(campaign.id);
  const columns = useColumns(explain);
  const open = useCallback((row: Target) => explain(row.contactId), [explain]);
  if (read.data === undefined) return read.error === null ? <Loading rows={6} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />;
  const { rows, lookedAt, behind } = read.data;
  return (
    <section className="stack standings" aria-label={t('campaigns.tabs.queue')}>
      {rows.length > 0 && (
        <p className="row soft">
          {t('campaigns.queueText')}
          {lookedAt !== undefined && <span>{t('campaigns.queuePartly', { shown: number(lookedAt) })}</span>}
          <Stale behind={behind} since={read.error === null ? undefined : read.dataUpdatedAt} />
        </p>
      )}
      <Table label={t('campaigns.tabs.queue')} rows={rows} columns={columns} id={({ contactId }) => contactId} open={open} empty={<Say title={t('campaigns.queueEmpty')} text={t('campaigns.queueEmptyText')} />} />
      <Pager shown={rows.length} more={false} busy={false} load={() => undefined} />
      {search.contact !== undefined && <Explained campaign={campaign} contact={search.contact} status={undefined} close={() => explain('')} />}
    </section>
  );
}

function useColumns(explain: (contact: string) => void): ColumnDef<Target, never>[] {
  const t = useWords();
  return useMemo(() => [
    { id: 'contact', header: t('campaigns.columns.contact'), cell: ({ row }) => <Named target={row.original} explain={explain} />, meta: { width: 'minmax(7rem, 1fr)', phone: 'title' } },
    { id: 'left', header: t('campaigns.columns.left'), cell: ({ row }) => <Left at={row.original.nextAttemptAt} />, meta: { width: '11rem', phone: 'side' } },
    { id: 'due', header: t('campaigns.columns.due'), cell: ({ row }) => <Time at={row.original.nextAttemptAt} />, meta: { width: '12.5rem' } },
    { id: 'turn', header: t('campaigns.columns.turn'), cell: ({ row }) => <Turn turn={row.original.turn} />, meta: { width: 'minmax(7rem, 11rem)', phone: 'whole' } },
    { id: 'phone', header: t('campaigns.columns.phone'), cell: ({ row }) => <Phone number={row.original.contact?.phone ?? ''} />, meta: { width: '11.5rem' } },
    { id: 'status', header: t('campaigns.columns.status'), cell: ({ row: { original } }) => <TargetBadge status={original.callStatus} reason={original.reason} />, meta: { width: 'minmax(9rem, 14rem)' } },
    { id: 'attempts', header: t('campaigns.columns.attempts'), cell: ({ row }) => row.original.attempts, meta: { width: '6.5rem', end: true } },
  ], [t, explain]);
}

function Turn({ turn }: { readonly turn: string }) {
  const t = useWords();
  const known = TURNS.find((one) => one === turn);
  return <>{known === undefined ? turn : t(`campaigns.turn.${known}`)}</>;
}

/** Counted down while somebody looks. */
function Left({ at }: { readonly at: string | null | undefined }) {
  const t = useWords();
  const now = useNow(true);
  const span = useSpan();
  if (at == null) return <>-</>;
  const seconds = Math.floor((Date.parse(at) - now) / 1_000);
  return <>{seconds <= 0 ? t('campaigns.now') : span(seconds)}</>;
}
