// Who of the known contacts is to be called: one by one, or all that a search finds.

import type { ColumnDef } from '@tanstack/react-table';
import { useCallback, useMemo, useState } from 'react';

import { kept } from '../../app/search';
import { Dialog } from '../../parts/dialog';
import { Phone } from '../../parts/phone';
import { Search } from '../../parts/search';
import { Select } from '../../parts/select';
import { CONTACT_STATUSES, ContactBadge } from '../../parts/standing';
import { Failed, Loading, Say } from '../../parts/states';
import { Table } from '../../parts/table';
import { useTime } from '../../parts/time';
import { Wrong } from '../../parts/wrong';
import { type Contact, useContacts } from '../contacts/data';
import { useWords } from '../../words';
import { idsOf, useAdding, type Wanted } from './adding';
import type { Campaign } from './data';

export function Choose({ campaign, close }: { readonly campaign: Campaign; readonly close: () => void }) {
  const t = useWords();
  const { number } = useTime();
  const [wanted, want] = useState<Wanted>({ status: 'ACTIVE' });
  const [all, takeAll] = useState(false);
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  const read = useContacts(wanted);
  const add = useAdding(campaign.id, close);
  const count = all ? read.total : chosen.size;
  const toggle = useCallback((id: string) => {
    choose((before) => (before.has(id) ? new Set([...before].filter((one) => one !== id)) : new Set([...before, id])));
  }, []);
  const look = (change: Wanted) => {
    want((before) => kept({ ...before, ...change }));
    takeAll(false);
  };
  return (
    <Dialog
      wide
      title={t('choosing.title')}
      close={close}
      actions={
        <>
          <span className="soft chosen" role="status">{t('choosing.chosen', { total: number(count) })}</span>
          <button type="button" className="button" onClick={close}>{t('parts.cancel')}</button>
          <button type="button" className="button primary" disabled={count === 0 || add.isPending} onClick={() => add.mutate(() => (all ? idsOf(wanted) : Promise.resolve([...chosen])))}>
            {add.isPending ? t('choosing.adding') : t('choosing.add')}
          </button>
        </>
      }
    >
      <Looking wanted={wanted} look={look} all={all} takeAll={takeAll} total={read.total} />
      {read.rows === undefined
        ? read.problem === undefined ? <Loading rows={6} /> : <Failed problem={read.problem} retry={read.retry} />
        : <Found rows={read.rows} all={all} chosen={chosen} toggle={toggle} end={read.load} />}
      {add.error !== null && <Wrong thrown={add.error} say={(text) => t('campaigns.error', { text })} />}
    </Dialog>
  );
}

interface LookingProps {
  readonly wanted: Wanted;
  readonly look: (change: Wanted) => void;
  readonly all: boolean;
  readonly takeAll: (all: boolean) => void;
  readonly total: number;
}

function Looking({ wanted, look, all, takeAll, total }: LookingProps) {
  const t = useWords();
  const { number } = useTime();
  return (
    <div className="row">
      <Search label={t('choosing.search')} value={wanted.q ?? ''} look={(q) => look({ q })} />
      <Select
        label={t('campaigns.columns.status')}
        value={wanted.status ?? ''}
        options={[{ value: '', text: t('campaigns.anyStatus') }, ...CONTACT_STATUSES.map((value) => ({ value, text: t(`calling.contact.${value}`) }))]}
        choose={(status) => look({ status })}
      />
      <label className="check">
        <input type="checkbox" checked={all} disabled={total === 0} onChange={(event) => takeAll(event.target.checked)} />
        {t('choosing.all', { total: number(total) })}
      </label>
    </div>
  );
}

interface FoundProps {
  readonly rows: readonly Contact[];
  readonly all: boolean;
  readonly chosen: ReadonlySet<string>;
  readonly toggle: (id: string) => void;
  readonly end: () => void;
}

function Found({ rows, all, chosen, toggle, end }: FoundProps) {
  const t = useWords();
  const open = useCallback((row: Contact) => toggle(row.id), [toggle]);
  const columns = useMemo((): ColumnDef<Contact, never>[] => [
    {
      id: 'chosen',
      header: () => <span className="hidden">{t('choosing.title')}</span>,
      cell: ({ row: { original } }) => (
        <span className="check">
          <input
            type="checkbox"
            aria-label={t('choosing.one', { name: `${original.firstName} ${original.lastName}`.trim() })}
            checked={all || chosen.has(original.id)}
            disabled={all}
            onChange={() => toggle(original.id)}
          />
        </span>
      ),
      meta: { width: '3rem', phone: 'side' },
    },
    { id: 'name', header: t('contacts.name'), cell: ({ row: { original } }) => <span className="cut">{original.firstName} {original.lastName}</span>, meta: { width: 'minmax(7rem, 1fr)', phone: 'title' } },
    { id: 'phone', header: t('contacts.phone'), cell: ({ row }) => <Phone number={row.original.phone} />, meta: { width: '11.5rem', phone: 'line' } },
    { id: 'status', header: t('contacts.status'), cell: ({ row }) => <ContactBadge status={row.original.status} />, meta: { width: '14rem', phone: 'end' } },
  ], [t, all, chosen, toggle]);
  return (
    <div className="within">
      <Table label={t('choosing.title')} rows={rows} columns={columns} id={({ id }) => id} open={open} end={end} empty={<Say title={t('choosing.none')} text={t('choosing.noneText')} />} />
    </div>
  );
}
