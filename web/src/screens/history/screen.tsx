// History: all calls, whatever placed them, the newest first; found, listened to, taken along as a file.

import './history.css';

import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';

import { Problem } from '../../api/problem';
import { usePreferences } from '../../app/preferences';
import { Heading } from '../../parts/heading';
import { Icon } from '../../parts/icon';
import { Pager } from '../../parts/pager';
import { Failed, Loading, Say, Stale } from '../../parts/states';
import { Table } from '../../parts/table';
import { useWords } from '../../words';
import type { Call } from './call';
import { useColumns } from './columns';
import { useCalls, useNewer } from './data';
import { Export } from './export';
import { Filters } from './filters';
import { Player } from './player';
import type { HistorySearch } from './route';

export function Screen() {
  const t = useWords();
  const search = useSearch({ from: '/history' });
  const navigate = useNavigate({ from: '/history' });
  const [heard, hear] = useState<Call>();
  const look = useCallback((next: HistorySearch) => void navigate({ search: next, replace: true, resetScroll: false }), [navigate]);
  return (
    <div className={heard === undefined ? 'stack' : 'stack history-heard'}>
      <div className="row spread">
        <Heading>{t('history.title')}</Heading>
        <Export search={search} />
      </div>
      <Filters search={search} look={look} />
      <Calls search={search} look={look} heard={heard} hear={hear} />
      {heard !== undefined && heard.recording !== undefined && <Player key={heard.id} call={heard} recording={heard.recording} close={() => hear(undefined)} />}
    </div>
  );
}

interface CallsProps {
  readonly search: HistorySearch;
  readonly look: (next: HistorySearch) => void;
  readonly heard: Call | undefined;
  readonly hear: (call: Call) => void;
}

function Calls({ search, look, heard, hear }: CallsProps) {
  const t = useWords();
  const { zone } = usePreferences();
  const { read, begin } = useCalls(search, zone);
  const [newer, seen] = useNewer();
  const columns = useColumns(search.source === 'pbx', heard?.id, hear);
  const rows = useMemo(() => read.data?.pages.flatMap(({ value }) => value) ?? [], [read.data]);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = read;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  // Where the next page could not be had, only somebody who asks for it asks again.
  const end = useCallback(() => isFetchNextPageError || more(), [isFetchNextPageError, more]);
  if (read.data === undefined) {
    return read.error === null ? <Loading rows={12} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />;
  }
  const looking = Object.keys(search).length > 0;
  return (
    <section className="stack history-calls" aria-label={t('history.calls')}>
      <div className="row history-marks" role="status">
        {newer && (
          <button type="button" className="button small" onClick={() => { seen(); begin(); }}><Icon name="refresh" />{t('history.fresh')}</button>
        )}
        <Stale behind={read.data.pages[0]?.behind ?? 0} since={read.error === null ? undefined : read.dataUpdatedAt} />
      </div>
      <Table
        label={t('history.calls')}
        rows={rows}
        columns={columns}
        id={({ id }) => id}
        end={end}
        empty={
          <div className="card">
            {looking
              ? <Say title={t('history.nothing')} text={t('history.nothingText')}><button type="button" className="button" onClick={() => look({})}>{t('history.filters.clear')}</button></Say>
              : <Say title={t('history.empty')} text={t('history.emptyText')} />}
          </div>
        }
      />
      <Pager shown={rows.length} more={hasNextPage} busy={isFetchingNextPage} load={more} />
    </section>
  );
}
