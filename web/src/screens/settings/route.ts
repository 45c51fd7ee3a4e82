// Where settings are, and what their address holds: which part of them is shown.

import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { root } from '../../app/root';

export const PARTS = ['own', 'users', 'keys', 'forbidden', 'engine'] as const;
export type Part = (typeof PARTS)[number];

export interface SettingsSearch {
  readonly part?: Part;
}

function search(given: Record<string, unknown>): SettingsSearch {
  const part = PARTS.find((known) => known === given['part']);
  return part === undefined ? {} : { part };
}

export const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  validateSearch: search,
  component: lazyRouteComponent(() => import('./screen'), 'Screen'),
});
