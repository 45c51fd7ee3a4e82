// The root of all routes. Each screen hangs its own below it, in `screens/<name>/route.ts`.

import { createRootRoute } from '@tanstack/react-router';

import { Broken, Missing } from './missing';
import { Shell } from './shell';

export const root = createRootRoute({ component: Shell, notFoundComponent: Missing, errorComponent: Broken });
