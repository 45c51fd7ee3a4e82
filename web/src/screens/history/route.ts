// Where the history is. Which calls are looked for stands in the address, so that it can be shared and gone back to.

import { createRoute } from '@tanstack/react-router';

import { root } from '../../app/root';
import { screen } from '../../app/screen';

export const FILTERS = ['source', 'status', 'direction', 'number', 'extension', 'session', 'campaign', 'from', 'to'] as const;
export type Filter = (typeof FILTERS)[number];
export type HistorySearch = { readonly [Name in Filter]?: string };

/** Digits alone come out of an address as a number. */
function search(given: Record<string, unknown>): HistorySearch {
  const told = FILTERS.map((name): [string, unknown] => [name, given[name]]);
  const texts = told.map(([name, value]): [string, string] => [name, typeof value === 'string' || typeof value === 'number' ? String(value) : '']);
  return Object.fromEntries(texts.filter(([, value]) => value !== ''));
}

/** What of it is asked, where not all of it can be. */
export function only<Name extends Filter>(asked: HistorySearch, names: readonly Name[]): { readonly [Kept in Name]?: string } {
  return Object.fromEntries(names.map((name) => [name, asked[name]]).filter(([, value]) => value !== undefined)) as { [Kept in Name]?: string };
}

export const history = createRoute({
  getParentRoute: () => root,
  path: '/history',
  validateSearch: search,
  component: screen(() => import('./screen'), 'Screen'),
});
