// Where the dashboard begins.

import './looks/base.css';
import './looks/parts.css';
import './looks/shell.css';

import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { queries } from './api/queries';
import { show } from './app/preferences';
import { router } from './app/router';
import { session } from './app/session';

// The engine shows the same page at its root.
if (location.pathname === '/') history.replaceState(null, '', '/ui/');
// A file that misses its place would have the browser show it instead of the page.
for (const kind of ['dragover', 'drop'] as const) addEventListener(kind, (event) => event.preventDefault());
show();
void session.open();

const place = document.getElementById('root');
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
