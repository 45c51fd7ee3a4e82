// Every screen at its address below /ui/. The code of each comes when somebody first goes there.

import { createRoute, createRouter, redirect } from '@tanstack/react-router';

import { audit, audited } from '../screens/audit/route';
import { campaign, campaigns } from '../screens/campaigns/route';
import { contact, contacts } from '../screens/contacts/route';
import { history } from '../screens/history/route';
import { live } from '../screens/live/route';
import { session, sessions } from '../screens/sessions/route';
import { settings } from '../screens/settings/route';
import { system } from '../screens/system/route';
import { arrive } from '../parts/heading';
import { Broken } from './missing';
import { root } from './root';

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/sessions', replace: true });
  },
});

const routes = root.addChildren([start, sessions, session, campaigns, campaign, contacts, contact, live, history, audit, audited, system, settings]);

export const router = createRouter({ routeTree: routes, basepath: '/ui', defaultPreload: 'intent', defaultErrorComponent: Broken, scrollRestoration: true });
router.subscribe('onRendered', ({ pathChanged, fromLocation }) => {
  if (pathChanged && fromLocation !== undefined) arrive();
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
