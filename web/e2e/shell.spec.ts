// What is around every screen: it stays whatever becomes of a screen, says where one is, and keeps the focus where it belongs.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { Engine } from './engine';
import { expect, test } from './world';

const BUILT = join(import.meta.dirname, '../assets/app/.vite/manifest.json');

/** The file that holds a screen. */
function chunk(screen: string): string {
  const built = JSON.parse(readFileSync(BUILT, 'utf8')) as Record<string, { file: string }>;
  return `**/${built[`src/screens/${screen}/screen.tsx`]?.file ?? ''}`;
}

async function around(page: Page): Promise<void> {
  await expect(page.getByRole('banner')).toBeVisible();
  await expect(page.getByRole('navigation')).toBeVisible();
}

test.describe('a screen that cannot be fetched', () => {
  test('leaves the rest alone, and comes when it can', async ({ page }) => {
    await page.route(chunk('campaigns'), (route) => route.abort());
    await page.route('**/ui/', (route) => route.abort());
    await page.goto('/ui/sessions');
    await page.getByRole('link', { name: 'Kampaniyalar' }).click();
    await expect(page.getByText('Bu bo\'limni yuklab bo\'lmadi')).toBeVisible();
    await expect(page.getByText('Dvigatel javob bermayapti.')).toBeVisible();
    await around(page);
    await page.getByRole('link', { name: 'Sozlamalar' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sozlamalar');
    await page.getByRole('link', { name: 'Kampaniyalar' }).click();
    await expect(page.getByRole('button', { name: 'Qayta urinish' })).toBeVisible();
    const looked = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/ui/'));
    await page.getByRole('button', { name: 'Qayta urinish' }).click();
    await looked;
    await expect(page.getByText('Bu bo\'limni yuklab bo\'lmadi')).toBeVisible();
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Qayta urinish' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Kampaniyalar');
  });

  test('since another build took the place of this one is fetched from that', async ({ page }) => {
    let gone = true;
    await page.route(chunk('campaigns'), (route) => (gone ? route.fulfill({ status: 404 }) : route.continue()));
    await page.goto('/ui/sessions');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sessiyalar');
    page.once('load', () => {
      gone = false;
    });
    await page.getByRole('link', { name: 'Kampaniyalar' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Kampaniyalar');
  });

  test('from any build is said, and not asked for without end', async ({ page }) => {
    await page.route(chunk('campaigns'), (route) => route.fulfill({ status: 404 }));
    await page.goto('/ui/sessions');
    await page.getByRole('link', { name: 'Kampaniyalar' }).click();
    await expect(page.getByText('Boshqaruv paneli yangilangan ko\'rinadi. Sahifani qayta yuklang.')).toBeVisible();
    await around(page);
  });

  test('is fetched ahead, before the engine goes', async ({ page, complaints }) => {
    const engine = await Engine.start();
    await page.goto(`${engine.url}/ui/sessions`);
    await expect.poll(() => page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname))).toContain(new URL(chunk('campaigns').slice(2), engine.url).pathname.replace(/^\/assets/, '/ui/assets'));
    await engine.stop();
    await page.getByRole('link', { name: 'Kampaniyalar' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Kampaniyalar');
    await around(page);
    complaints.length = 0;
  });
});

test('the page is called what it shows', async ({ page, engine }) => {
  const { id } = await engine.api<{ id: string }>('POST', '/auto-calling/campaigns', { name: 'Qarzlar', campaignType: 'GENERAL' }, engine.token());
  await page.goto('/ui/sessions');
  await expect(page).toHaveTitle('Sessiyalar · karnay');
  await page.getByRole('link', { name: 'Tarix' }).click();
  await expect(page).toHaveTitle('Tarix · karnay');
  await page.goto(`/ui/campaigns/${id}`);
  await expect(page).toHaveTitle('Qarzlar · karnay');
  await page.goto('/ui/nowhere');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Bunday sahifa yo\'q');
  await expect(page).toHaveTitle('Bunday sahifa yo\'q · karnay');
});

test('whoever goes elsewhere is there, with the keyboard too', async ({ page, engine }) => {
  await engine.api('POST', '/auto-calling/campaigns', { name: 'Eslatmalar', campaignType: 'REMINDER' }, engine.token());
  await page.goto('/ui/sessions');
  const heading = page.getByRole('heading', { level: 1 });
  await expect(heading).toHaveText('Sessiyalar');
  await expect(heading).not.toBeFocused();
  await page.getByRole('link', { name: 'Kampaniyalar' }).click();
  await expect(heading).toHaveText('Kampaniyalar');
  await expect(heading).toBeFocused();
  await page.getByRole('link', { name: 'Eslatmalar' }).click();
  await expect(heading).toHaveText('Eslatmalar');
  await expect(heading).toBeFocused();
  await page.goBack();
  await expect(heading).toHaveText('Kampaniyalar');
  await expect(heading).toBeFocused();
  // What is looked for stands in the address: that is no other screen.
  await page.getByRole('searchbox').fill('Esl');
  await expect(page).toHaveURL(/q=Esl/);
  await expect(page.getByRole('searchbox')).toBeFocused();
});

test('a dialog begins at its first field and gives the focus back', async ({ page }) => {
  await page.goto('/ui/contacts');
  const opener = page.getByRole('button', { name: 'Yangi kontakt' });
  await opener.click();
  await expect(page.getByRole('dialog').getByLabel('Ism')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(opener).toBeFocused();
  await opener.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Bekor qilish' }).click();
  await expect(opener).toBeFocused();
});

test('a connection that is made within moments is nobody\'s business', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.addInitScript(() => {
    const seen = globalThis as unknown as { alarms: number };
    seen.alarms = 0;
    new MutationObserver(() => {
      if (document.querySelector('.offline') !== null) seen.alarms += 1;
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto('/ui/sessions');
  await expect(page.getByText('Ulangan')).toBeVisible();
  expect(await page.evaluate(() => (globalThis as unknown as { alarms: number }).alarms)).toBe(0);
});

test('one socket is opened, and kept', async ({ page }) => {
  const sockets: string[] = [];
  const said: string[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  page.on('console', (message) => said.push(message.text()));
  await page.goto('/ui/sessions');
  await expect(page.getByText('Ulangan')).toBeVisible();
  expect(sockets).toHaveLength(1);
  expect(said.filter((text) => text.includes('WebSocket'))).toEqual([]);
});

test('a file that is dropped beside its place does not take the page away', async ({ page }) => {
  await page.goto('/ui/sessions');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const kept = await page.evaluate(() => ['dragover', 'drop'].map((kind) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['1'], 'numbers.txt'));
    const event = new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
    document.querySelector('h1')?.dispatchEvent(event);
    return event.defaultPrevented;
  }));
  expect(kept).toEqual([true, true]);
});

test('every landmark has a name of its own', async ({ page, engine }) => {
  await engine.api('POST', '/auto-calling/campaigns', { name: 'So\'rov', campaignType: 'SURVEY' }, engine.token());
  await page.goto('/ui/campaigns');
  await expect(page.getByRole('table').getByText('So\'rov', { exact: true })).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).withRules(['landmark-unique', 'page-has-heading-one', 'aria-allowed-role']).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
});

test('a screen that breaks leaves the rest alone', async ({ page, complaints }) => {
  await page.route('**/calls/sessions/all*', (route) => route.fulfill({ json: [null] }));
  await page.goto('/ui/sessions');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sahifani ko\'rsatib bo\'lmadi');
  await around(page);
  await page.unrouteAll();
  await page.getByRole('link', { name: 'Kampaniyalar' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Kampaniyalar');
  // React says what broke.
  complaints.length = 0;
});
