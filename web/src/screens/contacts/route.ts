// Where contacts are: the list, what was imported, and each of them. What is looked for stands in the address, so that it can be shared.

import { createRoute } from '@tanstack/react-router';

import { root } from '../../app/root';
import { screen } from '../../app/screen';

export interface ContactsSearch {
  readonly q?: string;
  readonly status?: string;
  /** `true` or `false`. */
  readonly isCalled?: string;
  readonly campaign?: string;
  readonly importId?: string;
  /** What is shown instead of contacts. */
  readonly part?: 'imports';
}

export interface ContactSearch {
  /** In which one is explained. */
  readonly campaign?: string;
}

const NAMES = ['q', 'status', 'isCalled', 'campaign', 'importId'] as const;

function text(given: Record<string, unknown>, names: readonly string[]): Record<string, string> {
  // The router reads `true` and digits as what they look like.
  const told = (value: unknown) => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '');
  return Object.fromEntries(names.map((name) => [name, told(given[name])] as const).filter(([, value]) => value !== ''));
}

export const contacts = createRoute({
  getParentRoute: () => root,
  path: '/contacts',
  validateSearch: (given: Record<string, unknown>): ContactsSearch => ({ ...text(given, NAMES), ...(given['part'] === 'imports' ? { part: 'imports' } : {}) }),
  component: screen(() => import('./screen'), 'Screen'),
});

export const contact = createRoute({
  getParentRoute: () => root,
  path: '/contacts/$id',
  validateSearch: (given: Record<string, unknown>): ContactSearch => text(given, ['campaign']),
  component: screen(() => import('./contact'), 'ContactScreen'),
});
