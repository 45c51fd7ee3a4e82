// The system: how it stands, building a screen anew, reports that could not be placed, streams that a screen could not follow.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { Engine } from './engine';
import { expect, look, prefer, test } from './world';

test.use({ house: 'system' });

const DAMAGE = `
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=20) as journal:
    journal.execute('DROP TRIGGER IF EXISTS events_are_not_changed')
    journal.execute("UPDATE events SET payload = replace(payload, ?, ?) WHERE aggregate_type = 'session'", sys.argv[2:4])
`;

const PEOPLE = 30_000;
const UNKNOWN = 'session-1738862891234-abc123';

interface Started {
  readonly sessionId: string;
}

/** A report that nobody can place, unless a session of that name comes to be. */
async function lost(engine: Engine, phone: string): Promise<void> {
  const report = { sessionId: UNKNOWN, phoneNumber: phone, callStatus: 'ANSWERED', callDuration: 45, operatorName: 'Alisher Valijonov' };
  await expect(engine.api('POST', '/calls/result', report)).rejects.toThrow('session-unknown');
}

async function open(page: Page, part = 'projections'): Promise<void> {
  await page.goto(`/ui/system?part=${part}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Tizim');
  await expect(page.getByText('Ishlayapti', { exact: true })).toBeVisible();
}

test('says how the engine is, and on every screen what is simulated', async ({ page, engine }) => {
  await open(page);
  const told = await engine.api<{ version: string; projections: { name: string }[] }>('GET', '/status', undefined, engine.token());
  const health = page.getByRole('region', { name: 'Holat', exact: true });
  await expect(health).toContainText(`Versiya${told.version}`);
  await expect(health).toContainText('SQLite');
  await expect(page.getByRole('table', { name: 'Proyeksiyalar' })).toHaveAttribute('aria-rowcount', String(told.projections.length + 1));
  await expect(page.getByRole('note')).toHaveText('Simulyatsiya qilinmoqda: ovozli agent, qo\'ng\'iroq serveri. Ular orqali haqiqiy odamlar bilan bog\'lanilmaydi.');
  await look(page, 'system');
  await page.getByRole('tab', { name: 'Aktorlar' }).click();
  await expect(page.getByRole('row', { name: /Teruvchi/ })).toBeVisible();
  await look(page, 'system-actors');
  await page.goto('/ui/sessions');
  await expect(page.getByRole('note')).toContainText('Simulyatsiya qilinmoqda');
  // Whoever may not see the system is told of each of them as well.
  await page.evaluate((kept) => sessionStorage.setItem('karnay.token', kept), engine.token('operator'));
  await page.reload();
  await expect(page.getByRole('note')).toContainText('ovozli agent, qo\'ng\'iroq serveri');
});

test('builds a screen anew, and shows how far it is', async ({ page, engine }) => {
  // Enough to be seen being built.
  const people = Array.from({ length: PEOPLE }, (_, one) => `Ali,Valiyev,+99890${String(1_000_000 + one)}`);
  const file = new FormData();
  file.append('file', new Blob([['firstName,lastName,phone', ...people].join('\n')]), 'contacts.csv');
  const sent = await fetch(`${engine.url}/auto-calling/contacts/upload-excel`, { method: 'POST', body: file, headers: { authorization: `Bearer ${engine.token()}` } });
  expect(sent.ok).toBe(true);
  const heard: string[] = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => heard.push(payload.toString())));
  await open(page);
  const row = page.getByRole('row', { name: /Kontaktlar daftari/ });
  const generation = async () => (await engine.api<{ name: string; generation: number; state: string }[]>('GET', '/projections', undefined, engine.token()))
    .find(({ name, state }) => name === 'contact_book' && state === 'live')?.generation;
  expect(await generation()).toBe(1);
  await row.getByRole('button', { name: 'Qayta qurish: Kontaktlar daftari' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Kontaktlar daftari: qayta qurilsinmi?');
  await look(page, 'system-rebuild-asked');
  await dialog.getByRole('button', { name: 'Qayta qurish' }).click();
  await expect(row.getByRole('progressbar')).toBeVisible();
  await page.screenshot({ path: join(import.meta.dirname, 'shots/system-rebuilding.png') });
  await expect(page.getByText('Kontaktlar daftari: qayta qurildi.')).toBeVisible({ timeout: 30_000 });
  await expect(row).toContainText('Jonli');
  expect(await generation()).toBe(2);
  await expect(row.getByRole('cell').nth(4)).toHaveText('2');
  // How far it was at which moment is the machine's business; that it was told is not.
  expect(heard.some((frame) => frame.includes('projection-progress') && frame.includes('contact_book'))).toBe(true);
});

test('a report of no session is looked at and bound, others are discarded or wait', async ({ page, engine }) => {
  await lost(engine, '+998901234567');
  await lost(engine, '+998901234568');
  await lost(engine, '+998901234569');
  const { sessionId } = await engine.api<Started>('POST', '/calls/start');
  await open(page, 'quarantine');
  await expect(page.getByRole('tab', { name: 'Karantin · 3' })).toBeVisible();
  await look(page, 'system-quarantine');
  const first = page.getByRole('button', { name: `Ko'rish: ${UNKNOWN}` }).first();
  await first.click();
  const dialog = page.getByRole('dialog', { name: 'Hisobot' });
  await expect(dialog).toContainText('"phoneNumber": "+998901234567"');
  await look(page, 'system-quarantine-report');
  await dialog.getByRole('button', { name: 'Aytilgan sessiyaga joylash' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Xatolik:');
  await dialog.getByLabel('Qaysi sessiyaga').fill(sessionId);
  await dialog.getByRole('button', { name: 'Sessiyaga bog\'lash' }).click();
  await expect(page.getByText(`Hisobot ${sessionId} sessiyasiga joylandi.`)).toBeVisible();
  const results = await engine.api<{ phoneNumber: string }[]>('GET', `/calls/session/${sessionId}/results`);
  expect(results.map(({ phoneNumber }) => phoneNumber)).toContain('+998901234567');
  await expect(page.getByRole('tab', { name: 'Karantin · 2' })).toBeVisible();
  await first.click();
  await dialog.getByLabel(/Sabab/).fill('sinov');
  await dialog.getByRole('button', { name: 'Voz kechish' }).click();
  await expect(page.getByText('Hisobotdan voz kechildi.')).toBeVisible();
  await expect(page.getByRole('tab', { name: 'Karantin · 1' })).toBeVisible();
  await page.getByRole('button', { name: 'Hammasini joylab ko\'rish' }).click();
  await expect(page.getByText('Joylandi: 0. Hali saqlanmoqda: 1.')).toBeVisible();
  await page.getByRole('combobox', { name: 'Holat' }).selectOption('discarded');
  await page.getByRole('button', { name: `Ko'rish: ${UNKNOWN}` }).click();
  await expect(dialog).toContainText('sinov');
  await expect(dialog.getByRole('button', { name: 'Voz kechish' })).toHaveCount(0);
});

test.describe('what a screen does not understand', () => {
  const folder = mkdtempSync(join(tmpdir(), 'karnay-parked-'));
  let engine: Engine;
  test.afterAll(async () => {
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Changes what stands in the journal, which no engine does and the journal itself forbids. */
  function damage(from: string, to: string): void {
    execFileSync('python3', ['-c', DAMAGE, join(folder, 'journal.db'), from, to]);
  }

  test('is parked with its reason, and read again once it can be, or given up', async ({ page }) => {
    engine = await Engine.start({ DATA_DIR: folder });
    const { sessionId } = await engine.api<Started>('POST', '/calls/start');
    // What it has just written it need not read.
    await engine.stop();
    engine = await Engine.start({ DATA_DIR: folder });
    const stream = `1/${sessionId}`;
    damage('"opened"', '"opaned"');
    await engine.api('POST', '/projections/session_stats/rebuild', undefined, engine.token());
    await page.goto(`${engine.url}/ui/system?part=parked`);
    const parked = page.getByRole('article', { name: `Sessiyalar hisobi: ${stream}` });
    await expect(parked).toContainText('Sabab:');
    await look(page, 'system-parked');
    await parked.getByRole('button', { name: `Qayta o'qish: ${stream}` }).click();
    await expect(page.getByText(`${stream}: hali ham tushunarsiz`)).toBeVisible();
    damage('"opaned"', '"opened"');
    await parked.getByRole('button', { name: `Qayta o'qish: ${stream}` }).click();
    await expect(page.getByText(`${stream}: yana kuzatilmoqda`)).toBeVisible();
    await expect(page.getByText('To\'xtatilgan oqimlar yo\'q')).toBeVisible();
    damage('"opened"', '"opaned"');
    await engine.api('POST', '/projections/session_stats/rebuild', undefined, engine.token());
    await parked.getByRole('button', { name: `Voz kechish: ${stream}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Voz kechish' }).click();
    await expect(page.getByText(`${stream}: voz kechildi.`)).toBeVisible();
    await expect(page.getByText('To\'xtatilgan oqimlar yo\'q')).toBeVisible();
  });
});

test('what was restored from a backup dials nobody until somebody says so', async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), 'karnay-restored-'));
  const [data, copy] = [join(folder, 'data'), join(folder, 'copy')];
  const engine = await Engine.start({ DATA_DIR: data });
  try {
    await engine.api('POST', '/auto-calling/campaigns', { name: 'Qarzlar', campaignType: 'GENERAL' }, engine.token());
    engine.run(['backup', copy]);
    await engine.halt();
    const lost = readdirSync(data).filter((name) => name.startsWith('journal.db') || name.startsWith('screens.db'));
    for (const name of lost) rmSync(join(data, name));
    engine.run(['restore', copy]);
    await engine.again();
    await page.goto(`${engine.url}/ui/system`);
    const held = page.getByRole('alert', { name: 'Zaxira nusxasidan tiklangan' });
    await expect(held).toContainText('Tasdiqlanmaguncha kampaniyalar to\'xtatilgan');
    await look(page, 'system-restored');
    await held.getByRole('button').click();
    await look(page, 'system-restored-question');
    await page.getByRole('dialog').getByRole('button', { name: 'Qo\'ng\'iroqlarga ruxsat berish' }).click();
    await expect(page.getByText('Kampaniyalarni birma-bir boshlang.')).toBeVisible();
    await expect(held).toHaveCount(0);
    await page.goto('about:blank');
  } finally {
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('looks the same in every language', async ({ page }) => {
  await prefer(page, { language: 'ru' });
  await page.goto('/ui/system');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Система');
  await expect(page.getByRole('row', { name: /История звонков/ })).toBeVisible();
});
