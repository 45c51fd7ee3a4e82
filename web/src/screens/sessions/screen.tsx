// Sessions: what starts one, and all that there were, the newest first.

import './sessions.css';

import type { ColumnDef } from '@tanstack/react-table';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';

import { Problem } from '../../api/problem';
import { kept } from '../../app/search';
import { atLeast, usePerson } from '../../app/session';
import { SessionBadge } from '../../parts/badge';
import { Heading } from '../../parts/heading';
import { Ident } from '../../parts/ident';
import { Pager } from '../../parts/pager';
import { Progress } from '../../parts/progress';
import { Search } from '../../parts/search';
import { Select } from '../../parts/select';
import { Failed, Loading, Say, Stale } from '../../parts/states';
import { Table } from '../../parts/table';
import { Time, useTime } from '../../parts/time';
import { useWords } from '../../words';
import { type Session, useSessionNews, useSessions } from './data';
import { Lasted } from './lasted';
import { Starter } from './starter';

const STATUSES = ['PENDING', 'RUNNING', 'COMPLETED', 'FAILED'] as const;

export function Screen() {
  const t = useWords();
  useSessionNews();
  return (
    <div className="stack">
      <Heading>{t('sessions.title')}</Heading>
      <Starter />
      <List />
    </div>
  );
}

function List() {
  const t = useWords();
  const search = useSearch({ from: '/sessions' });
  const navigate = useNavigate({ from: '/sessions' });
  const may = atLeast(usePerson(), 'operator');
  const read = useSessions(search);
  const columns = useColumns();
  const rows = useMemo(() => read.data?.pages.flatMap(({ value }) => value) ?? [], [read.data]);
  const open = useCallback((row: Session) => void navigate({ to: '/sessions/$id', params: { id: row.sessionId } }), [navigate]);
  const look = (change: { q?: string; status?: string }) => void navigate({ search: (before) => kept({ ...before, ...change }), replace: true });
  if (read.data === undefined) {
    return read.error === null ? <Loading rows={6} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />;
  }
  const looking = search.q !== undefined || search.status !== undefined;
  return (
    <section className="stack" aria-label={t('sessions.title')}>
      <div className="row">
        <Search label={t('sessions.searchSessions')} value={search.q ?? ''} look={(q) => look({ q })} />
        <Select
          label={t('sessions.columns.status')}
          value={search.status ?? ''}
          options={[{ value: '', text: t('sessions.anyStatus') }, ...STATUSES.map((value) => ({ value, text: t(`parts.session.${value}`) }))]}
          choose={(status) => look({ status })}
        />
        <Stale behind={read.data.pages[0]?.behind ?? 0} since={read.error === null ? undefined : read.dataUpdatedAt} />
      </div>
      <Table
        label={t('sessions.title')}
        rows={rows}
        columns={columns}
        id={({ sessionId }) => sessionId}
        open={open}
        empty={looking ? <Say title={t('sessions.nothing')} text={t('sessions.nothingText')} /> : <Say title={t('sessions.empty')} text={may ? t('sessions.emptyText') : t('parts.laterHere')} />}
      />
      <Pager shown={rows.length} more={read.hasNextPage} busy={read.isFetchingNextPage} load={() => void read.fetchNextPage()} />
    </section>
  );
}

function useColumns(): ColumnDef<Session, never>[] {
  const t = useWords();
  return useMemo(() => [
    {
      id: 'session',
      header: t('sessions.columns.session'),
      cell: ({ row: { original } }) => <Link to="/sessions/$id" params={{ id: original.sessionId }} aria-label={original.sessionId}><Ident id={original.sessionId} /></Link>,
      meta: { width: 'minmax(9rem, 18rem)', phone: 'title' },
    },
    { id: 'status', header: t('sessions.columns.status'), cell: ({ row }) => <SessionBadge status={row.original.status} />, meta: { width: 'minmax(7rem, 15rem)', phone: 'side' } },
    {
      id: 'progress',
      header: t('sessions.columns.progress'),
      cell: ({ row: { original } }) => <Progress small percent={original.progressPercentage} status={original.status} label={`${t('sessions.columns.progress')} ${original.sessionId}`} />,
      meta: { width: 'minmax(6rem, 1fr)', phone: 'line' },
    },
    { id: 'counts', header: t('sessions.columns.counts'), cell: ({ row }) => <Counts session={row.original} />, meta: { width: 'minmax(10rem, 14rem)', phone: 'end' } },
    { id: 'duration', header: t('sessions.columns.duration'), cell: ({ row }) => <Lasted session={row.original} />, meta: { width: '8rem', end: true } },
    { id: 'time', header: t('sessions.columns.time'), cell: ({ row }) => <Time at={row.original.createdAt} />, meta: { width: '12.5rem' } },
  ], [t]);
}

function Counts({ session }: { readonly session: Session }) {
  const t = useWords();
  const { number } = useTime();
  return (
    <span title={t('sessions.counts')}>
      {number(session.totalNumbers)} / {number(session.processedNumbers)} / <span className="is-good">{number(session.connectedCalls)}</span> / <span className="is-bad">{number(session.failedCalls)}</span>
    </span>
  );
}
