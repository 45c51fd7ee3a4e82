// Campaigns: all there are, the newest first, and the way to a new one.

import '../../looks/details.css';
import './campaigns.css';

import type { ColumnDef } from '@tanstack/react-table';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';

import { kept } from '../../app/search';
import { atLeast, usePerson } from '../../app/session';
import { Heading } from '../../parts/heading';
import { Icon } from '../../parts/icon';
import { Pager } from '../../parts/pager';
import { Progress } from '../../parts/progress';
import { Search } from '../../parts/search';
import { Select } from '../../parts/select';
import { CAMPAIGN_STATUSES, CAMPAIGN_TYPES, CampaignBadge, useSpelled } from '../../parts/standing';
import { Failed, Loading, Say, Stale } from '../../parts/states';
import { Table } from '../../parts/table';
import { Time, useTime } from '../../parts/time';
import { useWords } from '../../words';
import { Create } from './create';
import { type Campaign, useCampaignNews, useCampaigns } from './data';
import { percent } from './percent';
import type { CampaignsSearch } from './route';

export function Screen() {
  const t = useWords();
  const may = atLeast(usePerson(), 'manager');
  const [creating, create] = useState(false);
  useCampaignNews();
  return (
    <div className="stack">
      <header className="row spread">
        <Heading>{t('campaigns.title')}</Heading>
        {may
          ? <button type="button" className="button primary" onClick={() => create(true)}><Icon name="campaigns" />{t('campaigns.create')}</button>
          : <span className="soft">{t('campaigns.looksOnly')}</span>}
      </header>
      {creating && <Create close={() => create(false)} />}
      <List />
    </div>
  );
}

function List() {
  const t = useWords();
  const search = useSearch({ from: '/campaigns' });
  const navigate = useNavigate({ from: '/campaigns' });
  const may = atLeast(usePerson(), 'manager');
  const read = useCampaigns(search);
  const columns = useColumns();
  const open = useCallback((row: Campaign) => void navigate({ to: '/campaigns/$id', params: { id: row.id } }), [navigate]);
  const look = (change: CampaignsSearch) => void navigate({ search: (before) => kept({ ...before, ...change }), replace: true });
  if (read.rows === undefined) return read.problem === undefined ? <Loading rows={6} /> : <Failed problem={read.problem} retry={read.retry} />;
  const looking = Object.keys(search).length > 0;
  return (
    <section className="stack" aria-label={t('campaigns.title')}>
      <div className="row">
        <Search label={t('campaigns.search')} value={search.q ?? ''} look={(q) => look({ q })} />
        <Select
          label={t('campaigns.columns.status')}
          value={search.status ?? ''}
          options={[{ value: '', text: t('campaigns.anyStatus') }, ...CAMPAIGN_STATUSES.map((value) => ({ value, text: t(`calling.campaign.${value}`) }))]}
          choose={(status) => look({ status })}
        />
        <Select
          label={t('campaigns.columns.type')}
          value={search.campaignType ?? ''}
          options={[{ value: '', text: t('campaigns.anyType') }, ...CAMPAIGN_TYPES.map((value) => ({ value, text: t(`calling.type.${value}`) }))]}
          choose={(campaignType) => look({ campaignType })}
        />
        <Stale behind={read.behind} since={read.since} />
      </div>
      <Table
        label={t('campaigns.title')}
        rows={read.rows}
        columns={columns}
        id={({ id }) => id}
        open={open}
        end={read.load}
        empty={looking ? <Say title={t('campaigns.nothing')} text={t('campaigns.nothingText')} /> : <Say title={t('campaigns.empty')} text={may ? t('campaigns.emptyText') : t('parts.laterHere')} />}
      />
      <Pager shown={read.rows.length} more={read.more} busy={read.busy} load={read.load} />
    </section>
  );
}

function useColumns(): ColumnDef<Campaign, never>[] {
  const t = useWords();
  return useMemo(() => [
    {
      id: 'name',
      header: t('campaigns.columns.name'),
      cell: ({ row: { original } }) => <Link to="/campaigns/$id" params={{ id: original.id }} className="cut">{original.name}</Link>,
      meta: { width: 'minmax(9rem, 1.4fr)', phone: 'title' },
    },
    { id: 'type', header: t('campaigns.columns.type'), cell: ({ row }) => <Type type={row.original.campaignType} />, meta: { width: 'minmax(8rem, 12rem)' } },
    { id: 'status', header: t('campaigns.columns.status'), cell: ({ row }) => <CampaignBadge status={row.original.status} />, meta: { width: 'minmax(7.5rem, 9.5rem)', phone: 'side' } },
    {
      id: 'progress',
      header: t('campaigns.columns.progress'),
      cell: ({ row: { original } }) => <Progress small percent={percent(original)} status={original.status} label={`${t('campaigns.columns.progress')} ${original.name}`} />,
      meta: { width: 'minmax(6rem, 1fr)', phone: 'line' },
    },
    { id: 'counts', header: t('campaigns.columns.counts'), cell: ({ row }) => <Counts campaign={row.original} />, meta: { width: 'minmax(9rem, 14rem)', phone: 'end' } },
    { id: 'time', header: t('campaigns.columns.time'), cell: ({ row }) => <Time at={row.original.createdAt} />, meta: { width: '12.5rem' } },
  ], [t]);
}

function Type({ type }: { readonly type: string }) {
  return <>{useSpelled().type(type)}</>;
}

function Counts({ campaign }: { readonly campaign: Campaign }) {
  const t = useWords();
  const { number } = useTime();
  return (
    <span title={t('campaigns.counts')}>
      {number(campaign.totalContacts)} / {number(campaign.calledContacts)} / <span className="is-good">{number(campaign.successfulCalls)}</span> / <span className="is-bad">{number(campaign.failedCalls)}</span>
    </span>
  );
}
