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

test('on a phone, the end of a session\'s id can be seen, which tells it from others', async ({ page, engine }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/ui/sessions');
  const [session] = await engine.api<{ sessionId: string }[]>('GET', '/calls/sessions/all?limit=1');
  const link = page.getByRole('table', { name: 'Sessiyalar' }).getByRole('link', { name: session?.sessionId ?? '' });
  await expect(link).toHaveText(session?.sessionId ?? '');
  const end = (session?.sessionId ?? '').length - 1;
  // Where its last letter is, nothing else is in front of it, and its cell does not end before.
  const seen = await link.evaluate((element, end) => {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    let [left, node] = [end, texts.nextNode()];
    for (; node !== null && left >= (node.textContent ?? '').length; node = texts.nextNode()) left -= (node.textContent ?? '').length;
    const range = document.createRange();
    range.setStart(node as Node, left);
    range.setEnd(node as Node, left + 1);
    const { x, y, width, height } = range.getBoundingClientRect();
    const cell = element.closest('[role=cell]')?.getBoundingClientRect();
    return { top: element.contains(document.elementFromPoint(x + width / 2, y + height / 2)), inside: cell !== undefined && x + width <= cell.right + 1 };
  }, end);
  expect(seen).toEqual({ top: true, inside: true });
});

test('a chart whose results are on their way, or failed, does not call them few', async ({ page, engine }) => {
  const [session] = await engine.api<{ sessionId: string }[]>('GET', '/calls/sessions/all?limit=1');
  let answer: () => void = () => undefined;
  const asked = new Promise<void>((go) => {
    answer = go;
  });
  await page.route('**/calls/session/*/results*', async (route) => {
    await asked;
    await route.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify({ code: 'internal', title: 'x', detail: 'see the log', status: 500 }) });
  });
  await page.goto(`/ui/sessions/${session?.sessionId ?? ''}`);
  const card = page.locator('section.card', { has: page.getByRole('heading', { name: 'Natijalar vaqt bo\'yicha' }) });
  await expect(card.getByRole('status')).toHaveText('Yuklanmoqda...');
  await expect(page.getByText('Grafik uchun natijalar hali kam.')).toHaveCount(0);
  answer();
  await expect(card.getByRole('alert')).toContainText('Dvigatelda xatolik yuz berdi.');
  await expect(card.getByRole('button', { name: 'Qayta urinish' })).toBeVisible();
  await expect(page.getByText('Grafik uchun natijalar hali kam.')).toHaveCount(0);
});

test('a list that was uploaded before the page was loaded can be started', async ({ page }) => {
  await page.goto('/ui/sessions');
  await expect(page.getByText(/^Oxirgi ro'yxat: \d+ ta raqam, \d\d\.\d\d\.\d{4}, /)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start Calls' })).toBeEnabled();
  // What is chosen now has to be uploaded first, and is what is started then.
  await page.getByLabel('Fayl').setInputFiles({ name: 'x.txt', mimeType: 'text/plain', buffer: Buffer.from('+998901112233') });
  await expect(page.getByRole('button', { name: 'Start Calls' })).toBeDisabled();
});

test('of two files that are dropped, it is said that one is taken', async ({ page }) => {
  await page.goto('/ui/sessions');
  const transfer = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    for (const name of ['birinchi.txt', 'ikkinchi.txt']) data.items.add(new File(['+998901112233'], name));
    return data;
  });
  await page.locator('.drop').dispatchEvent('drop', { dataTransfer: transfer });
  await expect(page.getByText('Faqat bitta fayl olinadi: birinchi.txt')).toBeVisible();
});

test('a session\'s page has the documented words in sight, and a phone shows all of its badge', async ({ page, engine }) => {
  const [session] = await engine.api<{ sessionId: string }[]>('GET', '/calls/sessions/all?limit=1');
  await page.goto(`/ui/sessions/${session?.sessionId ?? ''}`);
  const word = page.getByRole('heading', { level: 1 }).getByText('Session:');
  expect((await word.boundingBox())?.width).toBeGreaterThan(20);
  for (const text of ['Jami:', 'Davomiyligi:', 'Vaqt:']) await expect(page.locator('.figures').getByText(text, { exact: true })).toBeVisible();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/ui/sessions');
  const cut = await page.locator('.table-body .badge').evaluateAll((badges) => badges.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map(({ textContent }) => textContent));
  expect(cut).toEqual([]);
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

test('a session that is not there says so, and is not asked for again', async ({ page }) => {
  await prefer(page, { language: 'en' });
  await page.goto('/ui/sessions/session-0-nobody');
  await expect(page.getByRole('alert')).toContainText('There is no such session.');
  await expect(page.getByRole('alert')).toContainText('session-unknown');
  await expect(page.getByRole('alert').getByRole('button')).toHaveCount(0);
  await look(page, 'session-unknown');
});

test('a file that holds nothing is refused in words, with the engine\'s own beside them', async ({ page }) => {
  await page.goto('/ui/sessions');
  await page.getByLabel('Fayl').setInputFiles({ name: 'x.xlsx', mimeType: 'application/zip', buffer: Buffer.from('no workbook') });
  await page.getByRole('button', { name: 'Upload File' }).click();
  await expect(page.getByRole('alert')).toContainText('Xatolik: Bu faylda yaroqli ro\'yxat yo\'q.');
  await expect(page.getByRole('alert').locator('[lang=en]')).toHaveText('there is no number in it');
  await look(page, 'sessions-refused');
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

test('documented habits: polling until it is over', async ({ engine }) => {
  const POLL_MS = 3_000;
  const numbers = Array.from({ length: 30 }, (_, number) => `+99890${3_000_000 + number}`);
  const body = new FormData();
  body.append('file', new Blob([numbers.join('\n')], { type: 'text/plain' }), 'numbers.txt');
  const uploaded = (await (await fetch(`${engine.url}/calls/upload`, { method: 'POST', body })).json()) as { ok: boolean };
  expect(uploaded.ok).toBe(true);
  const { sessionId } = await engine.api<{ sessionId: string }>('POST', '/calls/start');
  interface Polled {
    readonly status: string;
    readonly isCompleted: boolean;
    readonly isRunning: boolean;
    readonly progressPercentage: number;
    readonly processedNumbers: number;
  }
  const polls: Polled[] = [];
  for (;;) {
    const one = await engine.api<Polled>('GET', `/calls/session/${sessionId}`);
    polls.push(one);
    expect(one.status).not.toBe('PENDING');
    expect(one.isRunning).toBe(!one.isCompleted);
    if (one.isCompleted) break;
    await new Promise((later) => setTimeout(later, POLL_MS));
  }
  // It was followed on its way, and never went back.
  expect(polls.length).toBeGreaterThan(1);
  const done = polls.map(({ processedNumbers }) => processedNumbers);
  expect(done).toEqual([...done].sort((one, other) => one - other));
  expect(polls.at(-1)).toMatchObject({ status: 'COMPLETED', progressPercentage: 100, processedNumbers: 30 });
  const results = await engine.api<{ phoneNumber: string }[]>('GET', `/calls/session/${sessionId}/results`);
  expect(new Set(results.map(({ phoneNumber }) => phoneNumber))).toEqual(new Set(numbers));
});
