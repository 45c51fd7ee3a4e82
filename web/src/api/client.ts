// The engine's API, by its own description (`openapi.json`). Every answer says how fresh it is; every failure is a `Problem`.

import createClient, { type Middleware } from 'openapi-fetch';

import { session } from '../app/session';
import { Problem } from './problem';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

/** What was read, and how far behind the journal it is. */
export interface Answer<T> {
  readonly value: T;
  /** Facts that are recorded and not shown yet. */
  readonly behind: number;
  /** The journal's position that a command has, or that a read shows. */
  readonly position: number | undefined;
  /** Where the next page begins, where there is one. */
  readonly next: string | undefined;
}

interface Told<T> {
  data?: T | undefined;
  error?: unknown;
  response: Response;
}

const bearing: Middleware = {
  onRequest({ request }) {
    const token = session.token();
    if (token !== undefined) request.headers.set('authorization', `Bearer ${token}`);
    return request;
  },
};

export const client = createClient<paths>({
  baseUrl: globalThis.location.origin,
  // Looked up anew each time, so that tests may put another in its place.
  fetch: (request) => globalThis.fetch(request),
});
client.use(bearing);

/** Asks, and asks once more where the token had ended and another one could be had. */
export async function ask<T>(request: () => Promise<Told<T>>): Promise<Answer<T>> {
  let told = await reached(request);
  if (told.response.status === 401 && (await session.renew())) told = await reached(request);
  if (!told.response.ok) throw Problem.of(told.response, told.error);
  return {
    value: told.data as T,
    behind: number(told.response, 'x-behind') ?? 0,
    position: number(told.response, 'x-position'),
    next: told.response.headers.get('x-next-cursor') ?? undefined,
  };
}

/** A form with a file in it, which is sent as it is. */
export function form(fields: Record<string, string | Blob>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

/** A file that needs a token, given to the browser to be kept. */
export async function download(path: string, name: string): Promise<void> {
  const { value } = await ask<Blob>(async () => {
    const token = session.token();
    const response = await fetch(path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) return { response, error: await response.json().catch(() => undefined) as unknown };
    return { response, data: await response.blob() };
  });
  const address = URL.createObjectURL(value);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

async function reached<T>(request: () => Promise<Told<T>>): Promise<Told<T>> {
  try {
    return await request();
  } catch (why) {
    if (why instanceof DOMException && why.name === 'AbortError') throw why;
    throw Problem.unreachable();
  }
}

function number(response: Response, name: string): number | undefined {
  const text = response.headers.get(name);
  return text === null || text === '' ? undefined : Number(text);
}
