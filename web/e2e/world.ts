// What every test of a screen stands on: an engine for the file, a page that complains of nothing, and a way to look at a screen
// in both themes, on a desk and on a phone.

import { join } from 'node:path';

import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test as base } from '@playwright/test';

import { Engine, type Settings } from './engine';

export { expect } from '@playwright/test';

const SHOTS = join(import.meta.dirname, 'shots');
const WIDTHS = [{ width: 1440, height: 900 }, { width: 390, height: 844 }] as const;

interface Own {
  /** What the page said to its console that it should not have. */
  readonly complaints: string[];
}

interface Shared {
  /** How the file's engine differs from others: `test.use({ settings: { CALLS_AUTH: 'token' } })`. */
  readonly settings: Settings;
  /** Files of one name share an engine, and what the tests of one leave there the others meet. A name of its own keeps a file alone. */
  readonly house: string;
  readonly engine: Engine;
}

export const test = base.extend<Own, Shared>({
  settings: [{}, { scope: 'worker', option: true }],
  house: ['', { scope: 'worker', option: true }],
  engine: [
    // eslint-disable-next-line @typescript-eslint/no-unused-vars -- that they differ is what makes two of them
    async ({ settings, house: _ }, give) => {
      const engine = await Engine.start(settings);
      await give(engine);
      await engine.stop();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ engine }, give) => give(engine.url),
  // A page that breaks its own policy, or throws, has failed whatever else it shows.
  complaints: [
    async ({ page }, give) => {
      const complaints: string[] = [];
      page.on('pageerror', (why) => complaints.push(why.message));
      page.on('console', (said) => {
        // That something was answered with 4xx is for the test to judge.
        if (said.type() === 'error' && !said.text().startsWith('Failed to load resource')) complaints.push(said.text());
      });
      await give(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

export interface Looks {
  readonly language?: 'uz' | 'uz-Cyrl' | 'ru' | 'en';
  readonly theme?: 'system' | 'light' | 'dark';
  readonly zone?: string;
}

/** As if somebody had chosen so before. To be called before the page is opened. */
export async function prefer(page: Page, looks: Looks): Promise<void> {
  await page.addInitScript((kept) => localStorage.setItem('karnay.preferences', kept), JSON.stringify(looks));
}

/** Pictures of a screen as it is now, four of them; and in each nothing that axe finds serious, and no sideways scrolling. */
export async function look(page: Page, name: string): Promise<void> {
  const before = page.viewportSize() ?? WIDTHS[0];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const size of WIDTHS) {
      await page.setViewportSize(size);
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      await page.screenshot({ path: join(SHOTS, `${name}-${colorScheme}-${size.width}.png`), fullPage: true });
      await fits(page, `${name} at ${size.width}`);
      await fair(page, `${name}, ${colorScheme}, at ${size.width}`);
    }
    await page.emulateMedia({ colorScheme, reducedMotion: 'no-preference' });
    if (await still(page)) await fair(page, `${name}, ${colorScheme}, in motion`);
    await page.evaluate(() => document.getAnimations().forEach((motion) => motion.play()));
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}

/** Everything that moves, if anything does, is held where it is seen worst: what goes on for ever half way, what happens once where it begins. */
async function still(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    for (const motion of document.getAnimations()) {
      const { duration, iterations } = motion.effect?.getTiming() ?? {};
      motion.pause();
      motion.currentTime = iterations === Infinity && typeof duration === 'number' ? duration / 2 : 0;
    }
    return document.getAnimations().length > 0;
  });
}

async function fits(page: Page, what: string): Promise<void> {
  const [wants, has] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth] as const);
  expect(wants, `${what} scrolls sideways`).toBeLessThanOrEqual(has);
}

/** For everybody: nothing that axe calls serious or worse. */
export async function fair(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const told = grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary ?? ''}`).join('\n')}`);
  expect(told, what).toEqual([]);
}
