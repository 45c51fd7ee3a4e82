// Who called today and was not answered.

import type { ColumnDef } from '@tanstack/react-table';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';

import { Problem } from '../../api/problem';
import { Duration } from '../../parts/duration';
import { Pager } from '../../parts/pager';
import { Phone } from '../../parts/phone';
import { Failed, Loading, Say, Stale } from '../../parts/states';
import { Table } from '../../parts/table';
import { useTime } from '../../parts/time';
import { useWords } from '../../words';
import { type ExchangeCall, useMissedToday } from './data';

export function Missed() {
  const t = useWords();
  const read = useMissedToday();
  const columns = useColumns();
  const rows = useMemo(() => read.data?.pages.flatMap(({ value }) => value) ?? [], [read.data]);
  return (
    <section className="stack live-missed" aria-label={t('live.missed')}>
      <div className="row spread">
        <h2>{t('live.missed')}</h2>
        <Stale behind={0} since={read.error === null || read.data === undefined ? undefined : read.dataUpdatedAt} />
      </div>
      {read.data === undefined
        ? read.error === null ? <Loading rows={4} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />
        : (
          <>
            <Table
              label={t('live.missed')}
              rows={rows}
              columns={columns}
              id={({ callId }) => callId}
              empty={<div className="card"><Say title={t('live.noneMissed')} text={t('live.noneMissedText')} /></div>}
            />
            <Pager shown={rows.length} more={read.hasNextPage} busy={read.isFetchingNextPage} load={() => void read.fetchNextPage()} />
          </>
        )}
    </section>
  );
}

function useColumns(): ColumnDef<ExchangeCall, never>[] {
  const t = useWords();
  const { clock } = useTime();
  return useMemo(() => [
    {
      id: 'number',
      header: t('live.columns.number'),
      cell: ({ row: { original } }) => (
        <Link to="/history" search={{ source: 'pbx', number: original.fromNumber }} title={t('live.history')}><Phone number={original.fromNumber} /></Link>
      ),
      meta: { width: 'minmax(9.5rem, 1fr)', phone: 'title' },
    },
    { id: 'extension', header: t('live.columns.extension'), cell: ({ row }) => row.original.extension ?? '-', meta: { width: 'minmax(6rem, 1fr)', phone: 'line' } },
    { id: 'rang', header: t('live.columns.rang'), cell: ({ row }) => <Duration seconds={row.original.ringDuration} />, meta: { width: '7rem', end: true, phone: 'end' } },
    { id: 'time', header: t('live.columns.time'), cell: ({ row }) => <time dateTime={row.original.startTime}>{clock(row.original.startTime)}</time>, meta: { width: '6.5rem', end: true, phone: 'side' } },
  ], [t, clock]);
}
