// Sessions: from a workbook that is dragged in to the last result, with a simulated call server that dials it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { expect, look, prefer, test } from './world';

const WORKBOOK = join(import.meta.dirname, '../../tests/it/workbooks/openpyxl.xlsx');

/** As the mouse does it: a browser gives a page no other way to hand it a file. */
async function drag(page: Page, path: string, name: string): Promise<void> {
  const bytes = readFileSync(path).toString('base64');
  const transfer = await page.evaluateHandle(({ bytes, name }) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name));
    return data;
  }, { bytes, name });
  const place = page.locator('.drop');
  await place.dispatchEvent('dragover', { dataTransfer: transfer });
  await place.dispatchEvent('drop', { dataTransfer: transfer });
}

test('an empty house says what to do', async ({ page }) => {
  await page.goto('/ui/sessions');
  await expect(page.getByText('Hali sessiyalar yo\'q')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Upload File' })).toBeDisabled();
  await expect(page.getByRole('button', { name: 'Start Calls' })).toBeDisabled();
  await look(page, 'sessions-empty');
});

test('a workbook is dragged in, reported, dialled and shown', async ({ page }) => {
  test.setTimeout(120_000);
  await page.goto('/ui/sessions');
  await drag(page, WORKBOOK, 'raqamlar.xlsx');
  await expect(page.getByText('raqamlar.xlsx')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start Calls' })).toBeDisabled();
  await page.getByRole('button', { name: 'Upload File' }).click();
  await expect(page.getByText('File yuklandi va remote serverga joylashtirildi!')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Qatorlar hisoboti' })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Qatorlar hisoboti' }).getByRole('row')).not.toHaveCount(0);
  await look(page, 'sessions-report');

  const file = page.waitForEvent('download');
  await page.getByRole('button', { name: 'To\'liq hisobot (CSV)' }).click();
  expect(readFileSync(await (await file).path(), 'utf8')).toMatch(/^line,value,outcome,number,reason\n/);

  await page.getByRole('button', { name: 'Start Calls' }).click();
  await expect(page).toHaveURL(/\/ui\/sessions\/session-\d+-[0-9a-z]{6}$/);
  await expect(page.locator('.badge-running')).toHaveText('Qayta ishlanmoqda...');
  const bar = page.getByRole('progressbar');
  await expect(bar).not.toHaveAttribute('aria-valuenow', '0');
  // A notice is gone again after a while.
  const told = expect(page.getByText('Call session tugallandi!')).toBeVisible({ timeout: 50_000 });
  await look(page, 'session-running');

  await expect(page.locator('.badge-completed')).toHaveText('Muvaffaqiyatli tugallandi', { timeout: 30_000 });
  await told;
  await expect(bar).toHaveAttribute('aria-valuenow', '100');
  const total = Number(await page.locator('.figures dd').first().textContent());
  const results = page.getByRole('table', { name: 'Natijalar' });
  await expect(results).toHaveAttribute('aria-rowcount', String(total + 1));
  await expect(results.getByRole('columnheader')).toHaveText(['Telefon', 'Status', 'Operator', 'Davomiyligi', 'Vaqt']);
  await expect(page.locator('.chart canvas')).toBeVisible();
  await look(page, 'session-completed');
});

test('the list shows each session as documented, and leads to it', async ({ page }) => {
  await page.goto('/ui/sessions');
  const list = page.getByRole('table', { name: 'Sessiyalar' });
  await expect(list.getByRole('columnheader')).toHaveText(['Session ID', 'Status', 'Progress', 'Statistika', 'Davomiyligi', 'Vaqt']);
  await look(page, 'sessions-list');
  await list.locator('.badge-completed').first().click();
  await expect(page).toHaveURL(/\/ui\/sessions\/session-/);
  await page.getByRole('link', { name: 'Barcha sessiyalar' }).click();
  await page.getByRole('searchbox').fill('no such session');
  await expect(page.getByText('Hech narsa topilmadi')).toBeVisible();
  await expect(page).toHaveURL(/q=/);
  await page.getByRole('searchbox').fill('');
  await expect(list.locator('.badge-completed').first()).toBeVisible();
  await expect(page).toHaveURL(/\/ui\/sessions$/);
});

test('what is looked for among results is found by the engine, and stands in the address', async ({ page, engine }) => {
  const [session] = await engine.api<{ sessionId: string }[]>('GET', '/calls/sessions/all');
  const results = await engine.api<{ phoneNumber: string }[]>('GET', `/calls/session/${session?.sessionId ?? ''}/results`);
  const wanted = results[0]?.phoneNumber ?? '';
  await page.goto(`/ui/sessions/${session?.sessionId ?? ''}`);
  await page.getByRole('searchbox').fill(wanted.slice(-7));
  await expect(page.getByRole('table', { name: 'Natijalar' })).toHaveAttribute('aria-rowcount', '2');
  await page.reload();
  await expect(page.getByRole('searchbox')).toHaveValue(wanted.slice(-7));
  await expect(page.getByRole('table', { name: 'Natijalar' })).toHaveAttribute('aria-rowcount', '2');
  await page.getByRole('searchbox').fill('');
  await expect(page.getByRole('table', { name: 'Natijalar' })).toHaveAttribute('aria-rowcount', String(results.length + 1));
  await expect(page).toHaveURL(/\/session-[^?]+$/);
});

test('a session that is not there says so, in the engine\'s words', async ({ page }) => {
  await prefer(page, { language: 'en' });
  await page.goto('/ui/sessions/session-0-nobody');
  await expect(page.getByRole('alert')).toContainText('there is no session of that name');
  await expect(page.getByRole('alert')).toContainText('session-unknown');
  await look(page, 'session-unknown');
});

test('a file that holds nothing is refused, in the engine\'s words', async ({ page }) => {
  await page.goto('/ui/sessions');
  await page.getByLabel('Fayl').setInputFiles({ name: 'x.xlsx', mimeType: 'application/zip', buffer: Buffer.from('no workbook') });
  await page.getByRole('button', { name: 'Upload File' }).click();
  await expect(page.getByRole('alert')).toContainText('Xatolik:');
});

test('a session is closed after a question', async ({ page, engine }) => {
  const numbers = Array.from({ length: 200 }, (_, number) => `+99890${1_000_000 + number}`).join('\n');
  await page.goto('/ui/sessions');
  await page.getByLabel('Fayl').setInputFiles({ name: 'numbers.txt', mimeType: 'text/plain', buffer: Buffer.from(numbers) });
  await page.getByRole('button', { name: 'Upload File' }).click();
  await page.getByRole('button', { name: 'Start Calls' }).click();
  await page.getByRole('button', { name: 'Yakunlash' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await look(page, 'session-closing');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.getByRole('button', { name: 'Yakunlash' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Yakunlash' }).click();
  await expect(page.locator('.badge-running')).toHaveCount(0);
  const [newest] = await engine.api<{ isCompleted: boolean }[]>('GET', '/calls/sessions/all?limit=1');
  expect(newest?.isCompleted).toBe(true);
});

test('documented habits: polling with what everybody reads', async ({ page, engine }) => {
  await page.goto('/ui/sessions');
  const sessions = await page.evaluate(async () => (await fetch('/calls/sessions/all?limit=20')).json() as Promise<{ sessionId: string; isCompleted: boolean }[]>);
  expect(sessions.length).toBeGreaterThan(0);
  const one = await engine.api<{ isCompleted: boolean; progressPercentage: number }>('GET', `/calls/session/${sessions[0]?.sessionId ?? ''}`);
  expect(one.isCompleted).toBe(true);
});
