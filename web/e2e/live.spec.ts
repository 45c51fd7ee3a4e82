// The exchange as it is watched: a pop-up on whatever screen, who talks and for how long, who was missed, and the watch itself.

import type { Page } from '@playwright/test';

import { Engine } from './engine';
import { test } from './exchange';
import { expect, fair, look, prefer } from './world';

const popups = (page: Page) => page.getByRole('log', { name: 'Kiruvchi qo\'ng\'iroq' }).getByRole('article');

test('a call that comes in is told of on every screen, and is gone when it ends', async ({ page, exchange }) => {
  await page.goto('/ui/sessions');
  await expect(page.getByText('Ulangan')).toBeVisible();
  const call = await exchange.ring('+998901234567', '1001');
  const popup = popups(page);
  await expect(popup).toHaveCount(1);
  await expect(popup.getByRole('heading')).toHaveText('Kiruvchi qo\'ng\'iroq');
  expect(await popup.getByRole('paragraph').allTextContents()).toEqual(['Raqam: +998 90 123 45 67', 'Extension: 1001', 'Holat: Kelyapti']);
  // Read out at once, and nobody who types is disturbed.
  await expect(page.getByRole('log')).toHaveAttribute('aria-live', 'assertive');
  expect(await page.evaluate(() => document.activeElement?.closest('.incoming'))).toBeNull();
  await page.getByRole('link', { name: 'Tarix' }).click();
  await expect(popup).toHaveCount(1);
  await exchange.turn(call, 'hang_up');
  await expect(popup).toHaveCount(0);
});

test('several at once: the last is shown, the rest counted and unfolded', async ({ page, exchange }) => {
  await page.goto('/ui/history');
  await expect(page.getByText('Ulangan')).toBeVisible();
  const calls: string[] = [];
  for (const last of ['1', '2', '3', '4']) {
    calls.push(await exchange.ring(`99890123450${last}`, `100${last}`));
    await expect(popups(page)).toContainText(`+998 90 123 45 0${last}`);
  }
  await expect(popups(page)).toHaveCount(1);
  await expect(page.getByText('Yana kutmoqda: 3')).toBeVisible();
  await look(page, 'incoming');
  await popups(page).getByRole('button', { name: 'Yopish' }).click();
  await expect(popups(page)).toContainText('+998 90 123 45 03');
  await page.getByRole('button', { name: 'Yana kutmoqda: 2' }).click();
  await expect(popups(page)).toHaveCount(3);
  await look(page, 'incoming-unfolded');
  for (const call of calls) await exchange.turn(call, 'hang_up');
  await expect(popups(page)).toHaveCount(0);
});

/** How far a pop-up reaches into what is to be pressed. */
async function covered(page: Page, name: string): Promise<boolean> {
  const [popup, button] = [await popups(page).boundingBox(), await page.getByRole('button', { name, exact: true }).boundingBox()];
  if (popup === null || button === null) throw new Error(`${name} is not shown`);
  return popup.x < button.x + button.width && button.x < popup.x + popup.width && popup.y < button.y + button.height && button.y < popup.y + popup.height;
}

