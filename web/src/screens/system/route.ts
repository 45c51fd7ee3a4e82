// Where the screen "system" is, and what its address holds: which part of it is shown.

import { createRoute } from '@tanstack/react-router';

import { root } from '../../app/root';
import { screen } from '../../app/screen';

export const PARTS = ['projections', 'actors', 'quarantine', 'parked'] as const;
export type Part = (typeof PARTS)[number];

export interface SystemSearch {
  readonly part?: Part;
}

function search(given: Record<string, unknown>): SystemSearch {
  const part = PARTS.find((known) => known === given['part']);
  return part === undefined ? {} : { part };
}

export const system = createRoute({
  getParentRoute: () => root,
  path: '/system',
  validateSearch: search,
  component: screen(() => import('./screen'), 'Screen'),
});
