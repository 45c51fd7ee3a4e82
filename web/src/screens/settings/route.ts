// Where settings are, and what their address holds: which part of them is shown.

import { createRoute } from '@tanstack/react-router';

import { root } from '../../app/root';
import { screen } from '../../app/screen';

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
  component: screen(() => import('./screen'), 'Screen'),
});
