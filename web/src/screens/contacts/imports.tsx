// Every import there was, the newest first, with its figures, its report, its contacts, and undoing it.

import type { ColumnDef } from '@tanstack/react-table';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';

import { download } from '../../api/client';
import { atLeast, usePerson } from '../../app/session';
import { useActor } from '../../parts/actor';
import { Badge } from '../../parts/badge';
import { Icon } from '../../parts/icon';
import { Pager } from '../../parts/pager';
import { Failed, Loading, Say } from '../../parts/states';
import { Table } from '../../parts/table';
import { Time, useTime } from '../../parts/time';
import { useWords } from '../../words';
import { type Import, useImports } from './data';
import { Undo } from './undo';

/** As badges know them. */
const COLOURS = { STARTED: 'running', FINISHED: 'completed', FAILED: 'failed', UNDONE: 'pending' } as const;

export function Imports() {
  const t = useWords();
  const read = useImports();
  const may = atLeast(usePerson(), 'manager');
  const columns = useColumns(may);
  if (read.rows === undefined) return read.problem === undefined ? <Loading rows={6} /> : <Failed problem={read.problem} retry={read.retry} />;
  return (
    <section className="stack" aria-label={t('imports.all')}>
      <Table label={t('imports.all')} rows={read.rows} columns={columns} id={({ id }) => id} empty={<Say title={t('imports.none')} text={may ? t('imports.noneText') : t('parts.laterHere')} />} />
      <Pager shown={read.rows.length} more={read.more} busy={read.busy} load={read.load} />
    </section>
  );
}

function useColumns(may: boolean): ColumnDef<Import, never>[] {
  const t = useWords();
  const who = useActor();
  return useMemo(() => [
    { id: 'when', header: t('imports.when'), cell: ({ row }) => <Time at={row.original.createdAt} />, meta: { width: '12rem', phone: 'title' } },
    { id: 'status', header: t('imports.status'), cell: ({ row: { original } }) => <Stage import={original} />, meta: { width: 'minmax(7.5rem, 9rem)', phone: 'side' } },
    { id: 'total', header: t('imports.total'), cell: ({ row }) => <Count count={row.original.total} />, meta: { width: '5.5rem', end: true } },
    { id: 'created', header: t('imports.created'), cell: ({ row }) => <Count count={row.original.created} />, meta: { width: '5rem', end: true } },
    { id: 'updated', header: t('imports.updated'), cell: ({ row }) => <Count count={row.original.updated} />, meta: { width: '7rem', end: true } },
    { id: 'skipped', header: t('imports.skipped'), cell: ({ row }) => <Count count={row.original.skipped} />, meta: { width: '7rem', end: true } },
    { id: 'rejected', header: t('imports.rejected'), cell: ({ row }) => <Count count={row.original.rejected} />, meta: { width: '6.5rem', end: true } },
    { id: 'who', header: t('imports.who'), cell: ({ row }) => who(row.original.actor), meta: { width: 'minmax(5.5rem, 1fr)' } },
    { id: 'more', header: () => <span className="hidden">{t('imports.report')}</span>, cell: ({ row: { original } }) => <More import={original} may={may} />, meta: { width: '18.5rem', phone: 'whole' } },
  ], [t, who, may]);
}

function Count({ count }: { readonly count: number | null | undefined }) {
  const { number } = useTime();
  return <>{count == null ? '-' : number(count)}</>;
}

function Stage({ import: one }: { readonly import: Import }) {
  const t = useWords();
  return <Badge status={COLOURS[one.status]} text={t(`imports.stage.${one.status}`)} {...(one.failure == null ? {} : { title: one.failure })} />;
}

function More({ import: one, may }: { readonly import: Import; readonly may: boolean }) {
  const t = useWords();
  return (
    <span className="row close">
      <Link to="/contacts" search={{ importId: one.id }}>{t('imports.contacts')}</Link>
      <button type="button" className="button small" aria-label={t('imports.download')} title={t('imports.download')} onClick={() => void download(one.report, `import-${one.id}.csv`)}><Icon name="download" /></button>
      {may && one.status === 'FINISHED' && <Undo id={one.id} />}
    </span>
  );
}
