// What was recorded of an object, page by page, and how it was at a moment.

import { type QueryKey, useInfiniteQuery, useQuery } from '@tanstack/react-query';

import { type Answer, ask, client, type Schemas } from '../../api/client';
import { usePreferences } from '../../app/preferences';
import type { AuditKind } from '../../parts/audit-link';

export type AuditEvent = Schemas['AuditEvent'];
export type Link = Schemas['AuditLink'];

/** Objects that can be shown as they were. */
export type PastKind = 'session' | 'campaign' | 'contact';

const EVENTS_PAGE = 200;
const RESULTS_PAGE = 500;
const LOOK_MS = 5_000;
/** What lies beneath an object, by what the engine calls it. */
const BENEATH: Readonly<Partial<Record<AuditKind, string>>> = { session: 'calls', campaign: 'targets' };

/** What was shown before stays until the next is there, save where it was another object's. */
function ofSame<T>(object: readonly string[], known: T | undefined, key: QueryKey | undefined): T | undefined {
  return object.every((part, index) => key?.[index + 2] === part) ? known : undefined;
}

/** That somebody looked at an object changes nothing of it. */
export function isLook(event: AuditEvent): boolean {
  return event.kind === 'disclosure';
}

export function hasBeneath(kind: AuditKind): boolean {
  return BENEATH[kind] !== undefined;
}

export function hasPast(kind: AuditKind): kind is PastKind {
  return kind === 'session' || kind === 'campaign' || kind === 'contact';
}

export function useEvents(kind: AuditKind, id: string, all: boolean) {
  const { language } = usePreferences();
  const beneath = all ? BENEATH[kind] : undefined;
  return useInfiniteQuery({
    queryKey: ['audit', 'events', kind, id, beneath, language],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: EVENTS_PAGE, lang: language, ...(beneath === undefined ? {} : { with: beneath }), ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      return ask(() => client.GET('/audit/{kind}/{id}', { signal, params: { path: { kind, id }, query } }));
    },
    getNextPageParam: (last) => last.next,
    placeholderData: (known, before) => ofSame([kind, id], known, before?.queryKey),
  });
}

type Values = { readonly session: Schemas['Session']; readonly campaign: Schemas['CampaignInFull']; readonly contact: Schemas['Contact'] };
export type Was = { readonly [Kind in PastKind]: { readonly kind: Kind; readonly value: Values[Kind] } }[PastKind];

/** As it was at a position or a time, or as it is. What was asked for before stays until the next is there. */
export function useWas(kind: PastKind, id: string, at: string | undefined) {
  const { language } = usePreferences();
  return useQuery({
    queryKey: ['audit', 'was', kind, id, at, language],
    queryFn: ({ signal }) => was(kind, id, { lang: language, ...(at === undefined ? {} : { asOf: at }) }, signal),
    // What was does not change any more; what goes on does.
    ...(at === undefined ? { refetchInterval: ({ state }: { state: { data: Was | undefined } }) => (goesOn(state.data) ? LOOK_MS : false) } : { staleTime: Infinity }),
    placeholderData: (known, before) => ofSame([kind, id], known, before?.queryKey),
  });
}

function goesOn(now: Was | undefined): boolean {
  return now !== undefined && now.kind !== 'contact' && now.value.status === 'RUNNING';
}

async function was(kind: PastKind, id: string, query: { lang: 'uz' | 'uz-Cyrl' | 'ru' | 'en'; asOf?: string }, signal: AbortSignal): Promise<Was> {
  const params = { path: { id }, query };
  switch (kind) {
    case 'session':
      return { kind, value: (await ask(() => client.GET('/calls/session/{id}', { signal, params }))).value };
    case 'campaign':
      return { kind, value: (await ask(() => client.GET('/auto-calling/campaigns/{id}', { signal, params }))).value };
    case 'contact':
      return { kind, value: (await ask(() => client.GET('/auto-calling/contacts/{id}', { signal, params }))).value };
  }
}

export function useResultsThen(id: string, at: string) {
  const { language } = usePreferences();
  return useQuery({
    queryKey: ['audit', 'results', id, at, language],
    queryFn: async ({ signal }) => {
      const query = { limit: RESULTS_PAGE, lang: language, asOf: at };
      const answer = await ask(() => client.GET('/calls/session/{id}/results', { signal, params: { path: { id }, query } }));
      // Without `reports=all` these are results.
      return answer as Answer<readonly Schemas['CallResult'][]>;
    },
    staleTime: Infinity,
    placeholderData: (known, before) => ofSame([id], known, before?.queryKey),
  });
}
