// Every screen of the engine: how fresh it is, and building it anew while it goes on being shown.

import { useQueryClient } from '@tanstack/react-query';
import type { ColumnDef } from '@tanstack/react-table';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

import { ask, client } from '../../api/client';
import { useCommand } from '../../api/command';
import { Badge } from '../../parts/badge';
import { Confirm } from '../../parts/dialog';
import { notify } from '../../parts/notices';
import { Progress } from '../../parts/progress';
import { Table } from '../../parts/table';
import { useTime } from '../../parts/time';
import { useWhy } from '../../parts/why';
import { useWords } from '../../words';
import { keys, type Projection, type Standing, standings } from './data';
import { useProjectionName } from './names';

/** What is behind for longer than this is said to be. */
const LATE_SECONDS = 5;

export function Projections({ projections }: { readonly projections: readonly Projection[] }) {
  const t = useWords();
  const rows = useMemo(() => standings(projections), [projections]);
  const [asked, question] = useState<string | undefined>();
  const columns = useColumns(question);
  const wait = useAwaited(rows);
  return (
    <section className="stack" aria-label={t('system.tabs.projections')}>
      <p className="soft">{t('system.projections.intro')}</p>
      <Table label={t('system.tabs.projections')} rows={rows} columns={columns} id={({ name }) => name} whole />
      {asked !== undefined && <Rebuild name={asked} wait={wait} close={() => question(undefined)} />}
    </section>
  );
}

/** Generations that were asked for here, by the name of the screen; it is said when one is shown. */
function useAwaited(rows: readonly Standing[]): (name: string, generation: number) => void {
  const t = useWords();
  const named = useProjectionName();
  const awaited = useRef(new Map<string, number>());
  useEffect(() => {
    for (const { name, live } of rows) {
      const generation = awaited.current.get(name);
      if (generation === undefined || live.generation < generation) continue;
      awaited.current.delete(name);
      notify('good', t('system.projections.done', { name: named(name) }));
    }
  });
  return useCallback((name, generation) => void awaited.current.set(name, generation), []);
}

function useColumns(rebuild: (name: string) => void): ColumnDef<Standing, never>[] {
  const t = useWords();
  return useMemo(() => [
    { id: 'name', header: t('system.projections.name'), cell: ({ row }) => <Name name={row.original.name} />, meta: { width: 'minmax(12rem, 1fr)', phone: 'title' } },
    { id: 'state', header: t('system.projections.state'), cell: ({ row }) => <State standing={row.original} />, meta: { width: 'minmax(8rem, 16rem)', phone: 'line' } },
    { id: 'lag', header: t('system.projections.lag'), cell: ({ row }) => <Lag of={row.original.live} />, meta: { width: '8rem', end: true } },
    { id: 'position', header: t('system.projections.position'), cell: ({ row }) => <Count value={row.original.live.position} />, meta: { width: '8rem', end: true } },
    { id: 'generation', header: t('system.projections.generation'), cell: ({ row }) => row.original.live.generation, meta: { width: '6rem', end: true } },
    { id: 'version', header: t('system.projections.version'), cell: ({ row }) => row.original.live.version, meta: { width: '6rem', end: true } },
    { id: 'parked', header: t('system.projections.parked'), cell: ({ row }) => <Count value={row.original.live.parked} bad />, meta: { width: '7rem', end: true } },
    { id: 'rebuild', header: () => <span className="hidden">{t('system.projections.rebuild')}</span>, cell: ({ row }) => <RebuildButton standing={row.original} ask={rebuild} />, meta: { width: '8.6rem', end: true, phone: 'side' } },
  ], [t, rebuild]);
}

function Name({ name }: { readonly name: string }) {
  const named = useProjectionName();
  return <span title={name}>{named(name)}</span>;
}

function Count({ value, bad = false }: { readonly value: number; readonly bad?: boolean }) {
  const { number } = useTime();
  return <span className={bad && value > 0 ? 'bad' : undefined}>{number(value)}</span>;
}

function Lag({ of: { lag, lagSeconds } }: { readonly of: Projection }) {
  const t = useWords();
  const { number } = useTime();
  return <span title={t('system.projections.lagHint')}>{number(lag)}{lag > 0 && ` · ${number(Math.round(lagSeconds))}`}</span>;
}

function State({ standing: { live, building } }: { readonly standing: Standing }) {
  const t = useWords();
  const named = useProjectionName();
  if (building !== undefined) {
    const left = building.rebuild?.remainingSeconds;
    return (
      <div className="building">
        <Progress small percent={(building.rebuild?.fraction ?? 0) * 100} label={`${t('system.projections.building')}: ${named(live.name)}`} />
        {left != null && left >= 1 && <small className="soft">{t('system.projections.left', { seconds: Math.round(left) })}</small>}
      </div>
    );
  }
  return live.lagSeconds > LATE_SECONDS
    ? <Badge status="busy" text={t('system.projections.behind')} />
    : <Badge status="success" text={t('system.projections.live')} />;
}

function RebuildButton({ standing, ask }: { readonly standing: Standing; readonly ask: (name: string) => void }) {
  const t = useWords();
  const named = useProjectionName();
  return (
    <button type="button" className="button small" disabled={standing.building !== undefined} aria-label={t('system.projections.rebuildOf', { name: named(standing.name) })} onClick={() => ask(standing.name)}>
      {t('system.projections.rebuild')}
    </button>
  );
}

interface RebuildProps {
  readonly name: string;
  readonly wait: (name: string, generation: number) => void;
  readonly close: () => void;
}

function Rebuild({ name, wait, close }: RebuildProps) {
  const t = useWords();
  const why = useWhy();
  const named = useProjectionName();
  const queries = useQueryClient();
  const begin = useCommand({
    mutationFn: () => ask(() => client.POST('/projections/{name}/rebuild', { params: { path: { name } } })),
    onSuccess: ({ value }) => {
      wait(name, value.generation);
      notify('good', t('system.projections.begun', { name: named(name) }));
      return queries.invalidateQueries({ queryKey: keys.status });
    },
    onError: (thrown: Error) => notify('bad', t('system.fault', { text: why(thrown) }), thrown),
    onSettled: close,
  });
  return (
    <Confirm
      title={t('system.projections.confirmTitle', { name: named(name) })}
      text={t('system.projections.confirmText')}
      action={t('system.projections.rebuild')}
      busy={begin.isPending}
      confirm={() => begin.mutate()}
      close={close}
    />
  );
}
