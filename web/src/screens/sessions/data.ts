// What the screens of sessions read, and how pushes change it: a session that moved takes its own place, results are added to those that are known.

import { type InfiniteData, keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { type Answer, ask, client, type Schemas } from '../../api/client';
import { queries } from '../../api/queries';
import { useLive } from '../../app/live';
import type { SessionSearch } from './route';

export type Session = Schemas['Session'];
export type Result = Schemas['CallResult'];

type Pages<T> = InfiniteData<Answer<readonly T[]>, string | undefined>;

const SESSIONS_PAGE = 100;
/** As many as the engine gives at once: a session's results are looked through as a whole. */
const RESULTS_PAGE = 10_000;

const keys = {
  lists: ['sessions', 'list'] as const,
  one: (id: string) => ['sessions', 'one', id] as const,
  results: (id: string) => ['sessions', 'results', id] as const,
};

export function useSessions(search: SessionSearch) {
  return useInfiniteQuery({
    queryKey: [...keys.lists, search],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      ask(() => client.GET('/calls/sessions/all', { signal, params: { query: { limit: SESSIONS_PAGE, ...search, ...from(pageParam) } } })),
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
  });
}

export function useSession(id: string) {
  return useQuery({
    queryKey: keys.one(id),
    queryFn: ({ signal }) => ask(() => client.GET('/calls/session/{id}', { signal, params: { path: { id }, query: {} } })),
  });
}

export function useResults(id: string, search: SessionSearch) {
  return useInfiniteQuery({
    queryKey: [...keys.results(id), search],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: RESULTS_PAGE, ...search, ...from(pageParam) };
      const answer = await ask(() => client.GET('/calls/session/{id}/results', { signal, params: { path: { id }, query } }));
      // Without `reports=all` these are results.
      return answer as Answer<Result[]>;
    },
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
    // Thousands of rows are not compared field by field at each push: what did not change is the same row already.
    structuralSharing: false,
  });
}

function from(cursor: string | undefined) {
  return cursor === undefined ? {} : { cursor };
}

/** Keeps what is read as it is told. `ended` hears of a session that came to its end meanwhile. */
export function useSessionNews(ended?: (session: Session) => void): void {
  useLive<Session>('/', 'session-update', (pushes) => {
    for (const session of newest(pushes)) {
      const before = queries.getQueryData<Answer<Session>>(keys.one(session.sessionId));
      if (before !== undefined) queries.setQueryData(keys.one(session.sessionId), { ...before, value: session });
      if (before?.value.isCompleted === false && session.isCompleted) ended?.(session);
    }
    queries.setQueriesData<Pages<Session>>({ queryKey: keys.lists }, (known) => known && moved(known, newest(pushes), (one) => one.sessionId));
    const known = queries.getQueriesData<Pages<Session>>({ queryKey: keys.lists }).flatMap(([, pages]) => pages?.pages ?? []).flatMap(({ value }) => value);
    const ids = new Set(known.map(({ sessionId }) => sessionId));
    if (pushes.some(({ sessionId }) => !ids.has(sessionId))) void queries.invalidateQueries({ queryKey: keys.lists });
  });
}

export function useResultNews(id: string): void {
  useLive<Result>('/', 'call-result', (pushes) => {
    const ours = pushes.filter(({ sessionId }) => sessionId === id);
    if (ours.length === 0) return;
    queries.setQueryData<Pages<Result>>([...keys.results(id), {}], (known) => known && added(known, ours));
    // What is looked for, the engine finds.
    void queries.invalidateQueries({ queryKey: keys.results(id), predicate: ({ queryKey }) => Object.keys(queryKey.at(-1) as object).length > 0 });
  });
}

/** Of several pushes about one session, the last. */
function newest(pushes: readonly Session[]): readonly Session[] {
  return [...new Map(pushes.map((session) => [session.sessionId, session])).values()];
}

function moved<T>(known: Pages<T>, news: readonly T[], id: (row: T) => string): Pages<T> {
  const by = new Map(news.map((row) => [id(row), row]));
  if (!known.pages.some(({ value }) => value.some((row) => by.has(id(row))))) return known;
  return { ...known, pages: known.pages.map((page) => ({ ...page, value: page.value.map((row) => by.get(id(row)) ?? row) })) };
}

/** Results of numbers that are known move in place; others come at the end, where the last page is there. */
export function added(known: Pages<Result>, news: readonly Result[]): Pages<Result> {
  const changed = moved(known, news, ({ id }) => id);
  const last = changed.pages.at(-1);
  if (last === undefined || last.next !== undefined) return changed;
  const ids = new Set(changed.pages.flatMap(({ value }) => value.map(({ id }) => id)));
  const fresh = [...new Map(news.filter(({ id }) => !ids.has(id)).map((result) => [result.id, result])).values()];
  return { ...changed, pages: [...changed.pages.slice(0, -1), { ...last, value: [...last.value, ...fresh] }] };
}

/** After what somebody did here. */
export function changed(): void {
  void queries.invalidateQueries({ queryKey: ['sessions'] });
}
