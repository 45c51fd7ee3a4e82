// How smoothly a long table scrolls, as Chromium's own trace has it.

import { readFileSync } from 'node:fs';

import { type Browser, expect, type Page, type TestInfo } from '@playwright/test';

const SCROLL_MS = 5_000;
export const PUSHES_A_SECOND = 50;
const FRAMES_A_SECOND_MIN = 50;
const TASK_MS_MAX = 200;
/** Where plain text gets as many, the machine can show what is asked for, and nothing but the page is to blame. */
const BARE_FRAMES_A_SECOND_MIN = 55;
/** How often a machine that is busy otherwise is waited for. */
const TRIES = 4;
/** A timer's own inexactness. */
const NEARLY = 0.98;
/** Pushes that were sent and never came to the page would be told of as a gap; some are still on their way. */
const HEARD_PART_MIN = 0.95;
const WARM_MS = 2_000;
const SETTLE_MS = 10_000;
/** Of the table at each frame: at fifty frames a second about 170 rows a second, as fast as a wheel is turned. */
const STEP_PX = 150;
const MICROSECONDS = 1_000_000;

export interface Measured {
  /** That were drawn, and not only asked for. */
  readonly framesASecond: number;
  /** The longest task of the page's main thread, in milliseconds. */
  readonly longest: number;
  /** Pushes that were caused meanwhile, where that was asked for, and which part of them came to the page. */
  readonly sentASecond?: number;
  readonly heard?: number;
}

/** Scrolls for five seconds, some way at each frame. */
export async function scrolled(browser: Browser, page: Page, info: TestInfo, sent?: () => number): Promise<Measured> {
  const path = info.outputPath('trace.json');
  const categories = ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline', 'disabled-by-default-devtools.timeline.frame', '__metadata'];
  await browser.startTracing(page, { path, categories });
  const [before, began] = [sent?.() ?? 0, Date.now()];
  await page.evaluate(async ({ lasts, step }) => {
    const box = [...document.querySelectorAll<HTMLElement>('.table-box')].find(({ scrollHeight, clientHeight }) => scrollHeight > 10 * clientHeight);
    if (box === undefined) throw new Error('there is nothing to scroll');
    box.scrollTop = 0;
    const began = performance.now();
    await new Promise<void>((done) => {
      const frame = (now: number) => {
        box.scrollTop += step;
        if (now - began < lasts) requestAnimationFrame(frame);
        else done();
      };
      requestAnimationFrame(frame);
    });
  }, { lasts: SCROLL_MS, step: STEP_PX });
  const sentASecond = (((sent?.() ?? 0) - before) * 1_000) / (Date.now() - began);
  await browser.stopTracing();
  const { traceEvents } = JSON.parse(readFileSync(path, 'utf8')) as { traceEvents: TraceEvent[] };
  return { framesASecond: drawn(traceEvents), longest: longestTask(traceEvents), ...(sent === undefined ? {} : { sentASecond }) };
}

interface TraceEvent {
  readonly name: string;
  /** When, in microseconds. */
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args?: { readonly name?: string };
}

/** Frames that came to the screen while the page scrolled. */
function drawn(events: readonly TraceEvent[]): number {
  const asked = events.filter(({ name }) => name === 'FireAnimationFrame').map(({ ts }) => ts);
  const [first, last] = [Math.min(...asked), Math.max(...asked)];
  const frames = events.filter(({ name, ts }) => name === 'DrawFrame' && ts >= first && ts <= last).length;
  return (frames * MICROSECONDS) / (last - first);
}

function longestTask(events: readonly TraceEvent[]): number {
  const main = new Set(events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(({ pid, tid }) => `${pid}/${tid}`));
  const tasks = events.filter(({ name, pid, tid }) => main.has(`${pid}/${tid}`) && (name === 'RunTask' || name === 'ThreadControllerImpl::RunTask'));
  expect(tasks.length, 'the trace has the tasks of the page').toBeGreaterThan(100);
  return Math.max(...tasks.map(({ dur }) => (dur ?? 0) / 1_000));
}

