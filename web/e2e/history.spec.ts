// All calls of every source: found by what stands in the address, listened to, taken along as a file.

import { readFileSync } from 'node:fs';

import type { Page } from '@playwright/test';

import type { Engine } from './engine';
import { type Exchange, test } from './exchange';
import { expect, fair, look, prefer } from './world';

const SESSION = 'session-1738862891234-histor';
const RESULTS = [
  { phoneNumber: '+998901230001', callStatus: 'ANSWERED', callDuration: 45, operatorName: 'Alisher Valijonov' },
  { phoneNumber: '+998901230002', callStatus: 'BUSY' },
  { phoneNumber: '+998901230003', callStatus: 'NO_ANSWER' },
  { phoneNumber: '+998901230004', callStatus: 'CONNECTED_TO_OPERATOR', callDuration: 130, operatorName: 'Gulnora Karimova' },
] as const;
const TALKED_MS = 2_500;

test.use({ locale: 'uz-UZ' });

const table = (page: Page) => page.getByRole('table', { name: 'Qo\'ng\'iroqlar' });
const row = (page: Page, number: string) => table(page).getByRole('row').filter({ hasText: number });

async function recorded(exchange: Exchange, engine: Engine): Promise<void> {
  const talked = await exchange.ring('998931112233', '1001');
  const missed = await exchange.ring('998931112244', '1002');
  await expect.poll(async () => (await engine.api<unknown[]>('GET', '/kerio/calls/active')).length).toBe(2);
  await exchange.turn(talked, 'answer');
  await new Promise((later) => setTimeout(later, TALKED_MS));
  await exchange.turn(talked, 'hang_up');
  await exchange.turn(missed, 'hang_up');
  await new Promise((later) => setTimeout(later, 500));
  await engine.api('POST', '/kerio/sync');
  await expect.poll(async () => (await engine.api<unknown[]>('GET', '/kerio/calls?status=javob%20berildi')).length, { timeout: 20_000 }).toBe(1);
  await expect.poll(async () => (await engine.api<{ recordingPath?: string }[]>('GET', '/kerio/calls?status=javob%20berildi'))[0]?.recordingPath, { timeout: 20_000 }).toBeDefined();
}

test.beforeAll(async ({ engine, exchange }) => {
  for (const result of RESULTS) await engine.api('POST', '/calls/result', { sessionId: SESSION, ...result });
  await recorded(exchange, engine);
});

test('calls of every source are there, and found by filters that stand in the address', async ({ page }) => {
  await page.goto('/ui/history');
  await expect(table(page)).toHaveAttribute('aria-rowcount', '7');
  await expect(row(page, '+998 90 123 00 01')).toContainText('Alisher Valijonov');
  await expect(row(page, '998 93 111 22 33')).toContainText('Stansiya');
  await look(page, 'history');
  await page.getByRole('combobox', { name: 'Holat' }).selectOption('BUSY');
  await expect(table(page)).toHaveAttribute('aria-rowcount', '2');
  await expect(page).toHaveURL(/[?&]status=BUSY/);
  await page.getByRole('combobox', { name: 'Holat' }).selectOption('');
  await page.getByRole('searchbox', { name: 'Raqam' }).fill('000');
  await expect(page.getByText('Kamida 4 ta raqam kiriting.')).toBeVisible();
  await page.getByRole('searchbox', { name: 'Raqam' }).fill('0004');
  await expect(table(page)).toHaveAttribute('aria-rowcount', '2');
  await expect(row(page, '+998 90 123 00 04')).toContainText('2:10');
  await page.reload();
  await expect(page.getByRole('searchbox', { name: 'Raqam' })).toHaveValue('0004');
  await expect(table(page)).toHaveAttribute('aria-rowcount', '2');
  await page.getByLabel('Sanadan').fill('2031-01-01');
  await expect(page.getByText('Hech narsa topilmadi')).toBeVisible();
  await page.getByRole('button', { name: 'Filtrlarni tozalash' }).first().click();
  await expect(table(page)).toHaveAttribute('aria-rowcount', '7');
  await page.goto(`/ui/history?session=${SESSION}&direction=chiquvchi`);
  await expect(table(page)).toHaveAttribute('aria-rowcount', '5');
});

test('each call leads to what was recorded of it, whatever placed it', async ({ page }) => {
  for (const [number, kind] of [['+998 90 123 00 01', 'call'], ['+998 93 111 22 33', 'pbx-call']] as const) {
    await page.goto('/ui/history');
    await row(page, number).getByRole('link', { name: `Audit: ${number}` }).click();
    await expect(page).toHaveURL(new RegExp(`/ui/audit/${kind}/`));
    await expect(page.getByRole('region', { name: 'Voqealar' }).locator('.event').first()).toBeVisible();
  }
  // Those of an exchange are a kind of their own, also where they are looked for.
  await page.goto('/ui/audit');
  await page.getByRole('combobox').first().selectOption('call');
  await expect(page.getByRole('list', { name: 'Eng yangilari' }).getByRole('link')).toHaveCount(RESULTS.length);
});

