// The list of contacts, and what is looked for in it.

import type { ColumnDef } from '@tanstack/react-table';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';

import { kept } from '../../app/search';
import { atLeast, usePerson } from '../../app/session';
import { Icon } from '../../parts/icon';
import { Pager } from '../../parts/pager';
import { Phone } from '../../parts/phone';
import { Search } from '../../parts/search';
import { Select } from '../../parts/select';
import { CONTACT_STATUSES, ContactBadge, useSpelled } from '../../parts/standing';
import { Failed, Loading, Say, Stale } from '../../parts/states';
import { Table } from '../../parts/table';
import { Time, useTime } from '../../parts/time';
import { useCampaigns } from '../campaigns/data';
import { useWords } from '../../words';
import { type Contact, fullName, useContacts, type Wanted, wantedOf } from './data';

export function List() {
  const t = useWords();
  const time = useTime();
  const wanted = wantedOf(useSearch({ from: '/contacts' }));
  const navigate = useNavigate({ from: '/contacts' });
  const read = useContacts(wanted);
  const columns = useColumns();
  const open = useCallback((row: Contact) => void navigate({ to: '/contacts/$id', params: { id: row.id }, search: {} }), [navigate]);
  const look = (change: Wanted) => void navigate({ search: (before) => kept({ ...before, ...change }), replace: true });
  if (read.rows === undefined) return read.problem === undefined ? <Loading rows={8} /> : <Failed problem={read.problem} retry={read.retry} />;
  const looking = Object.keys(wanted).length > 0;
  return (
    <section className="stack" aria-label={t('contacts.title')}>
      <div className="row">
        <Filters wanted={wanted} look={look} />
        <Stale behind={read.behind} since={read.since} />
      </div>
      <Table
        label={t('contacts.title')}
        rows={read.rows}
        columns={columns}
        id={({ id }) => id}
        open={open}
        end={read.load}
        empty={looking ? <Say title={t('contacts.nothing')} text={t('contacts.nothingText')} /> : <Nobody />}
      />
      {read.rows.length > 0 && (
        <div className="pager">
          <span role="status">{t('contacts.shown', { shown: time.number(read.rows.length), total: time.number(read.total) })}</span>
          <Pager shown={0} more={read.more} busy={read.busy} load={read.load} />
        </div>
      )}
    </section>
  );
}

interface FiltersProps {
  readonly wanted: Wanted;
  readonly look: (change: Wanted) => void;
}

function Filters({ wanted, look }: FiltersProps) {
  const t = useWords();
  const campaigns = useCampaigns({}).rows ?? [];
  return (
    <>
      <Search label={t('contacts.search')} value={wanted.q ?? ''} look={(q) => look({ q })} />
      <Select
        label={t('contacts.status')}
        value={wanted.status ?? ''}
        options={[{ value: '', text: t('contacts.anyStatus') }, ...CONTACT_STATUSES.map((value) => ({ value, text: t(`calling.contact.${value}`) }))]}
        choose={(status) => look({ status })}
      />
      <Select
        label={t('contacts.called.label')}
        value={wanted.isCalled ?? ''}
        options={[{ value: '', text: t('contacts.called.any') }, { value: 'true', text: t('contacts.called.true') }, { value: 'false', text: t('contacts.called.false') }]}
        choose={(isCalled) => look({ isCalled })}
      />
      {campaigns.length > 0 && (
        <Select
          label={t('contacts.campaign')}
          value={wanted.campaign ?? ''}
          options={[{ value: '', text: t('contacts.anyCampaign') }, ...campaigns.map(({ id, name }) => ({ value: id, text: name }))]}
          choose={(campaign) => look({ campaign })}
        />
      )}
      {wanted.importId !== undefined && (
        <button type="button" className="button small" aria-label={`${t('contacts.ofImport')}: ${t('contacts.clear')}`} onClick={() => look({ importId: '' })}>
          {t('contacts.ofImport')}
          <Icon name="close" />
        </button>
      )}
    </>
  );
}

/** What is to be done about it differs with what one may do. */
function Nobody() {
  const t = useWords();
  const person = usePerson();
  const text = atLeast(person, 'manager') ? t('contacts.emptyText') : atLeast(person, 'operator') ? t('contacts.emptyOperator') : t('parts.laterHere');
  return <Say title={t('contacts.empty')} text={text} />;
}

function useColumns(): ColumnDef<Contact, never>[] {
  const t = useWords();
  return useMemo(() => [
    {
      id: 'name',
      header: t('contacts.name'),
      cell: ({ row: { original } }) => <Link to="/contacts/$id" params={{ id: original.id }} search={{}} className="cut">{original.forgotten === true ? t('contacts.forgotten') : fullName(original)}</Link>,
      meta: { width: 'minmax(9rem, 1fr)', phone: 'title' },
    },
    { id: 'phone', header: t('contacts.phone'), cell: ({ row }) => <Phone number={row.original.phone} />, meta: { width: '11.5rem', phone: 'line' } },
    { id: 'status', header: t('contacts.status'), cell: ({ row }) => <ContactBadge status={row.original.status} />, meta: { width: 'minmax(9rem, 13.5rem)', phone: 'side' } },
    { id: 'called', header: t('contacts.called.label'), cell: ({ row }) => <>{t(`contacts.called.${row.original.isCalled ? 'true' : 'false'}`)}</>, meta: { width: '13.5rem', phone: 'end' } },
    { id: 'outcome', header: t('contacts.outcome'), cell: ({ row }) => <Outcome outcome={row.original.lastConversationOutcome ?? '-'} />, meta: { width: 'minmax(8rem, 1fr)' } },
    { id: 'added', header: t('contacts.added'), cell: ({ row }) => <Time at={row.original.createdAt} />, meta: { width: '12.5rem' } },
  ], [t]);
}

/** What an agent came to, or what somebody wrote. */
function Outcome({ outcome }: { readonly outcome: string }) {
  const text = useSpelled().target(outcome);
  return <span className="cut" title={text}>{text}</span>;
}
