// Where the screen "audit" is, and what its address holds.

import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { root } from '../../app/root';

export const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  component: lazyRouteComponent(() => import('./screen'), 'Screen'),
});
