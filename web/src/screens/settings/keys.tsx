// Keys that programs come in with: making one, whose text is shown once, and revoking it.

import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo, useState } from 'react';

import { ask, client, type Schemas } from '../../api/client';
import { useCommand } from '../../api/command';
import { Problem } from '../../api/problem';
import { Badge } from '../../parts/badge';
import { Confirm } from '../../parts/dialog';
import { notify } from '../../parts/notices';
import { Pager } from '../../parts/pager';
import { Failed, Loading, Say } from '../../parts/states';
import { Table } from '../../parts/table';
import { useNow, useTime } from '../../parts/time';
import { useWords } from '../../words';
import { KeyForm } from './key-form';
import { useTold } from './told';

export type Key = Schemas['ApiKey'];

export const keysKey = ['settings', 'keys'] as const;
const PAGE = 200;

export function Keys() {
  const t = useWords();
  const [making, make] = useState(false);
  return (
    <section className="stack" aria-label={t('settings.tabs.keys')}>
      <div className="row spread">
        <p className="soft intro">{t('keys.intro')} <a href="/docs">{t('keys.described')}</a></p>
        <button type="button" className="button primary" onClick={() => make(true)}>{t('keys.make')}</button>
      </div>
      <List />
      {making && <KeyForm close={() => make(false)} />}
    </section>
  );
}

function List() {
  const t = useWords();
  const [asked, question] = useState<Key | undefined>();
  const columns = useColumns(question);
  const read = useInfiniteQuery({
    queryKey: keysKey,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => ask(() => client.GET('/keys', { signal, params: { query: { limit: PAGE, ...(pageParam === undefined ? {} : { cursor: pageParam }) } } })),
    getNextPageParam: (last) => last.next,
  });
  const rows = useMemo(() => read.data?.pages.flatMap(({ value }) => value) ?? [], [read.data]);
  if (read.data === undefined) {
    return read.error === null ? <Loading /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />;
  }
  return (
    <>
      <Table label={t('settings.tabs.keys')} rows={rows} columns={columns} id={({ id }) => id} empty={<Say title={t('keys.empty')} text={t('keys.emptyText')} />} />
      <Pager shown={rows.length} more={read.hasNextPage} busy={read.isFetchingNextPage} load={() => void read.fetchNextPage()} />
      {asked !== undefined && <Revoke asked={asked} close={() => question(undefined)} />}
    </>
  );
}

function useColumns(revoke: (key: Key) => void): ColumnDef<Key, never>[] {
  const t = useWords();
  return useMemo(() => [
    { id: 'name', header: t('keys.name'), cell: ({ row: { original } }) => <Link to="/audit/$kind/$id" params={{ kind: 'key', id: original.id }}>{original.name}</Link>, meta: { width: 'minmax(8rem, 1fr)', phone: 'title' } },
    { id: 'role', header: t('keys.role'), cell: ({ row }) => t(`shell.roles.${row.original.role}`), meta: { width: '9rem' } },
    { id: 'scopes', header: t('keys.scopes'), cell: ({ row }) => <Scopes of={row.original} />, meta: { width: 'minmax(12rem, 1.8fr)', phone: 'line' } },
    { id: 'state', header: t('keys.state'), cell: ({ row }) => <State of={row.original} />, meta: { width: '9.5rem', phone: 'end' } },
    { id: 'created', header: t('keys.created'), cell: ({ row }) => <Day at={row.original.createdAt} />, meta: { width: '7.5rem' } },
    { id: 'expires', header: t('keys.expires'), cell: ({ row }) => <Day at={row.original.expiresAt} />, meta: { width: '7.5rem' } },
    {
      id: 'revoke',
      header: () => <span className="hidden">{t('keys.revoke')}</span>,
      cell: ({ row: { original } }) => original.revokedAt == null && (
        <button type="button" className="button small danger" aria-label={t('keys.revokeOf', { name: original.name })} onClick={() => revoke(original)}>{t('keys.revoke')}</button>
      ),
      meta: { width: '9rem', end: true, phone: 'side' },
    },
  ], [t, revoke]);
}

function Scopes({ of: { scopes } }: { readonly of: Key }) {
  const t = useWords();
  const told = scopes.map((scope) => t(`keys.scope.${scope}`)).join(', ');
  return <span title={told}>{told}</span>;
}

function Day({ at }: { readonly at: string }) {
  const { day, full } = useTime();
  return <time dateTime={at} title={full(at)}>{day(at)}</time>;
}

function State({ of: { revokedAt, expiresAt } }: { readonly of: Key }) {
  const t = useWords();
  const now = useNow(false);
  if (revokedAt != null) return <Badge status="pending" text={t('keys.states.revoked')} />;
  return Date.parse(expiresAt) < now
    ? <Badge status="busy" text={t('keys.states.expired')} />
    : <Badge status="success" text={t('keys.states.holds')} />;
}

function Revoke({ asked: { id, name }, close }: { readonly asked: Key; readonly close: () => void }) {
  const t = useWords();
  const told = useTold();
  const queries = useQueryClient();
  const revoke = useCommand({
    mutationFn: () => ask(() => client.DELETE('/keys/{id}', { params: { path: { id } } })),
    onSuccess: () => {
      notify('good', t('keys.revoked', { name }));
      void queries.invalidateQueries({ queryKey: keysKey });
    },
    onError: told,
    onSettled: close,
  });
  return <Confirm title={t('keys.revokeTitle')} text={t('keys.revokeText', { name })} action={t('keys.revoke')} busy={revoke.isPending} confirm={() => revoke.mutate()} close={close} />;
}
