// Which calls are looked for. What does not go with the chosen source is not asked for.

import { useId } from 'react';

import { Icon } from '../../parts/icon';
import { Search } from '../../parts/search';
import { Select } from '../../parts/select';
import { useWords } from '../../words';
import { SOURCES } from './call';
import { AT_EXCHANGE, isAtExchange, isTooShort, useCampaigns } from './data';
import { type HistorySearch, only } from './route';

const STATUSES = ['ANSWERED', 'CONNECTED_TO_OPERATOR', 'NO_ANSWER', 'BUSY', 'REJECTED', 'FAILED', 'INVALID_NUMBER', 'NETWORK_ERROR'] as const;
const DIRECTIONS = ['kiruvchi', 'chiquvchi'] as const;

interface FiltersProps {
  readonly search: HistorySearch;
  readonly look: (next: HistorySearch) => void;
}

export function Filters({ search, look }: FiltersProps) {
  const t = useWords();
  const change = (changed: HistorySearch) => look(filled({ ...search, ...changed }));
  const exchange = search.source === 'pbx';
  const statuses = exchange
    ? STATUSES.filter(isAtExchange).map((value) => ({ value, text: t(`live.statuses.${AT_EXCHANGE[value]}`) }))
    : STATUSES.map((value) => ({ value, text: t(`parts.call.${value}`) }));
  const source = (chosen: string) => {
    const { status } = search;
    const fits = status !== undefined && (chosen !== 'pbx' || isAtExchange(status));
    look(filled({ ...only(search, ['direction', 'number', 'from', 'to']), source: chosen, ...(fits ? { status } : {}) }));
  };
  return (
    <section className="card history-filters" aria-label={t('history.filters.title')}>
      <div className="history-number">
        <Search label={t('history.filters.number')} value={search.number ?? ''} look={(number) => change({ number })} />
        {isTooShort(search) && <p className="soft" role="status">{t('history.filters.short')}</p>}
      </div>
      <Select label={t('history.columns.source')} value={search.source ?? ''} choose={source} options={[{ value: '', text: t('history.filters.anySource') }, ...SOURCES.map((value) => ({ value, text: t(`history.sources.${value}`) }))]} />
      <Select label={t('history.columns.status')} value={search.status ?? ''} choose={(status) => change({ status })} options={[{ value: '', text: t('history.filters.anyStatus') }, ...statuses]} />
      <Select
        label={t('history.columns.direction')}
        value={search.direction ?? ''}
        choose={(direction) => change({ direction })}
        options={[{ value: '', text: t('history.filters.anyDirection') }, ...DIRECTIONS.map((value) => ({ value, text: t(`live.directions.${value}`) }))]}
      />
      {exchange && <Search label={t('history.filters.extension')} value={search.extension ?? ''} look={(extension) => change({ extension })} />}
      {(search.source === undefined || search.source === 'remote') && <Search label={t('history.filters.session')} value={search.session ?? ''} look={(session) => change({ session })} />}
      {(search.source === undefined || search.source === 'campaign') && <Campaign value={search.campaign ?? ''} choose={(campaign) => change({ campaign })} />}
      <Day label={t('history.filters.from')} value={search.from ?? ''} choose={(from) => change({ from })} />
      <Day label={t('history.filters.to')} value={search.to ?? ''} choose={(to) => change({ to })} />
      {Object.keys(search).length > 0 && <button type="button" className="button quiet" onClick={() => look({})}><Icon name="close" />{t('history.filters.clear')}</button>}
    </section>
  );
}

function filled(search: HistorySearch): HistorySearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== ''));
}

function Campaign({ value, choose }: { readonly value: string; readonly choose: (id: string) => void }) {
  const t = useWords();
  const known = useCampaigns().data?.value.data ?? [];
  const options = known.map(({ id, name }) => ({ value: id, text: name }));
  // One that the address names is shown, whether or not it is among those that were read.
  const other = value === '' || known.some(({ id }) => id === value) ? [] : [{ value, text: value }];
  return <Select label={t('history.sources.campaign')} value={value} choose={choose} options={[{ value: '', text: t('history.filters.anyCampaign') }, ...options, ...other]} />;
}

function Day({ label, value, choose }: { readonly label: string; readonly value: string; readonly choose: (day: string) => void }) {
  const id = useId();
  return (
    <div className="history-day">
      <label htmlFor={id}>{label}</label>
      <input id={id} type="date" value={value} onChange={(event) => choose(event.target.value)} />
    </div>
  );
}
