// The results of a session, call by call, and what is looked for among them.

import type { ColumnDef } from '@tanstack/react-table';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { memo, useCallback, useMemo } from 'react';

import { Problem } from '../../api/problem';
import { kept } from '../../app/search';
import { CallBadge } from '../../parts/badge';
import { Pager } from '../../parts/pager';
import { Phone } from '../../parts/phone';
import { Search } from '../../parts/search';
import { Select } from '../../parts/select';
import { Failed, Loading, Say } from '../../parts/states';
import { Table } from '../../parts/table';
import { Time } from '../../parts/time';
import { useWords } from '../../words';
import { type Result, useResults } from './data';

const STATUSES = ['ANSWERED', 'CONNECTED_TO_OPERATOR', 'NO_ANSWER', 'BUSY', 'REJECTED', 'FAILED', 'INVALID_NUMBER', 'NETWORK_ERROR'] as const;

export const Results = memo(function Results({ id }: { readonly id: string }) {
  const t = useWords();
  const search = useSearch({ from: '/sessions/$id' });
  const navigate = useNavigate({ from: '/sessions/$id' });
  const read = useResults(id, search);
  const columns = useColumns();
  const rows = useMemo(() => read.data?.pages.flatMap(({ value }) => value) ?? [], [read.data]);
  const look = (change: { q?: string; status?: string }) => void navigate({ search: (before) => kept({ ...before, ...change }), replace: true, resetScroll: false });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = read;
  const end = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const looking = search.q !== undefined || search.status !== undefined;
  return (
    <section className="stack" aria-label={t('sessions.results')}>
      <div className="row spread">
        <h2>{t('sessions.results')}</h2>
        <div className="row looking">
          <Search label={t('sessions.searchResults')} value={search.q ?? ''} look={(q) => look({ q })} />
          <Select
            label={t('sessions.columns.status')}
            value={search.status ?? ''}
            options={[{ value: '', text: t('sessions.anyStatus') }, ...STATUSES.map((value) => ({ value, text: t(`parts.call.${value}`) }))]}
            choose={(status) => look({ status })}
          />
        </div>
      </div>
      {read.data === undefined
        ? read.error === null ? <Loading rows={8} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />
        : (
          <>
            <Table
              label={t('sessions.results')}
              rows={rows}
              columns={columns}
              id={({ id }) => id}
              end={end}
              empty={looking ? <Say title={t('sessions.nothing')} text={t('sessions.nothingText')} /> : <Say title={t('sessions.noResults')} text={t('sessions.noResultsText')} />}
            />
            <Pager shown={rows.length} more={hasNextPage} busy={isFetchingNextPage} load={end} />
          </>
        )}
    </section>
  );
});

function useColumns(): ColumnDef<Result, never>[] {
  const t = useWords();
  return useMemo(() => [
    { id: 'phone', header: t('sessions.columns.phone'), cell: ({ row }) => <Phone number={row.original.phoneNumber} />, meta: { width: 'minmax(11.5rem, 14rem)', phone: 'title' } },
    { id: 'status', header: t('sessions.columns.status'), cell: ({ row }) => <CallBadge status={row.original.callStatus} />, meta: { width: 'minmax(8rem, 15rem)', phone: 'side' } },
    { id: 'operator', header: t('sessions.columns.operator'), cell: ({ row }) => row.original.operatorName ?? '-', meta: { width: 'minmax(8rem, 1fr)' } },
    { id: 'duration', header: t('sessions.columns.duration'), cell: ({ row }) => <Talked seconds={row.original.callDuration} />, meta: { width: '8rem', end: true, phone: 'end' } },
    { id: 'time', header: t('sessions.columns.time'), cell: ({ row }) => <Time at={row.original.createdAt} />, meta: { width: '12.5rem', phone: 'line' } },
  ], [t]);
}

function Talked({ seconds }: { readonly seconds: number | null | undefined }) {
  const t = useWords();
  return <>{seconds == null ? '-' : t('sessions.seconds', { count: seconds })}</>;
}
