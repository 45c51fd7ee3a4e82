// What the screen "live" reads beside the calls that go on: who was missed today, and how the watch stands.

import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { ask, client, type Schemas } from '../../api/client';
import { useCommand } from '../../api/command';
import { queries } from '../../api/queries';
import { EXCHANGE } from '../../app/exchange';
import { usePreferences } from '../../app/preferences';
import { dayBegins, useToday } from '../../parts/day';

export type ExchangeCall = Schemas['KerioCall'];
export type Watch = Schemas['KerioStatus'];

/** No push tells of the watch. */
const LOOK_MS = 5_000;
const BUSY_LOOK_MS = 1_000;
const MISSED_PAGE = 500;

const keys = { watch: [...EXCHANGE, 'status'] as const, missed: [...EXCHANGE, 'missed'] as const, seen: [...EXCHANGE, 'seen'] as const };

export function useWatch() {
  return useQuery({
    queryKey: keys.watch,
    queryFn: ({ signal }) => ask(() => client.GET('/kerio/status', { signal, params: { query: {} } })),
    refetchInterval: ({ state }) => (state.data?.value.progress == null ? LOOK_MS : BUSY_LOOK_MS),
  });
}

/** Calls that talked already when they were first seen have no time of their answer: they talk at least since they were seen. */
export function useSeenTalking(ids: readonly string[]): Readonly<Record<string, string>> {
  const read = useQuery({
    queryKey: [...keys.seen, ...ids],
    queryFn: async ({ signal }) => {
      const { value } = await ask(() => client.GET('/kerio/calls/active', { signal, params: { query: {} } }));
      return Object.fromEntries(value.map(({ callId, createdAt }) => [callId, createdAt]));
    },
    enabled: ids.length > 0,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  return read.data ?? {};
}

export function useMissedToday() {
  const { zone } = usePreferences();
  const today = useToday(zone);
  return useInfiniteQuery({
    queryKey: [...keys.missed, today, zone],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => {
      const query = { status: 'javobsiz', direction: 'kiruvchi', internal: false, from: dayBegins(today, zone), limit: MISSED_PAGE, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      return ask(() => client.GET('/kerio/calls', { signal, params: { query } }));
    },
    getNextPageParam: (last) => last.next,
  });
}

export function useSync() {
  return useCommand({
    mutationFn: () => ask(() => client.POST('/kerio/sync')),
    onSettled: () => queries.invalidateQueries({ queryKey: keys.watch }),
  });
}

/** After the log was read: it knows more than was seen. */
export function reread(): void {
  void queries.invalidateQueries({ queryKey: keys.missed });
}
