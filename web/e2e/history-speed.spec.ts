// Ten thousand calls of the history: read page by page as one scrolls, then scrolled while nothing happens and while much does.

import type { Page } from '@playwright/test';

import type { Engine } from './engine';
import { type Exchange, test } from './exchange';
import { listening, meanwhile, PUSHES_A_SECOND, scrolled, smooth } from './scrolling';
import { expect } from './world';

const ROWS = 10_000;
const OVER_SECONDS = 20 * 86_400;
const SESSION = 'session-1738862891234-speedy';

// Playwright's own trace would take pictures of ten thousand rows meanwhile.
test.use({ trace: 'off' });

interface Page1000 {
  readonly rows: number;
  readonly next: string | null;
}

async function page1000(engine: Engine, cursor: string | null): Promise<Page1000> {
  const answer = await fetch(`${engine.url}/kerio/calls?limit=1000${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
  return { rows: ((await answer.json()) as unknown[]).length, next: answer.headers.get('x-next-cursor') };
}

async function known(engine: Engine): Promise<number> {
  let [rows, cursor]: [number, string | null] = [0, null];
  do {
    const page = await page1000(engine, cursor);
    rows += page.rows;
    cursor = page.next;
  } while (cursor !== null);
  return rows;
}

test.beforeAll(async ({ engine, exchange }) => {
  test.setTimeout(180_000);
  await exchange.log(ROWS, OVER_SECONDS);
  await engine.api('POST', '/kerio/sync');
  await expect.poll(() => known(engine), { timeout: 150_000, intervals: [1_000] }).toBeGreaterThanOrEqual(ROWS);
});

/** Opened, and scrolled down until all of it is there. */
async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  const table = page.getByRole('table', { name: 'Qo\'ng\'iroqlar' });
  await expect(async () => {
    await page.locator('.table-box').evaluate((box) => {
      box.scrollTop = box.scrollHeight;
    });
    expect(Number(await table.getAttribute('aria-rowcount'))).toBeGreaterThan(ROWS);
  }).toPass({ timeout: 30_000, intervals: [150] });
}

test('the history scrolls', async ({ browser, page }, info) => {
  await open(page, '/ui/history');
  await smooth('history, alone', () => scrolled(browser, page, info), browser, info);
});

test('the history scrolls while results come in', async ({ browser, page, engine }, info) => {
  const heard = listening(page, ['call-result']);
  await open(page, '/ui/history');
  let turn = 0;
  const report = async (caused: () => void) => {
    turn += 1;
    await engine.api('POST', '/calls/result', { sessionId: SESSION, phoneNumber: `+99890${1_000_000 + turn}`, callStatus: 'ANSWERED', callDuration: turn % 90 });
    caused();
  };
  await smooth('history, with results', () => meanwhile(PUSHES_A_SECOND, report, heard, (sent) => scrolled(browser, page, info, sent)), browser, info);
  await expect(page.getByRole('button', { name: 'Yangi qo\'ng\'iroqlar bor. Ko\'rsatish' })).toBeVisible();
});

/** Rings, and ends once the engine has looked. Each call is told of twice: that it rings, and that it is over. */
async function rush(exchange: Exchange, turn: number, caused: () => void): Promise<void> {
  const call = await exchange.ring(`99890${2_000_000 + turn}`, String(1_001 + (turn % 8)));
  caused();
  await new Promise((later) => setTimeout(later, 1_500));
  await exchange.turn(call, 'hang_up');
  caused();
}

test('the history scrolls while telephones ring', async ({ browser, page, exchange }, info) => {
  const heard = listening(page, ['incoming_call', 'call_status']);
  await open(page, '/ui/history?source=pbx');
  let turn = 0;
  const act = (caused: () => void) => rush(exchange, (turn += 1), caused);
  await smooth('history, with telephones', () => meanwhile(PUSHES_A_SECOND / 2, act, heard, (sent) => scrolled(browser, page, info, sent)), browser, info);
});
