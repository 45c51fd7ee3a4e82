// Where sessions are: the list with what starts one, and each of them. What is looked for stands in the address, so that it can be shared.

import { createRoute } from '@tanstack/react-router';

import { root } from '../../app/root';
import { screen } from '../../app/screen';

export interface SessionSearch {
  readonly q?: string;
  readonly status?: string;
}

function search(given: Record<string, unknown>): SessionSearch {
  const text = (name: string) => (typeof given[name] === 'string' && given[name] !== '' ? { [name]: given[name] } : {});
  return { ...text('q'), ...text('status') };
}

export const sessions = createRoute({
  getParentRoute: () => root,
  path: '/sessions',
  validateSearch: search,
  component: screen(() => import('./screen'), 'Screen'),
});

export const session = createRoute({
  getParentRoute: () => root,
  path: '/sessions/$id',
  validateSearch: search,
  component: screen(() => import('./session'), 'SessionScreen'),
});
