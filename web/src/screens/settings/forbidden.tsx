// Numbers that are not to be called: looking one up, adding, taking off, for the organization or, by admins, for all of them.

import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useCallback, useMemo, useState } from 'react';

import { ask, client, type Schemas } from '../../api/client';
import { Problem } from '../../api/problem';
import { atLeast, usePerson } from '../../app/session';
import { useActor } from '../../parts/actor';
import { AuditLink } from '../../parts/audit-link';
import { Pager } from '../../parts/pager';
import { Phone } from '../../parts/phone';
import { Search } from '../../parts/search';
import { Select } from '../../parts/select';
import { Failed, Loading, Say } from '../../parts/states';
import { Table } from '../../parts/table';
import { Time, useTime } from '../../parts/time';
import { useWords } from '../../words';
import { Adding, Checking, Removing } from './forbidden-forms';

export type ForbiddenNumber = Schemas['ForbiddenNumber'];
export type Scope = Schemas['ForbiddenScope'];

export const forbiddenKey = ['settings', 'forbidden'] as const;
const SCOPES = ['organization', 'global'] as const satisfies readonly Scope[];
const PAGE = 200;

export function Forbidden() {
  const t = useWords();
  const person = usePerson();
  const [scope, choose] = useState<Scope>('organization');
  const [q, look] = useState('');
  const may = atLeast(person, scope === 'global' ? 'admin' : 'operator');
  return (
    <section className="stack" aria-label={t('settings.tabs.forbidden')}>
      <p className="soft">{t('forbidden.intro')}</p>
      <div className="columns">
        <Checking />
        {may && <Adding scope={scope} />}
      </div>
      <div className="row">
        {atLeast(person, 'admin') && <Select label={t('forbidden.scope')} value={scope} options={SCOPES.map((value) => ({ value, text: t(`forbidden.scopes.${value}`) }))} choose={choose} />}
        <Search label={t('forbidden.search')} value={q} look={look} />
      </div>
      <List scope={scope} q={q} may={may} />
    </section>
  );
}

function List({ scope, q, may }: { readonly scope: Scope; readonly q: string; readonly may: boolean }) {
  const t = useWords();
  const { number } = useTime();
  const [asked, question] = useState<ForbiddenNumber | undefined>();
  const columns = useColumns(question);
  const read = useInfiniteQuery({
    queryKey: [...forbiddenKey, scope, q],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => {
      const query = { scope, limit: PAGE, ...(q === '' ? {} : { q }), ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      return ask(() => client.GET('/auto-calling/do-not-call', { signal, params: { query } }));
    },
    getNextPageParam: (last) => last.value.meta.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });
  const rows = useMemo(() => read.data?.pages.flatMap(({ value }) => value.data) ?? [], [read.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = read;
  const end = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  // What was refused now is not hidden by what was shown before, as where the list was another one.
  if (read.error !== null) return <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />;
  if (read.data === undefined) return <Loading />;
  const empty = q === '' ? <Say title={t('forbidden.empty')} text={may ? t('forbidden.emptyText') : t('parts.laterHere')} /> : <Say title={t('forbidden.nothing')} />;
  return (
    <>
      <Table label={t(`forbidden.scopes.${scope}`)} rows={rows} columns={columns} id={({ id }) => id} end={end} empty={empty} />
      <p className="soft">{t('forbidden.shown', { total: number(read.data.pages[0]?.value.meta.total ?? 0) })}</p>
      {hasNextPage && <Pager shown={rows.length} more busy={isFetchingNextPage} load={() => void fetchNextPage()} />}
      {asked !== undefined && <Removing scope={scope} asked={asked} close={() => question(undefined)} />}
    </>
  );
}

function useColumns(remove: (one: ForbiddenNumber) => void): ColumnDef<ForbiddenNumber, never>[] {
  const t = useWords();
  const who = useActor();
  const may = atLeast(usePerson(), 'admin');
  return useMemo(() => [
    { id: 'phone', header: t('forbidden.phone'), cell: ({ row }) => <Number of={row.original} />, meta: { width: '12rem', phone: 'title' } },
    { id: 'source', header: t('forbidden.source'), cell: ({ row }) => t(`forbidden.sources.${row.original.source}`), meta: { width: '13rem', phone: 'line' } },
    { id: 'note', header: t('forbidden.note'), cell: ({ row }) => <span title={row.original.note ?? ''}>{row.original.note ?? '-'}</span>, meta: { width: 'minmax(10rem, 1fr)' } },
    { id: 'addedBy', header: t('forbidden.addedBy'), cell: ({ row }) => who(row.original.addedBy), meta: { width: 'minmax(7rem, 12rem)' } },
    { id: 'addedAt', header: t('forbidden.addedAt'), cell: ({ row }) => <Time at={row.original.addedAt} />, meta: { width: '12.5rem' } },
    {
      id: 'remove',
      header: () => <span className="hidden">{t('forbidden.remove')}</span>,
      cell: ({ row: { original } }) => (
        <span className="forbidden-acts">
          <AuditLink kind="number" id={original.id} named={original.phone ?? original.id} />
          {may && <button type="button" className="button small danger" aria-label={t('forbidden.removeOf', { phone: original.phone ?? original.id })} onClick={() => remove(original)}>{t('forbidden.remove')}</button>}
        </span>
      ),
      meta: { width: '12rem', end: true, phone: 'side' },
    },
  ], [t, who, may, remove]);
}

function Number({ of: { phone } }: { readonly of: ForbiddenNumber }) {
  const t = useWords();
  return phone == null ? <em className="soft">{t('forbidden.forgotten')}</em> : <Phone number={phone} />;
}
