// Tests of the screens in a real Chromium, against the real engine: the debug build, started by the tests.

import { execFileSync } from 'node:child_process';

import { defineConfig } from '@playwright/test';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'];

function browser(): string {
  for (const name of BROWSERS) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    } catch {
      // The next one.
    }
  }
  throw new Error(`none of ${BROWSERS.join(', ')} is installed; .ci/needs test installs one`);
}

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  // Engines, browsers and what is measured would take the time of each other.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  use: {
    launchOptions: {
      executablePath: browser(),
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
    },
    viewport: { width: 1440, height: 900 },
    locale: 'en-US',
    timezoneId: 'UTC',
    trace: 'retain-on-failure',
  },
});
