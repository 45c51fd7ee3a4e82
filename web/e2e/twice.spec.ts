// Whoever clicks twice, as people do who learned it from folders, asks for a thing once.

import type { Page } from '@playwright/test';

import { enrol, people } from './people';
import { expect, test } from './world';

test.use({ house: 'twice' });

interface Made {
  readonly id: string;
}

/** What is sent from now on, save what is only read. */
function sent(page: Page): readonly string[] {
  const commands: string[] = [];
  page.on('request', (request) => {
    if (request.method() !== 'GET') commands.push(`${request.method()} ${new URL(request.url()).pathname}`);
  });
  return commands;
}

test('calls are started once', async ({ page }) => {
  await page.goto('/ui/sessions');
  await page.locator('.drop input').setInputFiles({ name: 'numbers.txt', mimeType: 'text/plain', buffer: Buffer.from('+998901234567\n+998901234568') });
  const commands = sent(page);
  await page.getByRole('button', { name: 'Upload File' }).dblclick();
  await expect(page.getByRole('heading', { name: 'Qatorlar hisoboti' })).toBeVisible();
  await page.getByRole('button', { name: 'Start Calls' }).dblclick();
  await expect(page).toHaveURL(/\/ui\/sessions\/session-/);
  expect(commands).toEqual(['POST /calls/upload', 'POST /calls/start']);
});

test('a contact is made once', async ({ page }) => {
  await page.goto('/ui/contacts');
  await page.getByRole('button', { name: 'Yangi kontakt' }).click();
  const draft = page.getByRole('dialog');
  await draft.getByLabel('Ism').fill('Alisher');
  await draft.getByLabel('Familiya').fill('Valijonov');
  await draft.getByLabel('Telefon').fill('+998901112233');
  const commands = sent(page);
  await draft.getByRole('button', { name: 'Saqlash' }).dblclick();
  await expect(page).toHaveURL(/\/ui\/contacts\/[0-9a-f-]{36}$/);
  expect(commands).toEqual(['POST /auto-calling/contacts']);
});

test('a campaign is made, filled and started once', async ({ page, engine }) => {
  await enrol(engine, people(3));
  await page.goto('/ui/campaigns');
  await page.getByRole('button', { name: 'Yangi kampaniya' }).click();
  await page.getByRole('dialog').getByLabel('Nomi').fill('Bir marta');
  const commands = sent(page);
  await page.getByRole('button', { name: 'Yaratish' }).dblclick();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Bir marta');
  await page.getByRole('button', { name: 'Kontakt tanlash' }).click();
  const chooser = page.getByRole('dialog', { name: 'Kontakt tanlash' });
  await chooser.getByRole('checkbox', { name: /Topilganlarning hammasi/ }).check();
  await chooser.getByRole('button', { name: 'Qo\'shish' }).dblclick();
  await expect(page.getByText(/Qo'shildi: /)).toHaveCount(1);
  await page.getByRole('button', { name: 'Boshlash' }).click();
  await page.getByRole('dialog', { name: 'Boshlashdan oldin' }).getByRole('button', { name: 'Boshlash' }).dblclick();
  await expect(page.getByText('Kampaniya boshlandi.')).toBeVisible();
  const { data } = await engine.api<{ data: readonly Made[] }>('GET', '/auto-calling/campaigns', undefined, engine.token());
  expect(data).toHaveLength(1);
  const path = `/auto-calling/campaigns/${data[0]?.id ?? ''}`;
  expect(commands.filter((command) => !command.endsWith('/preflight'))).toEqual(['POST /auto-calling/campaigns', `POST ${path}/contacts`, `POST ${path}/start`]);
});

test('the journal is verified once', async ({ page }) => {
  await page.goto('/ui/audit');
  const commands = sent(page);
  await page.getByRole('button', { name: 'Tekshirish' }).dblclick();
  await expect(page.getByText('Butun', { exact: true })).toBeVisible({ timeout: 30_000 });
  expect(commands).toEqual(['POST /audit/verification']);
});
