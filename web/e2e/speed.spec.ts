// How quick it is with much to show: the first row after opening, and ten thousand rows that scroll while calls come in.

import { readFileSync } from 'node:fs';

import type { Browser, Page, TestInfo } from '@playwright/test';

import type { Engine } from './engine';
import { expect, test } from './world';

const ROWS = 10_000;
const SCROLL_MS = 5_000;
const FRAMES_A_SECOND_MIN = 50;
const TASK_MS_MAX = 200;
const TRIES = 3;
const PUSHES_A_SECOND = 50;
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

interface Measured {
  readonly framesASecond: number;
  /** The longest task of the page's main thread, in milliseconds. */
  readonly longest: number;
}

/** Scrolls for five seconds, a little at each frame, with Chromium's own trace as the witness. */
async function scrolled(browser: Browser, page: Page, info: TestInfo): Promise<Measured> {
  const path = info.outputPath('trace.json');
  await browser.startTracing(page, { path, categories: ['toplevel', 'disabled-by-default-devtools.timeline', 'devtools.timeline', '__metadata'] });
  const framesASecond = await page.evaluate(async (lasts) => {
    const box = [...document.querySelectorAll<HTMLElement>('.table-box')].find(({ scrollHeight, clientHeight }) => scrollHeight > 10 * clientHeight);
    if (box === undefined) throw new Error('there is nothing to scroll');
    box.scrollTop = 0;
    const began = performance.now();
    let frames = 0;
    await new Promise<void>((done) => {
      const frame = (now: number) => {
        frames += 1;
        box.scrollTop += 60;
        if (now - began < lasts) requestAnimationFrame(frame);
        else done();
      };
      requestAnimationFrame(frame);
    });
    return (1_000 * frames) / (performance.now() - began);
  }, SCROLL_MS);
  await browser.stopTracing();
  return { framesASecond, longest: longestTask(readFileSync(path, 'utf8')) };
}

interface TraceEvent {
  readonly name: string;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args?: { readonly name?: string };
}

function longestTask(trace: string): number {
  const { traceEvents } = JSON.parse(trace) as { traceEvents: TraceEvent[] };
  const main = new Set(traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(({ pid, tid }) => `${pid}/${tid}`));
  const tasks = traceEvents.filter(({ name, pid, tid }) => main.has(`${pid}/${tid}`) && (name === 'RunTask' || name === 'ThreadControllerImpl::RunTask'));
  expect(tasks.length, 'the trace has the tasks of the page').toBeGreaterThan(100);
  return Math.max(...tasks.map(({ dur }) => (dur ?? 0) / 1_000));
}

async function open(page: Page): Promise<void> {
  await page.goto(`/ui/sessions/${SESSION}`);
  await expect(page.getByRole('table', { name: 'Natijalar' })).toHaveAttribute('aria-rowcount', /^1\d{4}$/, { timeout: 20_000 });
  await expect(page.locator('.chart canvas')).toBeVisible();
}

/** The best of several tries: whatever else this machine does meanwhile is not the page's doing. */
async function best(what: string, measure: () => Promise<Measured>): Promise<void> {
  let last: Measured | undefined;
  for (let tried = 0; tried < TRIES; tried += 1) {
    last = await measure();
    console.log(`${what}: ${last.framesASecond.toFixed(1)} frames a second, longest task ${last.longest.toFixed(0)} ms`);
    if (last.framesASecond >= FRAMES_A_SECOND_MIN && last.longest <= TASK_MS_MAX) return;
  }
  expect(last?.framesASecond).toBeGreaterThanOrEqual(FRAMES_A_SECOND_MIN);
  expect(last?.longest).toBeLessThanOrEqual(TASK_MS_MAX);
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
  await best('alone', () => scrolled(browser, page, info));
});

test('ten thousand rows scroll while calls come in', async ({ browser, page, engine }, info) => {
  await open(page);
  let number = ROWS;
  await best('with calls', async () => {
    const before = number;
    const sent: Promise<void>[] = [];
    const calls = setInterval(() => sent.push(report(engine, (number += 1))), 1_000 / PUSHES_A_SECOND);
    const measured = await scrolled(browser, page, info);
    clearInterval(calls);
    await Promise.all(sent);
    await expect(page.getByRole('table', { name: 'Natijalar' })).toHaveAttribute('aria-rowcount', String(number + 1));
    expect(number - before).toBeGreaterThan((PUSHES_A_SECOND * SCROLL_MS) / 1_000 / 2);
    return measured;
  });
});
