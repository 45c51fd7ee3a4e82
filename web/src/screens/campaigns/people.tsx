// Everybody in a campaign, in the order in which they joined, each with what came of their call; and the ways to add more.

import type { ColumnDef } from '@tanstack/react-table';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';

import { kept } from '../../app/search';
import { atLeast, usePerson } from '../../app/session';
import { Icon } from '../../parts/icon';
import { Pager } from '../../parts/pager';
import { Phone } from '../../parts/phone';
import { Select } from '../../parts/select';
import { TARGET_STATUSES, TargetBadge } from '../../parts/standing';
import { Failed, Loading, Say } from '../../parts/states';
import { Table } from '../../parts/table';
import { Time } from '../../parts/time';
import { useWords } from '../../words';
import { Choose } from './choose';
import { type Campaign, type Target, useTargets } from './data';
import { Explained } from './explained';
import { Importing } from './importing';
import { CameOf, Named } from './target';

export function People({ campaign }: { readonly campaign: Campaign }) {
  const t = useWords();
  const search = useSearch({ from: '/campaigns/$id' });
  const navigate = useNavigate({ from: '/campaigns/$id' });
  const look = useCallback((change: { status?: string; contact?: string }) => void navigate({ search: (before) => kept({ ...before, ...change }), replace: true, resetScroll: false }), [navigate]);
  return (
    <section className="stack standings" aria-label={t('campaigns.contacts')}>
      <div className="row spread">
        <h2>{t('campaigns.contacts')}</h2>
        <div className="row">
          {campaign.totalContacts > 0 && (
            <Select
              label={t('campaigns.columns.status')}
              value={search.status ?? ''}
              options={[{ value: '', text: t('campaigns.anyStatus') }, ...TARGET_STATUSES.map((value) => ({ value, text: t(`calling.status.${value}`) }))]}
              choose={(status) => look({ status })}
            />
          )}
          <More campaign={campaign} />
        </div>
      </div>
      <Listed campaign={campaign} status={search.status} explain={(contact) => look({ contact })} />
      {search.contact !== undefined && <Explained campaign={campaign} contact={search.contact} status={search.status} close={() => look({ contact: '' })} />}
    </section>
  );
}

function More({ campaign }: { readonly campaign: Campaign }) {
  const t = useWords();
  const may = atLeast(usePerson(), 'manager');
  const [choosing, choose] = useState(false);
  const [importing, take] = useState(false);
  const first = campaign.totalContacts === 0 ? 'button primary' : 'button';
  if (!may) return null;
  return (
    <>
      <button type="button" className={first} onClick={() => choose(true)}><Icon name="contacts" />{t('choosing.title')}</button>
      <button type="button" className="button" onClick={() => take(true)}><Icon name="file" />{t('choosing.import')}</button>
      {choosing && <Choose campaign={campaign} close={() => choose(false)} />}
      {importing && <Importing campaign={campaign} close={() => take(false)} />}
    </>
  );
}

interface ListedProps {
  readonly campaign: Campaign;
  readonly status: string | undefined;
  readonly explain: (contact: string) => void;
}

function Listed({ campaign, status, explain }: ListedProps) {
  const t = useWords();
  const may = atLeast(usePerson(), 'manager');
  const read = useTargets(campaign.id, status);
  const columns = useColumns(explain);
  const open = useCallback((row: Target) => explain(row.contactId), [explain]);
  if (read.rows === undefined) return read.problem === undefined ? <Loading rows={8} /> : <Failed problem={read.problem} retry={read.retry} />;
  return (
    <>
      <Table
        label={t('campaigns.contacts')}
        rows={read.rows}
        columns={columns}
        id={({ contactId }) => contactId}
        open={open}
        end={read.load}
        empty={campaign.totalContacts === 0 ? <Say title={t('campaigns.noContacts')} text={may ? t('campaigns.noContactsText') : t('parts.laterHere')} /> : <Say title={t('campaigns.noSuch')} />}
      />
      <Pager shown={read.rows.length} more={read.more} busy={read.busy} load={read.load} />
    </>
  );
}

function useColumns(explain: (contact: string) => void): ColumnDef<Target, never>[] {
  const t = useWords();
  return useMemo(() => [
    { id: 'contact', header: t('campaigns.columns.contact'), cell: ({ row }) => <Named target={row.original} explain={explain} />, meta: { width: 'minmax(8rem, 11rem)', phone: 'title' } },
    { id: 'phone', header: t('campaigns.columns.phone'), cell: ({ row }) => <Phone number={row.original.contact?.phone ?? ''} />, meta: { width: '11.5rem' } },
    { id: 'status', header: t('campaigns.columns.status'), cell: ({ row: { original } }) => <TargetBadge status={original.callStatus} reason={original.reason} />, meta: { width: 'minmax(9rem, 13.5rem)', phone: 'side' } },
    { id: 'outcome', header: t('campaigns.columns.outcome'), cell: ({ row }) => <CameOf target={row.original} />, meta: { width: 'minmax(12rem, 1fr)', phone: 'whole' } },
    { id: 'attempts', header: t('campaigns.columns.attempts'), cell: ({ row }) => row.original.attempts, meta: { width: '6.5rem', end: true } },
    { id: 'last', header: t('campaigns.columns.last'), cell: ({ row }) => <Time at={row.original.lastAttemptAt} />, meta: { width: '12.5rem' } },
  ], [t, explain]);
}
