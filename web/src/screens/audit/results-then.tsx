// The results that a session had at a moment.

import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';

import type { Schemas } from '../../api/client';
import { Problem } from '../../api/problem';
import { CallBadge } from '../../parts/badge';
import { Phone } from '../../parts/phone';
import { Failed, Loading } from '../../parts/states';
import { Table } from '../../parts/table';
import { Time, useTime } from '../../parts/time';
import { useWords } from '../../words';
import { useResultsThen } from './data';

type Result = Schemas['CallResult'];

export function ResultsThen({ id, at }: { readonly id: string; readonly at: string }) {
  const t = useWords();
  const { number } = useTime();
  const read = useResultsThen(id, at);
  const columns = useMemo((): ColumnDef<Result, never>[] => [
    { id: 'phone', header: t('sessions.columns.phone'), cell: ({ row }) => <Phone number={row.original.phoneNumber} />, meta: { width: 'minmax(11rem, 1fr)', phone: 'title' } },
    { id: 'status', header: t('sessions.columns.status'), cell: ({ row }) => <CallBadge status={row.original.callStatus} />, meta: { width: 'minmax(9rem, 1fr)', phone: 'side' } },
    { id: 'operator', header: t('sessions.columns.operator'), cell: ({ row }) => row.original.operatorName ?? '-', meta: { width: 'minmax(8rem, 1fr)', phone: 'line' } },
    { id: 'time', header: t('sessions.columns.time'), cell: ({ row }) => <Time at={row.original.createdAt} />, meta: { width: '12.5rem' } },
  ], [t]);
  if (read.error !== null) return <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />;
  if (read.data === undefined) return <Loading rows={3} />;
  const rows = read.data.value;
  const count = `${number(rows.length)}${read.data.next === undefined ? '' : '+'}`;
  const title = t('past.results', { shown: count });
  return (
    <>
      <h3>{title}</h3>
      {rows.length > 0 && <Table label={title} rows={rows} columns={columns} id={({ id: key }) => key} />}
    </>
  );
}