/** What this machine can show at all: as many rows as plain text, and nothing else in the page. */
async function bare(browser: Browser, info: TestInfo): Promise<Measured> {
  const page = await browser.newPage();
  try {
    const rows = '<p>+998 90 123 45 67</p>'.repeat(10_000);
    await page.setContent(`<div class="table-box" style="height: 600px; overflow: auto">${rows}</div>`);
    return await scrolled(browser, page, info);
  } finally {
    await page.close();
  }
}

/** How many of such pushes came to the page. To be asked for before the page is opened. */
export function listening(page: Page, events: readonly string[]): () => number {
  let heard = 0;
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => {
    if (events.some((event) => payload.toString().includes(`["${event}"`))) heard += 1;
  }));
  return () => heard;
}

/** Has pushes sent at an even rate, from before the page is scrolled until it was. `act` says each time that it caused one. */
export async function meanwhile(
  actsASecond: number,
  act: (caused: () => void) => Promise<unknown>,
  heard: () => number,
  measure: (sent: () => number) => Promise<Measured>,
): Promise<Measured> {
  let sent = 0;
  const acts: Promise<unknown>[] = [];
  const [before, began] = [heard(), Date.now()];
  // What a timer that came late left out is made up for.
  const timer = setInterval(() => {
    while (acts.length < ((Date.now() - began) * actsASecond) / 1_000) acts.push(act(() => (sent += 1)));
  }, 10);
  try {
    await new Promise((later) => setTimeout(later, WARM_MS));
    const measured = await measure(() => sent);
    clearInterval(timer);
    await Promise.all(acts);
    const part = () => (heard() - before) / sent;
    for (const until = Date.now() + SETTLE_MS; part() < HEARD_PART_MIN && Date.now() < until;) await new Promise((later) => setTimeout(later, 100));
    return { ...measured, heard: part() };
  } finally {
    clearInterval(timer);
  }
}

function told({ framesASecond, longest, sentASecond, heard }: Measured): string {
  const pushes = sentASecond === undefined ? '' : `, ${sentASecond.toFixed(1)} pushes sent a second, of which ${(100 * (heard ?? 0)).toFixed(0)} % came`;
  return `${framesASecond.toFixed(1)} frames a second, longest task ${longest.toFixed(0)} ms${pushes}`;
}

/**
 * Fifty frames a second, wherever plain text gets fifty-five; with fifty pushes a second, wherever they could be sent.
 * A machine that cannot do that, however often it is asked, has measured nothing: the test is skipped, and says why.
 */
export async function smooth(what: string, measure: () => Promise<Measured>, browser: Browser, info: TestInfo): Promise<void> {
  const figures: string[] = [];
  for (let tried = 0; tried < TRIES; tried += 1) {
    const plain = [(await bare(browser, info)).framesASecond];
    const ours = await measure();
    const sent = ours.sentASecond === undefined || ours.sentASecond >= NEARLY * PUSHES_A_SECOND;
    const good = ours.framesASecond >= FRAMES_A_SECOND_MIN && ours.longest <= TASK_MS_MAX;
    // That the machine could before does not say that it could meanwhile.
    if (sent && !good) plain.push((await bare(browser, info)).framesASecond);
    const could = sent && plain.every((frames) => frames >= BARE_FRAMES_A_SECOND_MIN);
    figures.push(`${what}: ${told(ours)}; plain text: ${plain.map((frames) => frames.toFixed(1)).join(' and ')} frames a second`);
    console.log(figures.at(-1));
    if (!could && !(sent && good)) continue;
    if (ours.heard !== undefined) expect(ours.heard, 'what was sent came to the page').toBeGreaterThanOrEqual(HEARD_PART_MIN);
    expect(ours.framesASecond).toBeGreaterThanOrEqual(FRAMES_A_SECOND_MIN);
    expect(ours.longest).toBeLessThanOrEqual(TASK_MS_MAX);
    return;
  }
  info.skip(true, `this machine cannot: ${figures.join(' | ')}`);
}
