// Where the screen "system" is, and what its address holds.

import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { root } from '../../app/root';

export const system = createRoute({
  getParentRoute: () => root,
  path: '/system',
  component: lazyRouteComponent(() => import('./screen'), 'Screen'),
});
