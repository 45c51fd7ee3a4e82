// What the screens of campaigns read, and how pushes change it: whoever is called moves in place at once; counts and what
// only the engine knows are read anew soon after, but not for each of many pushes.

import { type InfiniteData, useQuery } from '@tanstack/react-query';

import { type Answer, ask, client, type Schemas } from '../../api/client';
import { type From, type Page, soon, usePages } from '../../api/pages';
import { queries } from '../../api/queries';
import { useLive } from '../../app/live';
import type { CampaignsSearch } from './route';

export type Campaign = Schemas['Campaign'];
export type Target = Schemas['CampaignContact'];

interface Update {
  readonly campaignId: string;
  readonly contactId: string;
  /** `calling`, or what came of the call in capital letters. */
  readonly status: string;
  readonly outcome: string | null;
  readonly summary: string | null;
}

interface Turn {
  readonly campaignId: string;
}

const LIST_PAGE = 100;
const TARGETS_PAGE = 200;
/** Pushes tell what changed; this is for one that was missed. */
const WHILE_RUNNING_MS = 15_000;
const COUNTS_MS = 700;
const TARGETS_MS = 2_500;
/** Whoever has scrolled far has much to be read anew. */
const PER_PAGE_MS = 500;

export const keys = {
  all: ['campaigns'] as const,
  lists: ['campaigns', 'list'] as const,
  one: (id: string) => ['campaigns', 'one', id] as const,
  targets: (id: string) => ['campaigns', 'targets', id] as const,
  queue: (id: string) => ['campaigns', 'queue', id] as const,
  report: (id: string) => ['campaigns', 'report', id] as const,
  preflight: (id: string) => ['campaigns', 'preflight', id] as const,
};

export function useCampaigns(search: CampaignsSearch) {
  const read = (from: From, signal: AbortSignal) => ask(() => client.GET('/auto-calling/campaigns', { signal, params: { query: { limit: LIST_PAGE, ...search, ...from } } }));
  return usePages<Campaign>([...keys.lists, search], read);
}

export function useCampaign(id: string) {
  return useQuery({
    queryKey: keys.one(id),
    queryFn: ({ signal }) => ask<Campaign>(() => client.GET('/auto-calling/campaigns/{id}', { signal, params: { path: { id }, query: {} } })),
    refetchInterval: ({ state }) => (state.data?.value.status === 'RUNNING' ? WHILE_RUNNING_MS : false),
  });
}

export function useTargets(id: string, status: string | undefined) {
  const query = { limit: TARGETS_PAGE, ...(status === undefined ? {} : { status }) };
  const read = (from: From, signal: AbortSignal) => ask(() => client.GET('/auto-calling/campaigns/{id}/contacts', { signal, params: { path: { id }, query: { ...query, ...from } } }));
  return usePages<Target>([...keys.targets(id), status ?? ''], read);
}

export function useReport(id: string) {
  return useQuery({
    queryKey: keys.report(id),
    queryFn: async ({ signal }) => {
      const answer = await ask(() => client.GET('/auto-calling/campaigns/{id}/report', { signal, params: { path: { id }, query: {} } }));
      // Without `format=csv` this is the report.
      return answer as Answer<Schemas['CampaignReport']>;
    },
  });
}

export function usePreflight(id: string) {
  return useQuery({
    queryKey: keys.preflight(id),
    queryFn: ({ signal }) => ask(() => client.GET('/auto-calling/campaigns/{id}/preflight', { signal, params: { path: { id }, query: {} } })),
    staleTime: 0,
  });
}

/** The lists follow what happens in any campaign. */
export function useCampaignNews(): void {
  const heard = () => soon(keys.lists, COUNTS_MS);
  useLive<Update>('/auto-calling', 'campaign-update', heard);
  useLive<Turn>('/auto-calling', 'campaign-status', heard);
  useLive<Turn>('/auto-calling', 'campaign-complete', heard);
}

/** One campaign follows its own; `completed` hears of its end. */
export function useBoardNews(id: string, completed: () => void): void {
  const turned = (pushes: readonly Turn[]) => {
    const ours = pushes.some(({ campaignId }) => campaignId === id);
    if (ours) changed(id);
    return ours;
  };
  useLive<Turn>('/auto-calling', 'campaign-status', turned);
  useLive<Turn>('/auto-calling', 'campaign-complete', (pushes) => {
    if (turned(pushes)) completed();
  });
  useLive<Update>('/auto-calling', 'campaign-update', (pushes) => {
    const ours = pushes.filter(({ campaignId }) => campaignId === id);
    if (ours.length === 0) return;
    queries.setQueriesData<Pages>({ queryKey: keys.targets(id) }, (known) => known && moved(known, ours));
    const loaded = queries.getQueriesData<Pages>({ queryKey: keys.targets(id) }).reduce((sum, [, known]) => sum + (known?.pages.length ?? 0), 0);
    soon(keys.one(id), COUNTS_MS);
    soon(keys.report(id), COUNTS_MS);
    soon(keys.targets(id), Math.max(TARGETS_MS, loaded * PER_PAGE_MS));
    soon(keys.queue(id), TARGETS_MS);
  });
}

type Pages = InfiniteData<Answer<Page<Target>>>;

/** Of several pushes about one contact, the last. */
export function moved(known: Pages, pushes: readonly Update[]): Pages {
  const by = new Map(pushes.map((push) => [push.contactId, push]));
  const move = (target: Target): Target => {
    const push = by.get(target.contactId);
    if (push === undefined) return target;
    const callStatus = push.status.toUpperCase();
    return { ...target, callStatus, reason: null, conversationOutcome: push.outcome, conversationSummary: push.summary };
  };
  const page = (answer: Answer<Page<Target>>) => ({ ...answer, value: { ...answer.value, data: answer.value.data.map(move) } });
  return { ...known, pages: known.pages.map(page) };
}

/** After what somebody did to a campaign here, or what became of it. */
export function changed(id: string): void {
  void queries.invalidateQueries({ queryKey: keys.lists });
  for (const key of [keys.one(id), keys.targets(id), keys.queue(id), keys.report(id), keys.preflight(id)]) void queries.invalidateQueries({ queryKey: key });
}