test('a pop-up covers nothing that has to be pressed, and is reached over an open dialog', async ({ page, exchange }) => {
  await page.goto('/ui/contacts');
  await expect(page.getByText('Ulangan')).toBeVisible();
  const call = await exchange.ring('998901234567', '1001');
  await expect(popups(page)).toHaveCount(1);
  for (const size of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
    await page.setViewportSize(size);
    expect(await covered(page, 'Yangi kontakt')).toBe(false);
    const [popup, bar] = [await popups(page).boundingBox(), await page.getByRole('navigation').boundingBox()];
    if (popup === null || bar === null) throw new Error('nothing is shown');
    if (size.width < 720) expect(popup.y + popup.height).toBeLessThanOrEqual(bar.y);
    expect(popup.y).toBeGreaterThan(size.height / 2);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('button', { name: 'Yangi kontakt' }).click();
  await page.getByRole('dialog').getByLabel('Ism').fill('Aziza');
  await look(page, 'incoming-dialog');
  await popups(page).getByRole('button', { name: 'Yopish' }).click();
  await expect(popups(page)).toHaveCount(0);
  await expect(page.getByRole('dialog').getByLabel('Ism')).toHaveValue('Aziza');
  await exchange.turn(call, 'hang_up');
});

test('while the engine is away nothing pretends to go on', async ({ page, exchange, complaints }) => {
  const engine = await Engine.start(exchange.settings);
  const calls: string[] = [];
  try {
    await page.goto(`${engine.url}/ui/live`);
    const talking = page.getByRole('region', { name: 'Suhbatda' });
    await expect(page.getByText('Stansiya bilan aloqa bor')).toBeVisible();
    calls.push(await exchange.ring('998901112233', '1001'));
    // Only of a call that was seen to ring is known when it was answered.
    await expect(popups(page)).toHaveCount(1);
    await exchange.turn(calls[0] ?? '', 'answer');
    calls.push(await exchange.ring('998901112244', '1002'));
    await expect(popups(page)).toContainText('Holat: Kelyapti');
    const clock = talking.getByRole('time');
    await expect(clock).toHaveText(/^0:0[1-9]$/);
    await engine.halt('SIGKILL');
    await expect(popups(page)).toContainText('Holat: Aloqa yo\'q');
    const stopped = await clock.textContent();
    await expect(page.locator('h1 ~ .stale')).toHaveText(/\d\d:\d\d:\d\d/);
    await expect(page.getByText('Stansiya bilan aloqa bor')).toHaveCount(0);
    // By then the clock would have moved on.
    await expect(page.getByText('Dvigatel bilan aloqa uzildi.')).toBeVisible();
    expect(await clock.textContent()).toBe(stopped);
    await look(page, 'live-offline');
  } finally {
    await page.close();
    for (const call of calls) await exchange.turn(call, 'hang_up');
    await engine.stop();
  }
  complaints.length = 0;
});

test('ringing, talking with a duration that runs, then missed', async ({ page, exchange }) => {
  await page.goto('/ui/live');
  const [ringing, talking] = [page.getByRole('region', { name: 'Jiringlamoqda' }), page.getByRole('region', { name: 'Suhbatda' })];
  await expect(ringing.getByText('Hozir hech kim qo\'ng\'iroq qilmayapti')).toBeVisible();
  const answered = await exchange.ring('998901112233', '1001');
  await expect(ringing.getByRole('listitem')).toContainText('998 90 111 22 33');
  await exchange.turn(answered, 'answer');
  await expect(talking.getByRole('listitem')).toContainText('Extension: 1001');
  await expect(popups(page)).toHaveCount(0);
  const clock = talking.getByRole('time');
  await expect(clock).toHaveText(/^0:0[1-9]$/);
  const before = await clock.textContent();
  await expect(clock).not.toHaveText(before ?? '');
  const waits = await exchange.ring('998935556677', '1002');
  await expect(popups(page)).toHaveCount(1);
  await popups(page).getByRole('button', { name: 'Yopish' }).click();
  await expect(ringing.getByRole('listitem')).toHaveCount(1);
  await look(page, 'live');
  await exchange.turn(waits, 'hang_up');
  await expect(ringing.getByRole('listitem')).toHaveCount(0);
  const missed = page.getByRole('table', { name: 'Bugungi javobsiz qo\'ng\'iroqlar' });
  await expect(missed.getByText('998 93 555 66 77')).toBeVisible();
  await exchange.turn(answered, 'hang_up');
  await expect(talking.getByText('Hozir suhbat yo\'q')).toBeVisible();
  await missed.getByRole('link', { name: '998 93 555 66 77' }).click();
  await expect(page).toHaveURL(/\/ui\/history\?.*source=pbx/);
});

test('the watch says how it stands, and synchronises when asked', async ({ page, engine }) => {
  await page.goto('/ui/live');
  const watch = page.getByRole('region', { name: 'Kuzatuv holati' });
  await expect(watch.getByText('Stansiya bilan aloqa bor')).toBeVisible();
  // Each fact on a line of its own, name and value beside each other.
  const lines = await watch.locator('dl > div').evaluateAll((facts) => facts.map((fact) => fact.getBoundingClientRect().height));
  expect(Math.max(...lines)).toBeLessThan(30);
  const before = await engine.api<{ lastSync: string }>('GET', '/kerio/status');
  await watch.getByRole('button', { name: 'Hozir sinxronlash' }).click();
  await expect(page.getByText('Sinxronlash so\'raldi.')).toBeVisible();
  await expect.poll(async () => (await engine.api<{ lastSync: string }>('GET', '/kerio/status')).lastSync).not.toBe(before.lastSync);
});

test('an exchange that lets nobody in is an alarm', async ({ page, exchange }) => {
  await page.goto('/ui/live');
  const watch = page.getByRole('region', { name: 'Kuzatuv holati' });
  await exchange.faults('forbidden');
  try {
    await expect(watch.getByRole('alert')).toContainText('Hisobning huquqi yetarli emas.', { timeout: 30_000 });
    await look(page, 'live-refused');
  } finally {
    await exchange.faults('');
  }
  await watch.getByRole('button', { name: 'Hozir sinxronlash' }).click();
  await expect(watch.getByRole('alert')).toHaveCount(0, { timeout: 30_000 });
  await expect(watch.getByText('Stansiya bilan aloqa bor')).toBeVisible();
});

test('other languages are whole', async ({ page }) => {
  await prefer(page, { language: 'ru' });
  await page.goto('/ui/live');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Эфир');
  await expect(page.getByText('Связь со станцией есть')).toBeVisible();
  await look(page, 'live-ru');
});

test('who may only look is not offered what would be refused', async ({ page, engine }) => {
  await page.addInitScript((token) => sessionStorage.setItem('karnay.token', token), engine.token('auditor'));
  await page.goto('/ui/live');
  const watch = page.getByRole('region', { name: 'Kuzatuv holati' });
  await expect(watch.getByText('Stansiya bilan aloqa bor')).toBeVisible();
  await expect(watch.getByRole('button')).toHaveCount(0);
});

/** An engine of its own for what is shown, as these settings make it. */
async function at(page: Page, settings: Record<string, string>, shown: () => Promise<void>): Promise<void> {
  const engine = await Engine.start(settings);
  try {
    await page.goto(`${engine.url}/ui/live`);
    await shown();
    // Before the engine is gone, of which the page would complain.
    await page.goto('about:blank');
  } finally {
    await engine.stop();
  }
}

test.describe('another exchange', () => {
  test('that is none says what to do', async ({ page }) => {
    await at(page, { KERIO_PBX_HOST: '' }, async () => {
      await expect(page.getByText('Telefon stansiyasi kuzatilmayapti')).toBeVisible();
      await expect(page.getByText('KERIO_PBX_HOST')).toBeVisible();
      await fair(page, 'live without an exchange');
    });
  });

  test('that is simulated is marked', async ({ page }) => {
    await at(page, { KERIO_PBX_HOST: 'simulated' }, async () => {
      await expect(page.getByText('Simulyatsiya', { exact: true })).toBeVisible();
    });
  });
});

test('who talked already when the watch began is said to talk at least since then', async ({ page, exchange }) => {
  const call = await exchange.ring('998907778899', '1003');
  await exchange.turn(call, 'answer');
  try {
    await at(page, exchange.settings, async () => {
      const clock = page.getByRole('region', { name: 'Suhbatda' }).getByRole('time');
      await expect(clock).toHaveText(/^≥ \d:\d\d$/);
      await expect(clock).toHaveAttribute('title', /^Kamida shuncha/);
      const before = await clock.textContent();
      await expect(clock).not.toHaveText(before ?? '');
    });
  } finally {
    await exchange.turn(call, 'hang_up');
  }
});
