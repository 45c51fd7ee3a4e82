// Which calls are asked for, page by page, and whether there are newer ones. What somebody reads stays as it is until they ask for more.

import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';

import { type Answer, ask, client } from '../../api/client';
import { queries } from '../../api/queries';
import { useLive } from '../../app/live';
import { dayBegins, dayEnds } from '../../parts/day';
import { type Call, ofExchange, ofHistory, type Recording } from './call';
import { type HistorySearch, only } from './route';

type Pages = { pages: Answer<readonly Call[]>[]; pageParams: (string | undefined)[] };

/** The first page is there soon, those after it are seldom waited for. */
const FIRST_PAGE = 200;
const PAGE = 1_000;
const CAMPAIGNS_MAX = 1_000;
const COME_BACK_MS = 10_000;
/** The engine looks for no fewer; the exchange has short numbers too. */
const DIGITS_MIN = 4;

/** What the exchange calls what came of a call. */
export const AT_EXCHANGE = { ANSWERED: 'javob berildi', NO_ANSWER: 'javobsiz', BUSY: 'band', FAILED: 'xatolik' } as const;

export function isAtExchange(status: string): status is keyof typeof AT_EXCHANGE {
  return status in AT_EXCHANGE;
}

export function isTooShort({ number, source }: HistorySearch): boolean {
  return number !== undefined && number.replace(/\D/g, '').length < (source === 'pbx' ? 1 : DIGITS_MIN);
}

/** As the engine is asked, in words that the history and its file understand. */
export function question(search: HistorySearch, zone: string): Omit<HistorySearch, 'extension'> {
  const { from, to } = search;
  return {
    ...only(search, ['source', 'status', 'direction', 'session', 'campaign']),
    ...(isTooShort(search) ? {} : only(search, ['number'])),
    ...(from === undefined ? {} : { from: dayBegins(from, zone) }),
    ...(to === undefined ? {} : { to: dayEnds(to, zone) }),
  };
}

async function readAll(search: HistorySearch, zone: string, page: { limit: number; cursor?: string }, signal: AbortSignal): Promise<Answer<readonly Call[]>> {
  const query = { ...question(search, zone), ...page };
  const answer = await ask(() => client.GET('/calls/history', { signal, params: { query } }));
  return { ...answer, value: answer.value.map(ofHistory) };
}

/** With both ends of each call, and by extension. */
async function readExchange(search: HistorySearch, zone: string, page: { limit: number; cursor?: string }, signal: AbortSignal): Promise<Answer<readonly Call[]>> {
  const { status } = search;
  // One that the exchange has not, the engine refuses in its own words.
  const shown = status === undefined ? {} : { status: isAtExchange(status) ? AT_EXCHANGE[status] : status };
  const asked = only(question(search, zone), ['direction', 'number', 'from', 'to']);
  const query = { ...asked, ...only(search, ['extension']), ...shown, ...page };
  const answer = await ask(() => client.GET('/kerio/calls', { signal, params: { query } }));
  return { ...answer, value: answer.value.map(ofExchange) };
}

export function useCalls(search: HistorySearch, zone: string) {
  const asked = isTooShort(search) ? { ...search, number: undefined } : search;
  const key = ['history', 'calls', asked, zone];
  const read = useInfiniteQuery({
    queryKey: key,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => {
      const page = pageParam === undefined ? { limit: FIRST_PAGE } : { limit: PAGE, cursor: pageParam };
      return search.source === 'pbx' ? readExchange(search, zone, page, signal) : readAll(search, zone, page, signal);
    },
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
    structuralSharing: false,
    // Thousands of rows are not read anew by themselves; whoever comes back to the screen begins anew.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const begin = () => {
    queries.setQueryData<Pages>(key, (known) => known && { pages: known.pages.slice(0, 1), pageParams: known.pageParams.slice(0, 1) });
    void read.refetch();
  };
  return { read, begin };
}

/** Whether calls have come since somebody looked, and what says that they looked. */
export function useNewer(): readonly [boolean, () => void] {
  const [newer, set] = useState(false);
  useLive('/', 'call-result', () => set(true));
  useLive<{ readonly state: string }>('/', 'call_status', (pushes) => {
    if (pushes.some(({ state }) => state !== 'suhbatda')) set(true);
  });
  useLive<{ readonly status: string }>('/auto-calling', 'campaign-update', (pushes) => {
    if (pushes.some(({ status }) => status !== 'calling')) set(true);
  });
  return [newer, useCallback(() => set(false), [])];
}

export function useCampaigns() {
  return useQuery({
    queryKey: ['history', 'campaigns'],
    queryFn: ({ signal }) => ask(() => client.GET('/auto-calling/campaigns', { signal, params: { query: { limit: CAMPAIGNS_MAX } } })),
  });
}

/** A recording needs a token, which a player cannot send and an address must not hold: it is fetched whole when somebody listens. */
export function useRecording(recording: Recording) {
  return useQuery({
    queryKey: ['history', 'recording', recording],
    queryFn: async ({ signal }) => {
      const { value } = await ask(() => ('callId' in recording
        ? client.GET('/kerio/calls/{callId}/recording', { signal, parseAs: 'blob', params: { path: recording } })
        : client.GET('/calls/results/{id}/recording', { signal, parseAs: 'blob', params: { path: { id: recording.result } } })));
      const sound: Blob = value;
      // What is not there yet is answered with a sentence.
      return sound.type.startsWith('application/json') ? null : sound;
    },
    refetchInterval: ({ state }) => (state.data === null ? COME_BACK_MS : false),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}
