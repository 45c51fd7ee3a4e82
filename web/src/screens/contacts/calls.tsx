// The calls with a contact's number, wherever they came from, the newest first.

import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';

import type { Schemas } from '../../api/client';
import { Problem } from '../../api/problem';
import { CallBadge } from '../../parts/badge';
import { Failed, Loading, Say } from '../../parts/states';
import { Table } from '../../parts/table';
import { Time } from '../../parts/time';
import { useWords } from '../../words';
import { type Contact, useCalls } from './data';

type Call = Schemas['HistoryCall'];

const SOURCES = ['remote', 'campaign', 'pbx'] as const;

export function Calls({ contact }: { readonly contact: Contact }) {
  const t = useWords();
  const read = useCalls(contact.phone);
  const columns = useColumns();
  return (
    <section className="stack" aria-label={t('contacts.calls')}>
      <div className="stack close">
        <h2>{t('contacts.calls')}</h2>
        <p className="soft">{t('contacts.callsText')}</p>
      </div>
      {read.data === undefined
        ? read.error === null ? <Loading rows={3} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />
        : <Table label={t('contacts.calls')} rows={read.data.value} columns={columns} id={({ id }) => id} empty={<Say title={t('contacts.noCalls')} />} />}
    </section>
  );
}

function useColumns(): ColumnDef<Call, never>[] {
  const t = useWords();
  return useMemo(() => [
    { id: 'time', header: t('contacts.time'), cell: ({ row: { original } }) => <Time at={original.callStartTime ?? original.createdAt} />, meta: { width: '12.5rem', phone: 'title' } },
    { id: 'status', header: t('contacts.callStatus'), cell: ({ row }) => <CallBadge status={row.original.callStatus} />, meta: { width: 'minmax(8rem, 14rem)', phone: 'side' } },
    { id: 'source', header: t('contacts.source'), cell: ({ row }) => <Source source={row.original.source} />, meta: { width: '8rem' } },
    { id: 'duration', header: t('contacts.duration'), cell: ({ row }) => <Talked seconds={row.original.callDuration} />, meta: { width: '8rem', end: true } },
    { id: 'notes', header: t('contacts.notes'), cell: ({ row: { original } }) => <span className="cut" title={original.notes ?? ''}>{original.notes ?? '-'}</span>, meta: { width: 'minmax(12rem, 1fr)', phone: 'whole' } },
  ], [t]);
}

function Source({ source }: { readonly source: string }) {
  const t = useWords();
  const known = SOURCES.find((one) => one === source);
  return <>{known === undefined ? source : t(`contacts.sources.${known}`)}</>;
}

function Talked({ seconds }: { readonly seconds: number | null | undefined }) {
  const t = useWords();
  return <>{seconds == null ? '-' : t('contacts.seconds', { seconds: String(seconds) })}</>;
}
