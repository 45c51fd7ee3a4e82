// How the dashboard is built into `assets/app`, where the crate `web` finds it, and how its units are tested.

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// While somebody works on the dashboard, an engine at its usual place answers. Pages and engine keep one name, as when they are one.
const engine = { target: 'http://localhost:3000', ws: true };

export default defineConfig({
  base: '/ui/',
  plugins: [react()],
  build: {
    outDir: 'assets/app',
    target: 'es2022',
    // The engine lets no page run or read anything that is not a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    chunkSizeWarningLimit: 500,
  },
  server: {
    proxy: Object.fromEntries(
      ['/audit', '/auth', '/auto-calling', '/calls', '/docs', '/events', '/health', '/kerio', '/keys', '/metrics', '/projections', '/restore', '/settings', '/socket.io', '/status', '/users']
        .map((path) => [path, engine]),
    ),
  },
  test: { environment: 'happy-dom', include: ['units/**/*.test.{ts,tsx}'], setupFiles: ['units/setup.ts'] },
});
