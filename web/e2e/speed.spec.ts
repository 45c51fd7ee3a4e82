// How quick it is with much to show: the first row after opening, and ten thousand rows that scroll while calls come in.

import type { Page } from '@playwright/test';

import type { Engine } from './engine';
import { listening, meanwhile, PUSHES_A_SECOND, scrolled, smooth } from './scrolling';
import { expect, test } from './world';

const ROWS = 10_000;
const FIRST_ROW_MS_MAX = 2_000;
const SESSION = 'session-1738862891234-speed1';
const STATUSES = ['ANSWERED', 'NO_ANSWER', 'BUSY', 'FAILED', 'CONNECTED_TO_OPERATOR', 'REJECTED'] as const;

// Playwright's own trace would take pictures of ten thousand rows meanwhile.
test.use({ trace: 'off', settings: { UNKNOWN_SESSION: 'create', LOG: 'warn' } });

async function report(engine: Engine, number: number): Promise<void> {
  const body = { sessionId: SESSION, phoneNumber: `+99890${1_000_000 + number}`, callStatus: STATUSES[number % STATUSES.length], callDuration: number % 120, operatorName: `Operator ${number % 40}` };
  await engine.api('POST', '/calls/result', body);
}

test.beforeAll(async ({ engine }) => {
  const at_once = 100;
  for (let begun = 0; begun < ROWS; begun += at_once) {
    await Promise.all(Array.from({ length: at_once }, (_, number) => report(engine, begun + number)));
  }
});

async function open(page: Page): Promise<void> {
  await page.goto(`/ui/sessions/${SESSION}`);
  await expect(page.getByRole('table', { name: 'Natijalar' })).toHaveAttribute('aria-rowcount', /^1\d{4}$/, { timeout: 20_000 });
  await expect(page.locator('.chart canvas')).toBeVisible();
}

test('the first row can be clicked soon after opening', async ({ page }) => {
  const began = Date.now();
  await page.goto('/');
  await page.getByRole('table', { name: 'Sessiyalar' }).getByRole('link').first().click();
  await expect(page).toHaveURL(/session-/);
  const took = Date.now() - began;
  console.log(`the first row was clicked after ${took} ms`);
  expect(took).toBeLessThanOrEqual(FIRST_ROW_MS_MAX);
});

test('ten thousand rows scroll', async ({ browser, page }, info) => {
  await open(page);
  await smooth('alone', () => scrolled(browser, page, info), browser, info);
});

test('ten thousand rows scroll while calls come in', async ({ browser, page, engine }, info) => {
  const heard = listening(page, ['call-result']);
  await open(page);
  let number = ROWS;
  const call = async (caused: () => void) => {
    await report(engine, (number += 1));
    caused();
  };
  await smooth('with calls', async () => {
    const measured = await meanwhile(PUSHES_A_SECOND, call, heard, (sent) => scrolled(browser, page, info, sent));
    await expect(page.getByRole('table', { name: 'Natijalar' })).toHaveAttribute('aria-rowcount', String(number + 1));
    return measured;
  }, browser, info);
});
