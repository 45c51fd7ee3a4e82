// What the screen reads: the engine at one glance, again and again; reports in quarantine; streams that a screen could not follow.

import { type QueryClient, useInfiniteQuery, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';

import { type Answer, ask, client, type Schemas } from '../../api/client';
import { useLive } from '../../app/live';

export type Status = Schemas['Status'];
export type Projection = Schemas['Projection'];
export type Actor = Schemas['Actor'];
export type Keeper = Schemas['Keeper'];
export type Held = Schemas['HeldReport'];
export type HeldState = Schemas['HeldState'];

/** A stream and the screen that does not follow it. */
export type Parked = Schemas['ParkedView'] & { readonly projection: string };

/** A screen as it is shown, and what is built to take its place. */
export interface Standing {
  readonly name: string;
  readonly live: Projection;
  readonly building: Projection | undefined;
}

interface Progress {
  readonly name: string;
  readonly generation: number;
  readonly fraction: number;
  readonly eventsPerSecond: number;
  readonly remainingSeconds: number | null;
}

const LOOK_MS = 3_000;
const QUARANTINE_PAGE = 200;

export const keys = {
  status: ['system', 'status'] as const,
  quarantine: ['system', 'quarantine'] as const,
  parked: ['system', 'parked'] as const,
};

export function useStatus() {
  return useQuery({ queryKey: keys.status, queryFn: ({ signal }) => ask(() => client.GET('/status', { signal })), refetchInterval: LOOK_MS });
}

/** How far rebuilds have come, as it is told. */
export function useProgress(): void {
  const queries = useQueryClient();
  useLive<Progress>('/', 'projection-progress', (pushes) => {
    queries.setQueryData<Answer<Status>>(keys.status, (known) => known && { ...known, value: { ...known.value, projections: known.value.projections.map((one) => moved(one, pushes)) } });
    // A generation that is new, or that took the place of another, stands in the next answer.
    if (pushes.some((push) => push.fraction >= 1 || !isBuilding(queries, push))) void queries.invalidateQueries({ queryKey: keys.status });
  });
}

function isBuilding(queries: QueryClient, push: Progress): boolean {
  const known = queries.getQueryData<Answer<Status>>(keys.status)?.value.projections ?? [];
  return known.some(({ name, generation, state }) => name === push.name && generation === push.generation && state === 'building');
}

function moved(known: Projection, pushes: readonly Progress[]): Projection {
  const push = pushes.findLast(({ name, generation }) => name === known.name && generation === known.generation);
  if (push === undefined || known.state !== 'building') return known;
  return { ...known, eventsPerSecond: push.eventsPerSecond, rebuild: { fraction: push.fraction, remainingSeconds: push.remainingSeconds } };
}

export function standings(projections: readonly Projection[]): readonly Standing[] {
  const built = new Map(projections.filter(({ state }) => state === 'building').map((one) => [one.name, one]));
  return projections.filter(({ state }) => state === 'live').map((live) => ({ name: live.name, live, building: built.get(live.name) }));
}

export function useQuarantine(state: HeldState) {
  return useInfiniteQuery({
    queryKey: [...keys.quarantine, 'list', state],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => {
      const query = { state, limit: QUARANTINE_PAGE, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      return ask(() => client.GET('/calls/quarantine', { signal, params: { query } }));
    },
    getNextPageParam: (last) => last.next,
  });
}

export function useHeld(id: string) {
  return useQuery({
    queryKey: [...keys.quarantine, 'one', id],
    queryFn: ({ signal }) => ask(() => client.GET('/calls/quarantine/{id}', { signal, params: { path: { id }, query: {} } })),
  });
}

/** Of every screen that has any. */
export function useParked(projections: readonly Projection[]) {
  const names = [...new Set(projections.filter(({ state, parked }) => state === 'live' && parked > 0).map(({ name }) => name))];
  return useQueries({
    queries: names.map((name) => ({
      queryKey: [...keys.parked, name],
      queryFn: async ({ signal }: { signal: AbortSignal }): Promise<readonly Parked[]> => {
        const { value } = await ask(() => client.GET('/projections/{name}/parked', { signal, params: { path: { name } } }));
        return value.map((one) => ({ ...one, projection: name }));
      },
    })),
    combine: (reads) => ({
      parked: reads.flatMap(({ data }) => data ?? []),
      loading: reads.some(({ isPending }) => isPending),
      error: reads.find(({ error }) => error !== null)?.error ?? null,
      again: () => reads.forEach((read) => void read.refetch()),
    }),
  });
}
