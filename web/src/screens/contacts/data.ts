// What the screens of contacts read, and how pushes change it.

import { type InfiniteData, useQuery } from '@tanstack/react-query';

import { type Answer, ask, client, type Schemas } from '../../api/client';
import { type From, type Page, soon, usePages } from '../../api/pages';
import { queries } from '../../api/queries';
import { useLive } from '../../app/live';

export type Contact = Schemas['Contact'];
export type Import = Schemas['Import'];

/** What contacts are looked for by, as an address holds it. */
export interface Wanted {
  readonly q?: string;
  readonly status?: string;
  readonly isCalled?: string;
  readonly campaign?: string;
  readonly importId?: string;
}

type Told = Contact | { readonly id: string; readonly removed: true };

const PAGE = 200;
const CALLS = 50;
const LISTS_MS = 1_000;

export const keys = {
  all: ['contacts'] as const,
  lists: ['contacts', 'list'] as const,
  one: (id: string) => ['contacts', 'one', id] as const,
  calls: (phone: string) => ['contacts', 'calls', phone] as const,
  promises: (id: string) => ['contacts', 'promises', id] as const,
  imports: ['contacts', 'imports'] as const,
};

/** Without what an address holds besides. */
export function wantedOf(search: Wanted & { readonly part?: string }): Wanted {
  return Object.fromEntries(Object.entries(search).filter(([name]) => name !== 'part'));
}

/** As the API asks for them. */
export function filters({ isCalled, ...wanted }: Wanted) {
  return { ...wanted, ...(isCalled === undefined ? {} : { isCalled: isCalled === 'true' }) };
}

export function useContacts(wanted: Wanted) {
  const read = (from: From, signal: AbortSignal) => ask(() => client.GET('/auto-calling/contacts', { signal, params: { query: { limit: PAGE, ...filters(wanted), ...from } } }));
  return usePages<Contact>([...keys.lists, wanted], read);
}

export function useContact(id: string) {
  return useQuery({
    queryKey: keys.one(id),
    queryFn: ({ signal }) => ask(() => client.GET('/auto-calling/contacts/{id}', { signal, params: { path: { id }, query: {} } })),
  });
}

/** Calls are known by their number. */
export function useCalls(phone: string) {
  return useQuery({
    queryKey: keys.calls(phone),
    queryFn: ({ signal }) => ask(() => client.GET('/calls/history', { signal, params: { query: { number: phone, limit: CALLS } } })),
  });
}

export function usePromises(id: string) {
  return useQuery({
    queryKey: keys.promises(id),
    queryFn: ({ signal }) => ask(() => client.GET('/auto-calling/promises', { signal, params: { query: { contact: id, limit: CALLS } } })),
  });
}

export function useImports() {
  const read = (from: From, signal: AbortSignal) => ask(() => client.GET('/auto-calling/imports', { signal, params: { query: { limit: PAGE, ...from } } }));
  return usePages<Import>(keys.imports, read);
}

/** Whoever changed takes their own place; new ones are asked for. */
export function useContactNews(): void {
  useLive<Told>('/auto-calling', 'contact-update', (pushes) => {
    const by = new Map(pushes.flatMap((push) => ('removed' in push ? [] : [[push.id, push] as const])));
    for (const [id, contact] of by) {
      queries.setQueryData<Answer<Contact>>(keys.one(id), (known) => known && { ...known, value: contact });
    }
    queries.setQueriesData<InfiniteData<Answer<Page<Contact>>>>({ queryKey: keys.lists }, (known) => known && {
      ...known,
      pages: known.pages.map((page) => ({ ...page, value: { ...page.value, data: page.value.data.map((row) => by.get(row.id) ?? row) } })),
    });
    soon(keys.lists, LISTS_MS);
    for (const { id } of pushes) soon(keys.promises(id), LISTS_MS);
    soon(['contacts', 'calls'], LISTS_MS);
  });
}

/** After what somebody did here. */
export function changed(): void {
  void queries.invalidateQueries({ queryKey: keys.all });
  void queries.invalidateQueries({ queryKey: ['explanations'] });
}

export function fullName({ firstName, lastName }: Pick<Contact, 'firstName' | 'lastName'>): string {
  return `${firstName} ${lastName}`.trim();
}