test('calls of the exchange have the documented columns and words', async ({ page }) => {
  await page.goto('/ui/history?source=pbx');
  await expect(table(page).getByRole('columnheader')).toHaveText(['Yo\'nalish', 'Raqamlar', 'Vaqt', 'Davomiylik', 'Holat', 'Yozuv']);
  await expect(row(page, '998 93 111 22 33')).toContainText('Kiruvchi');
  await expect(row(page, '998 93 111 22 33')).toContainText('1001');
  await expect(row(page, '998 93 111 22 33')).toContainText('Javob berildi');
  await expect(row(page, '998 93 111 22 44')).toContainText('Javobsiz');
  await page.getByRole('searchbox', { name: 'Extension' }).fill('1002');
  await expect(table(page)).toHaveAttribute('aria-rowcount', '2');
  await expect(page.getByText('Extension bo\'yicha saralangan ro\'yxatni yuklab bo\'lmaydi.')).toBeVisible();
  await page.getByRole('combobox', { name: 'Manba' }).selectOption('remote');
  await expect(page).toHaveURL(/source=remote$/);
  await expect(table(page)).toHaveAttribute('aria-rowcount', '5');
});

test('a recording is listened to, at any place of it, and its address holds no token', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto('/ui/history?source=pbx');
  await row(page, '998 93 111 22 33').getByRole('button', { name: 'Eshitish: +998 93 111 22 33' }).click();
  const player = page.getByRole('region', { name: 'Yozuvni eshitish' });
  const place = player.getByRole('slider', { name: 'O\'rni' });
  await expect.poll(async () => Number(await place.getAttribute('max'))).toBeGreaterThan(1);
  await expect.poll(async () => page.evaluate(() => document.querySelector('audio')?.currentTime ?? 0)).toBeGreaterThan(0.3);
  await player.getByRole('button', { name: 'To\'xtatib turish' }).click();
  await place.focus();
  await page.keyboard.press('Home');
  await expect(place).toHaveAttribute('aria-valuetext', /^0:00 \//);
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await expect(place).toHaveAttribute('aria-valuetext', /^0:0[1-9] \//);
  await page.keyboard.press('Home');
  await look(page, 'history-player');
  await player.getByRole('button', { name: 'Davom ettirish' }).click();
  await expect.poll(async () => Number(await place.inputValue())).toBeGreaterThan(0);
  expect(asked.filter((address) => address.includes('/recording'))).toHaveLength(1);
  const token = await page.evaluate(() => sessionStorage.getItem('karnay.token'));
  expect(asked.filter((address) => address.includes(token ?? 'none'))).toEqual([]);
  await player.getByRole('button', { name: 'Yopish' }).click();
  await expect(player).toHaveCount(0);
});

test('what is looked for can be taken along', async ({ page }) => {
  await page.goto('/ui/history?status=BUSY');
  for (const [name, kind] of [['CSV fayl (.csv)', 'csv'], ['Jadval fayli (.xlsx)', 'xlsx']] as const) {
    const file = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Yuklab olish' }).click();
    await page.getByRole('menuitem', { name }).click();
    const saved = await file;
    expect(saved.suggestedFilename()).toBe(`calls.${kind}`);
    const bytes = readFileSync(await saved.path());
    if (kind === 'csv') expect(bytes.toString().trim().split('\n')).toHaveLength(2);
    else expect(bytes.subarray(0, 2).toString()).toBe('PK');
  }
});

test('newer calls are told of, and shown when asked for', async ({ page, engine }) => {
  await page.goto('/ui/history?number=7777');
  await expect(page.getByText('Hech narsa topilmadi')).toBeVisible();
  await expect(page.getByText('Ulangan')).toBeVisible();
  await engine.api('POST', '/calls/result', { sessionId: SESSION, phoneNumber: '+998901237777', callStatus: 'REJECTED' });
  await page.getByRole('button', { name: 'Yangi qo\'ng\'iroqlar bor. Ko\'rsatish' }).click();
  await expect(row(page, '+998 90 123 77 77')).toContainText('Rad etildi');
  await expect(page.getByRole('button', { name: 'Yangi qo\'ng\'iroqlar bor. Ko\'rsatish' })).toHaveCount(0);
});

test('a failure is told in the engine\'s words, and tried again', async ({ page }) => {
  await prefer(page, { language: 'en' });
  await page.goto('/ui/history?from=2026-01-01&direction=sideways');
  await expect(page.getByRole('alert')).toContainText('direction');
  await fair(page, 'a history that failed');
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  await expect(page.getByRole('table', { name: 'Calls' })).toBeVisible();
});

test('other languages are whole', async ({ page }) => {
  await prefer(page, { language: 'ru' });
  await page.goto('/ui/history');
  await expect(page.getByRole('columnheader', { name: 'Направление' })).toBeVisible();
  await look(page, 'history-ru');
});
