// Reports that could not be placed: those that are held, and what became of the others.

import { useQueryClient } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useCallback, useMemo, useState } from 'react';

import { ask, client } from '../../api/client';
import { useCommand } from '../../api/command';
import { Problem } from '../../api/problem';
import { notify } from '../../parts/notices';
import { Pager } from '../../parts/pager';
import { Select } from '../../parts/select';
import { Failed, Loading, Say } from '../../parts/states';
import { Table } from '../../parts/table';
import { Time, useTime } from '../../parts/time';
import { useWhy } from '../../parts/why';
import { useWords, words } from '../../words';
import { type Held, type HeldState, keys, useQuarantine } from './data';
import { HeldReport } from './held';

const STATES = ['held', 'bound', 'discarded'] as const;

export function Quarantine() {
  const t = useWords();
  const [state, choose] = useState<HeldState>('held');
  const [opened, open] = useState<string | undefined>();
  return (
    <section className="stack" aria-label={t('system.tabs.quarantine')}>
      <p className="soft">{t('quarantine.intro')}</p>
      <div className="row spread">
        <Select label={t('quarantine.state')} value={state} options={STATES.map((value) => ({ value, text: t(`quarantine.states.${value}`) }))} choose={choose} />
        {state === 'held' && <ReplayAll />}
      </div>
      <Reports state={state} open={open} />
      {opened !== undefined && <HeldReport id={opened} close={() => open(undefined)} />}
    </section>
  );
}

function Reports({ state, open }: { readonly state: HeldState; readonly open: (id: string) => void }) {
  const t = useWords();
  const read = useQuarantine(state);
  const rows = useMemo(() => read.data?.pages.flatMap(({ value }) => value) ?? [], [read.data]);
  const look = useCallback((held: Held) => open(held.id), [open]);
  const columns = useColumns(look);
  if (read.data === undefined) {
    return read.error === null ? <Loading /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />;
  }
  return (
    <>
      <Table label={t('system.tabs.quarantine')} rows={rows} columns={columns} id={({ id }) => id} open={look} empty={<Say title={t('quarantine.empty')} text={t('quarantine.emptyText')} />} />
      <Pager shown={rows.length} more={read.hasNextPage} busy={read.isFetchingNextPage} load={() => void read.fetchNextPage()} />
    </>
  );
}

function useColumns(look: (held: Held) => void): ColumnDef<Held, never>[] {
  const t = useWords();
  return useMemo(() => [
    { id: 'session', header: t('quarantine.session'), cell: ({ row }) => <span className="mono">{row.original.sessionId}</span>, meta: { width: 'minmax(14rem, 1fr)', phone: 'title' } },
    { id: 'reason', header: t('quarantine.reason'), cell: ({ row }) => <Reason reason={row.original.reason} />, meta: { width: 'minmax(10rem, 18rem)' } },
    { id: 'heldAt', header: t('quarantine.heldAt'), cell: ({ row }) => <Time at={row.original.heldAt} />, meta: { width: '12.5rem', phone: 'line' } },
    { id: 'settled', header: t('quarantine.settledAt'), cell: ({ row }) => <Time at={row.original.settledAt} />, meta: { width: '12.5rem' } },
    {
      id: 'open',
      header: () => <span className="hidden">{t('quarantine.open')}</span>,
      cell: ({ row: { original } }) => (
        <button type="button" className="button small" aria-label={t('quarantine.openOf', { session: original.sessionId })} onClick={() => look(original)}>{t('quarantine.open')}</button>
      ),
      meta: { width: '7rem', end: true, phone: 'side' },
    },
  ], [t, look]);
}

export function Reason({ reason }: { readonly reason: string }) {
  const t = useWords();
  const key = `quarantine.reasons.${reason}`;
  return <>{words.exists(key) ? t(key as 'quarantine.reasons.unknown_session') : reason}</>;
}

/** A thousand are looked at in one go; this goes on until all were. */
async function replayAll(): Promise<{ placed: number; held: number }> {
  let [placed, held] = [0, 0];
  let cursor: number | undefined;
  do {
    const body = cursor === undefined ? {} : { cursor };
    const { value } = await ask(() => client.POST('/calls/quarantine/replay', { body }));
    placed += value.placed;
    held += Object.values(value.stillHeld).reduce((sum, count) => sum + count, 0);
    cursor = value.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return { placed, held };
}

function ReplayAll() {
  const t = useWords();
  const why = useWhy();
  const { number } = useTime();
  const queries = useQueryClient();
  const replay = useCommand({
    mutationFn: replayAll,
    onSuccess: ({ placed, held }) => notify('good', t('quarantine.replayed', { placed: number(placed), held: number(held) })),
    onError: (thrown: Error) => notify('bad', t('system.fault', { text: why(thrown) }), thrown),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.quarantine }),
  });
  return <button type="button" className="button" disabled={replay.isPending} onClick={() => replay.mutate()}>{t('quarantine.replayAll')}</button>;
}
