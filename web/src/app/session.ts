// Who is in: the token, kept in memory and for this tab alone, and what the engine says whose it is.
// On this machine, where the engine lets its page in by itself, nobody is asked for a password; otherwise signing in is.

import { useSyncExternalStore } from 'react';

import { Problem } from '../api/problem';

export const ROLES = ['auditor', 'operator', 'manager', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface Person {
  readonly username: string;
  readonly role: Role;
  readonly organizationId: string;
  readonly scopes: readonly string[];
  /** Whether it can be signed out; whoever is in by itself cannot. */
  readonly signedIn: boolean;
  /** Far ends that the engine plays itself. */
  readonly simulated: readonly string[];
}

export type State =
  | { readonly kind: 'opening' }
  | { readonly kind: 'in'; readonly person: Person }
  /** `ended` is whether somebody was in before. */
  | { readonly kind: 'out'; readonly ended: boolean }
  | { readonly kind: 'broken'; readonly problem: Problem };

const KEPT = 'karnay.token';

let token = sessionStorage.getItem(KEPT) ?? undefined;
let state: State = { kind: 'opening' };
let renewing: Promise<boolean> | undefined;
const watching = new Set<() => void>();

function move(next: State): void {
  state = next;
  for (const told of watching) told();
}

function keep(given: string | undefined): void {
  token = given;
  if (given === undefined) sessionStorage.removeItem(KEPT);
  else sessionStorage.setItem(KEPT, given);
}

// Without the client, which asks here for its token.
async function send(path: string, body?: unknown, method = 'POST'): Promise<Response> {
  const headers: Record<string, string> = {};
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  try {
    return await fetch(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  } catch {
    throw Problem.unreachable();
  }
}

async function told(response: Response): Promise<Problem> {
  return Problem.of(response, await response.json().catch(() => undefined));
}

async function person(): Promise<Person | undefined> {
  if (token === undefined) return undefined;
  const response = await send('/auth/me', undefined, 'GET');
  if (response.ok) return (await response.json()) as Person;
  if (response.status === 401) return undefined;
  throw await told(response);
}

async function openByItself(): Promise<boolean> {
  keep(undefined);
  const response = await send('/auth/open');
  if (response.ok) {
    keep(((await response.json()) as { token: string }).token);
    return true;
  }
  if (response.status < 500) return false;
  throw await told(response);
}

export const session = {
  token: () => token,
  state: () => state,

  watch: (told: () => void): (() => void) => {
    watching.add(told);
    return () => watching.delete(told);
  },

  /** With the token of before, or by itself, or not at all. */
  async open(): Promise<void> {
    const before = token !== undefined;
    try {
      let found = await person();
      if (found === undefined && (await openByItself())) found = await person();
      move(found === undefined ? { kind: 'out', ended: before } : { kind: 'in', person: found });
    } catch (why) {
      move({ kind: 'broken', problem: Problem.from(why) });
    }
  },

  /** After a 401: another token by itself, or back to the sign-in. Asked by many at once, done once. */
  renew(): Promise<boolean> {
    renewing ??= renewed().finally(() => {
      renewing = undefined;
    });
    return renewing;
  },

  async signIn(username: string, password: string): Promise<void> {
    keep(undefined);
    const response = await send('/auth/login', { username, password });
    if (!response.ok) throw await told(response);
    keep(((await response.json()) as { token: string }).token);
    await session.open();
  },

  async signOut(): Promise<void> {
    await send('/auth/logout').catch(() => undefined);
    keep(undefined);
    move({ kind: 'out', ended: false });
  },
};

async function renewed(): Promise<boolean> {
  try {
    if (await openByItself()) return true;
  } catch {
    return false;
  }
  move({ kind: 'out', ended: true });
  return false;
}

export function useSession(): State {
  return useSyncExternalStore(session.watch, session.state);
}

/** Whoever is in. Only below the shell, which shows nothing to anybody else. */
export function usePerson(): Person {
  const now = useSession();
  if (now.kind !== 'in') throw new Error('nobody is in');
  return now.person;
}

export function atLeast(person: Person, role: Role): boolean {
  return ROLES.indexOf(person.role) >= ROLES.indexOf(role);
}
