// Where the screen "campaigns" is, and what its address holds.

import { createRoute, lazyRouteComponent } from '@tanstack/react-router';

import { root } from '../../app/root';

export const campaigns = createRoute({
  getParentRoute: () => root,
  path: '/campaigns',
  component: lazyRouteComponent(() => import('./screen'), 'Screen'),
});
