// Who may sign in, and what they may do.

import { useInfiniteQuery } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useMemo, useState } from 'react';

import { ask, client, type Schemas } from '../../api/client';
import { Problem } from '../../api/problem';
import { Badge } from '../../parts/badge';
import { Pager } from '../../parts/pager';
import { Failed, Loading, Say } from '../../parts/states';
import { Table } from '../../parts/table';
import { Time } from '../../parts/time';
import { useWords } from '../../words';
import { UserForm } from './user-form';

export type User = Schemas['UserInFull'];

export const usersKey = ['settings', 'users'] as const;
const PAGE = 200;

export function Users() {
  const t = useWords();
  // `new` is a form for another one.
  const [opened, open] = useState<User | 'new' | undefined>();
  return (
    <section className="stack" aria-label={t('settings.tabs.users')}>
      <div className="row spread">
        <p className="soft intro">{t('settings.users.intro')}</p>
        <button type="button" className="button primary" onClick={() => open('new')}>{t('settings.users.add')}</button>
      </div>
      <List open={open} />
      {opened !== undefined && <UserForm user={opened === 'new' ? undefined : opened} close={() => open(undefined)} />}
    </section>
  );
}

function List({ open }: { readonly open: (user: User) => void }) {
  const t = useWords();
  const columns = useColumns(open);
  const read = useInfiniteQuery({
    queryKey: usersKey,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => ask(() => client.GET('/users', { signal, params: { query: { limit: PAGE, ...(pageParam === undefined ? {} : { cursor: pageParam }) } } })),
    getNextPageParam: (last) => last.next,
  });
  const rows = useMemo(() => read.data?.pages.flatMap(({ value }) => value) ?? [], [read.data]);
  if (read.data === undefined) {
    return read.error === null ? <Loading /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />;
  }
  return (
    <>
      <Table label={t('settings.tabs.users')} rows={rows} columns={columns} id={({ id }) => id} open={open} empty={<Say title={t('settings.users.empty')} text={t('settings.users.emptyText')} />} />
      <Pager shown={rows.length} more={read.hasNextPage} busy={read.isFetchingNextPage} load={() => void read.fetchNextPage()} />
    </>
  );
}

function useColumns(open: (user: User) => void): ColumnDef<User, never>[] {
  const t = useWords();
  return useMemo(() => [
    { id: 'name', header: t('settings.users.name'), cell: ({ row }) => row.original.name, meta: { width: 'minmax(10rem, 1fr)', phone: 'title' } },
    { id: 'role', header: t('settings.users.role'), cell: ({ row }) => t(`shell.roles.${row.original.role}`), meta: { width: '10rem', phone: 'line' } },
    { id: 'state', header: t('settings.users.state'), cell: ({ row }) => <State user={row.original} />, meta: { width: '9rem', phone: 'end' } },
    { id: 'signedIn', header: t('settings.users.signedIn'), cell: ({ row }) => <Time at={row.original.signedInAt} />, meta: { width: '12.5rem' } },
    { id: 'created', header: t('settings.users.created'), cell: ({ row }) => <Time at={row.original.createdAt} />, meta: { width: '12.5rem' } },
    {
      id: 'change',
      header: () => <span className="hidden">{t('settings.users.change')}</span>,
      cell: ({ row: { original } }) => (
        <button type="button" className="button small" aria-label={t('settings.users.changeOf', { name: original.name })} onClick={() => open(original)}>{t('settings.users.change')}</button>
      ),
      meta: { width: '9rem', end: true, phone: 'side' },
    },
  ], [t, open]);
}

function State({ user }: { readonly user: User }) {
  const t = useWords();
  return user.disabled
    ? <Badge status="pending" text={t('settings.users.disabled')} />
    : <Badge status="success" text={t('settings.users.active')} />;
}
