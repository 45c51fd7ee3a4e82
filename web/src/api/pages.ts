// Lists that come a page at a time (`{ data, meta }`), and what is read anew because somebody said that it changed.

import { keepPreviousData, type QueryKey, useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';

import type { Answer, Schemas } from './client';
import { Problem } from './problem';
import { queries } from './queries';

export interface Page<T> {
  readonly data: readonly T[];
  readonly meta: Schemas['PageMeta'];
}

/** Where a page begins; nothing for the first one. */
export type From = { readonly cursor?: string };

export function usePages<T>(queryKey: QueryKey, read: (from: From, signal: AbortSignal) => Promise<Answer<Page<T>>>, more: { readonly refetchInterval?: number | false } = {}) {
  const pages = useInfiniteQuery({
    queryKey,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => read(pageParam === undefined ? {} : { cursor: pageParam }, signal),
    getNextPageParam: (last) => last.value.meta.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
    // To look for what is the same in thousands of rows costs more than to show the few that are seen anew.
    structuralSharing: false,
    ...more,
  });
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage, refetch, dataUpdatedAt } = pages;
  const rows = useMemo(() => data?.pages.flatMap(({ value }) => value.data), [data]);
  const load = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return {
    /** Nothing before the first answer. */
    rows,
    /** How many there are in all. */
    total: data?.pages[0]?.value.meta.total ?? 0,
    problem: error === null ? undefined : Problem.from(error),
    behind: data?.pages[0]?.behind ?? 0,
    /** When the last good answer came, where a newer one could not be had. */
    since: error === null ? undefined : dataUpdatedAt,
    more: hasNextPage,
    busy: isFetchingNextPage,
    load,
    retry: () => void refetch(),
  };
}

const waiting = new Set<string>();

/** Reads something anew, but not at once and not for each of many changes. */
export function soon(queryKey: QueryKey, withinMs: number): void {
  const name = JSON.stringify(queryKey);
  if (waiting.has(name)) return;
  waiting.add(name);
  setTimeout(() => {
    waiting.delete(name);
    void queries.invalidateQueries({ queryKey });
  }, withinMs);
}
