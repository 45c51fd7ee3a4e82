// Who works in the engine: whether each is well, how often it had to be started again, and what it has counted.

import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';

import { Badge } from '../../parts/badge';
import { Table } from '../../parts/table';
import { useTime } from '../../parts/time';
import { useWords } from '../../words';
import type { Actor, Keeper } from './data';
import { useLasted } from './lasted';
import { useActorName, useActorState, useCounterName, useKindName } from './names';

interface ActorsProps {
  readonly actors: readonly Actor[];
  readonly keepers: readonly Keeper[];
}

export function Actors({ actors, keepers }: ActorsProps) {
  const t = useWords();
  return (
    <div className="stack">
      <p className="soft">{t('actors.intro')}</p>
      <Table label={t('system.tabs.actors')} rows={actors} columns={useActorColumns()} id={({ name }) => name} whole />
      <h2>{t('actors.keepers')}</h2>
      <p className="soft">{t('actors.keepersIntro')}</p>
      <Table label={t('actors.keepers')} rows={keepers} columns={useKeeperColumns()} id={({ kind }) => kind} whole />
    </div>
  );
}

function useActorColumns(): ColumnDef<Actor, never>[] {
  const t = useWords();
  return useMemo(() => [
    { id: 'name', header: t('actors.name'), cell: ({ row }) => <Name name={row.original.name} />, meta: { width: 'minmax(12rem, 17rem)', phone: 'title' } },
    { id: 'state', header: t('actors.state'), cell: ({ row }) => <State state={row.original.state} />, meta: { width: '8rem', phone: 'side' } },
    { id: 'restarts', header: t('actors.restarts'), cell: ({ row }) => <Count value={row.original.restarts} bad />, meta: { width: '11rem', end: true } },
    { id: 'beat', header: t('actors.beat'), cell: ({ row }) => <Beat ageMs={row.original.beatAgeMs} />, meta: { width: '9rem', end: true } },
    { id: 'counters', header: t('actors.counters'), cell: ({ row }) => <Counters of={row.original.counters} />, meta: { width: 'minmax(20rem, 1fr)', phone: 'whole' } },
  ], [t]);
}

function useKeeperColumns(): ColumnDef<Keeper, never>[] {
  const t = useWords();
  return useMemo(() => [
    { id: 'kind', header: t('actors.kind'), cell: ({ row }) => <Kind kind={row.original.kind} />, meta: { width: 'minmax(10rem, 16rem)', phone: 'title' } },
    { id: 'underWay', header: t('actors.underWay'), cell: ({ row }) => <Count value={row.original.underWay} />, meta: { width: '8rem', end: true } },
    { id: 'done', header: t('actors.done'), cell: ({ row }) => <Count value={row.original.done} />, meta: { width: '8rem', phone: 'side', end: true } },
    { id: 'busy', header: t('actors.busy'), cell: ({ row }) => <Count value={row.original.busy} bad />, meta: { width: '14rem', end: true } },
    { id: 'restarts', header: t('actors.restarts'), cell: ({ row }) => <Count value={row.original.restarts} bad />, meta: { width: '12rem', end: true } },
  ], [t]);
}

function Name({ name }: { readonly name: string }) {
  const named = useActorName();
  return <span title={name}>{named(name)}</span>;
}

function Kind({ kind }: { readonly kind: string }) {
  const named = useKindName();
  return <span title={kind}>{named(kind)}</span>;
}

function State({ state }: { readonly state: string }) {
  const told = useActorState();
  return <Badge status={state === 'working' ? 'success' : 'pending'} text={told(state)} />;
}

function Beat({ ageMs }: { readonly ageMs: number }) {
  const t = useWords();
  const lasted = useLasted();
  const seconds = Math.floor(ageMs / 1_000);
  return <>{seconds === 0 ? t('actors.now') : t('actors.ago', { text: lasted(seconds) })}</>;
}

function Counters({ of }: { readonly of: Actor['counters'] }) {
  const { number } = useTime();
  const named = useCounterName();
  const told = Object.entries(of).map(([name, count]) => `${named(name)} ${number(count)}`).join(' · ');
  return <span className="soft" title={told}>{told}</span>;
}

function Count({ value, bad = false }: { readonly value: number; readonly bad?: boolean }) {
  const { number } = useTime();
  return <span className={bad && value > 0 ? 'bad' : undefined}>{number(value)}</span>;
}
