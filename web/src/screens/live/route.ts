// Where the screen "live" is, and what its address holds.

import { createRoute } from '@tanstack/react-router';

import { root } from '../../app/root';
import { screen } from '../../app/screen';

export const live = createRoute({
  getParentRoute: () => root,
  path: '/live',
  component: screen(() => import('./screen'), 'Screen'),
});
