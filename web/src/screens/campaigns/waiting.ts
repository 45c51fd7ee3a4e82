// Who waits for a call, and for when. The API has no order by that: the campaign is read whole, as far as that is sensible.

import { useQuery } from '@tanstack/react-query';

import { ask, client } from '../../api/client';
import { keys, type Target } from './data';

const PAGE = 1_000;
const PAGES_MAX = 10;
/** Whoever came to another end is called no more. */
const OPEN = 'PENDING,NO_ANSWER,BUSY,FAILED,CALLBACK_REQUESTED';
const AGAIN_MS = 15_000;

export interface Waiting {
  readonly rows: readonly Target[];
  /** As many were looked at, where there are more. */
  readonly lookedAt: number | undefined;
  readonly behind: number;
}

export function useWaiting(id: string) {
  return useQuery({ queryKey: keys.queue(id), queryFn: ({ signal }) => read(id, signal), refetchInterval: AGAIN_MS });
}

async function read(id: string, signal: AbortSignal): Promise<Waiting> {
  const rows: Target[] = [];
  let cursor: string | undefined;
  let [lookedAt, behind] = [0, 0];
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = { status: OPEN, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const answer = await ask(() => client.GET('/auto-calling/campaigns/{id}/contacts', { signal, params: { path: { id }, query } }));
    const { data, meta } = answer.value;
    rows.push(...data.filter(({ nextAttemptAt }) => nextAttemptAt != null));
    [lookedAt, behind, cursor] = [lookedAt + data.length, answer.behind, meta.nextCursor ?? undefined];
    if (cursor === undefined) return { rows: soonest(rows), lookedAt: undefined, behind };
  }
  return { rows: soonest(rows), lookedAt, behind };
}

export function soonest(rows: readonly Target[]): readonly Target[] {
  return [...rows].sort((one, other) => (one.nextAttemptAt ?? '').localeCompare(other.nextAttemptAt ?? ''));
}
