// Campaigns: planned, filled, looked at, started, followed, stopped and gone on with, against the simulated agent, which rings nobody.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { enrol, people, REACHED } from './people';
import { expect, look, prefer, test } from './world';

const WORKBOOK = join(import.meta.dirname, '../../tests/it/workbooks/contacts-openpyxl.xlsx');

interface Page<T> {
  readonly data: readonly T[];
}

interface Made {
  readonly id: string;
}

test.use({ house: 'campaigns' });

test('an empty house says what to do', async ({ page }) => {
  await page.goto('/ui/campaigns');
  await expect(page.getByText('Hali kampaniyalar yo\'q')).toBeVisible();
  await look(page, 'campaigns-empty');
});

test('a campaign is planned, filled, looked at, started and followed as it goes', async ({ page, engine }) => {
  test.setTimeout(240_000);
  await enrol(engine, people(120));
  const forbidden = await engine.api<Page<Made>>('GET', '/auto-calling/contacts?limit=1', undefined, engine.token());
  await engine.api('PATCH', `/auto-calling/contacts/${forbidden.data[0]?.id ?? ''}`, { status: 'DO_NOT_CALL' }, engine.token());

  await page.goto('/ui/campaigns');
  await page.getByRole('button', { name: 'Yangi kampaniya' }).click();
  const draft = page.getByRole('dialog', { name: 'Yangi kampaniya' });
  await draft.getByLabel('Nomi').fill('Noyabr qarzlari');
  await draft.getByLabel('Turi').selectOption('DEBT_COLLECTION');
  await draft.getByLabel('Tavsif').fill('60 kundan oshgan qarzlar');
  await draft.getByLabel('Bir vaqtda qo\'ng\'iroqlar').fill('5');
  await look(page, 'campaign-create');
  await page.getByRole('button', { name: 'Yaratish' }).click();
  await expect(page).toHaveURL(/\/ui\/campaigns\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Noyabr qarzlari');
  await expect(page.getByText('Qarz yig\'ish · 60 kundan oshgan qarzlar')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Boshlash' })).toBeDisabled();
  await look(page, 'campaign-new');

  await page.getByRole('button', { name: 'Kontakt tanlash' }).click();
  const chooser = page.getByRole('dialog', { name: 'Kontakt tanlash' });
  await chooser.getByRole('searchbox').fill('Aziza');
  await expect(chooser.getByText('Topilganlarning hammasi: 12')).toBeVisible();
  await chooser.getByRole('checkbox', { name: /Aziza Karimova/ }).first().check();
  await expect(chooser.getByText('Tanlangan: 1', { exact: true })).toBeVisible();
  await look(page, 'campaign-choose');
  await chooser.getByRole('searchbox').fill('');
  await chooser.getByLabel('Status').selectOption('');
  await chooser.getByRole('checkbox', { name: 'Topilganlarning hammasi: 120' }).check();
  await chooser.getByRole('button', { name: 'Qo\'shish' }).click();
  await expect(page.getByText('Qo\'shildi: 120. Oldin bor edi: 0.')).toBeVisible();
  const list = page.getByRole('table', { name: 'Kontaktlar' });
  await expect(list.locator('.badge-pending').first()).toHaveText('Kutilmoqda');

  await page.getByRole('button', { name: 'Boshlash' }).click();
  const flight = page.getByRole('dialog', { name: 'Boshlashdan oldin' });
  await expect(flight.getByText('Hozir qo\'ng\'iroq qilinadi').locator('xpath=following-sibling::dd')).toHaveText('119');
  await expect(flight.getByText('Kontakt holati ruxsat bermaydi')).toBeVisible();
  await look(page, 'campaign-preflight');
  await flight.getByRole('button', { name: 'Boshlash' }).click();

  await expect(page.getByText('Kampaniya boshlandi.')).toBeVisible();
  await expect(page.locator('h1 ~ .badge-running')).toHaveText('Ishlamoqda');
  // Followed by pushes alone: nothing is read anew by the page itself within this time.
  await expect(list.locator('.badge-calling').first()).toHaveText('Qo\'ng\'iroq qilinmoqda', { timeout: 3_000 });
  await expect(list.locator('.badge-success, .badge-promise_to_pay').first()).toBeVisible();

  await page.getByRole('button', { name: 'To\'xtatish' }).click();
  await expect(page.locator('h1 ~ .badge-paused')).toHaveText('To\'xtatilgan');
  const called = page.getByText('Qo\'ng\'iroqlar:', { exact: true }).locator('xpath=following-sibling::dd');
  await expect(page.getByText('Hozir suhbatda:').locator('xpath=following-sibling::dd')).toHaveText('0', { timeout: 15_000 });
  const before = Number(await called.textContent());
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(119);
  await page.getByRole('button', { name: 'Davom ettirish' }).click();
  await expect(page.locator('h1 ~ .badge-running')).toBeVisible();
  await look(page, 'campaign-running');
  await expect.poll(async () => Number(await called.textContent()), { timeout: 60_000 }).toBeGreaterThanOrEqual(119);
  await expect(page.getByRole('heading', { name: 'Kun soatlari bo\'yicha (Asia/Tashkent)' })).toBeVisible();
  await look(page, 'campaign-board');
});

test('who waits is shown by the time, and everybody\'s call is explained rule by rule', async ({ page, engine }) => {
  const { data: [campaign] } = await engine.api<Page<Made>>('GET', '/auto-calling/campaigns', undefined, engine.token());
  await page.goto(`/ui/campaigns/${campaign?.id ?? ''}`);
  await page.getByRole('tab', { name: 'Navbat' }).click();
  await expect(page).toHaveURL(/part=queue/);
  const queue = page.getByRole('table', { name: 'Navbat' });
  await expect(queue.getByText('Qayta urinish').first()).toBeVisible();
  await expect(queue.getByText('So\'ralgan qo\'ng\'iroq').first()).toBeVisible();
  const due = await queue.locator('time').evaluateAll((times) => times.map((time) => time.getAttribute('datetime') ?? ''));
  expect(due.length).toBeGreaterThan(5);
  expect(due).toEqual([...due].sort());
  await look(page, 'campaign-queue');

  const retry = queue.getByRole('row').filter({ hasText: 'Qayta urinish' }).last();
  await retry.click();
  await expect(page.locator('[data-rule="retry_due"]')).toContainText('Kutish kerak');
  await expect(page.locator('[data-rule="retry_due"]')).toContainText('muddati:');
  await expect(page.getByText('dan oldin qo\'ng\'iroq qilinmaydi.')).toBeVisible();
  await look(page, 'campaign-explain');
  await page.keyboard.press('Escape');

  await page.goto(`/ui/campaigns/${campaign?.id ?? ''}?status=PENDING`);
  await page.getByRole('table', { name: 'Kontaktlar' }).getByRole('row').nth(1).click();
  await expect(page.locator('[data-rule="do_not_call"]')).toContainText('Mumkin emas');
  await expect(page.locator('[data-rule="do_not_call"]')).toContainText('tashkilot ro\'yxatida');
  await expect(page.locator('.decides')).toHaveAttribute('data-rule', 'contact_status');
});

test('the report adds up, and its hours can be kept', async ({ page, engine }) => {
  const { data: [campaign] } = await engine.api<Page<Made>>('GET', '/auto-calling/campaigns', undefined, engine.token());
  await page.goto(`/ui/campaigns/${campaign?.id ?? ''}?part=report`);
  await expect(page.getByRole('heading', { name: 'Kontaktlar natijasi' })).toBeVisible();
  const told = await engine.api<{ calls: { conversations: number }; promises: { count: number } }>('GET', `/auto-calling/campaigns/${campaign?.id ?? ''}/report`, undefined, engine.token());
  await expect(page.getByText('Suhbatlar', { exact: true }).locator('xpath=following-sibling::dd')).toHaveText(String(told.calls.conversations));
  await look(page, 'campaign-report');
  const file = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Soatlar (CSV)' }).click();
  expect(readFileSync(await (await file).path(), 'utf8').split('\n').length).toBeGreaterThan(1);
});

test('a workbook is imported into a campaign, and one that is over says so', async ({ page, engine }) => {
  await enrol(engine, REACHED.map((phone) => `Bir,Marta,${phone},`));
  const found = await Promise.all(REACHED.map((phone) => engine.api<Page<Made>>('GET', `/auto-calling/contacts?q=${phone.slice(-9)}`, undefined, engine.token())));
  const contactIds = found.flatMap(({ data }) => data.map(({ id }) => id));
  const made = await engine.api<Made>('POST', '/auto-calling/campaigns', { name: 'Qisqa so\'rov', campaignType: 'SURVEY', contactIds }, engine.token());
  await page.goto(`/ui/campaigns/${made.id}`);
  await page.getByRole('button', { name: 'Boshlash' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Boshlash' }).click();
  await expect(page.getByText('Kampaniya yakunlandi!')).toBeVisible({ timeout: 20_000 });
  await expect(page.locator('h1 ~ .badge-completed')).toHaveText('Yakunlangan');
  await expect(page.locator('[role=progressbar]').first()).toHaveAttribute('aria-valuenow', '100');

  await page.getByRole('button', { name: 'Fayldan import' }).click();
  const dialog = page.getByRole('dialog', { name: 'Faylni kampaniyaga import qilish' });
  await dialog.getByLabel('Kontaktlar fayli').setInputFiles(WORKBOOK);
  await expect(dialog.getByText('Hozircha hech narsa saqlanmadi')).toBeVisible();
  await look(page, 'campaign-import');
  const before = Number(await page.getByText('Jami:', { exact: true }).locator('xpath=following-sibling::dd').textContent());
  await dialog.getByRole('button', { name: 'Import qilish' }).click();
  await expect(dialog.getByText('Import qilindi.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Tayyor' }).click();
  await expect.poll(async () => Number(await page.getByText('Jami:', { exact: true }).locator('xpath=following-sibling::dd').textContent())).toBeGreaterThan(before);
});

test('the list follows, is looked through, and leads to each', async ({ page, engine }) => {
  await page.goto('/ui/campaigns');
  const list = page.getByRole('table', { name: 'Kampaniyalar' });
  await expect(list.getByRole('row')).toHaveCount(3);
  await look(page, 'campaigns-list');
  // Begun elsewhere.
  const { data: [newest] } = await engine.api<Page<Made>>('GET', '/auto-calling/campaigns', undefined, engine.token());
  await engine.api('POST', `/auto-calling/campaigns/${newest?.id ?? ''}/start`, undefined, engine.token());
  await expect(list.locator('.badge-running')).toHaveCount(2);
  await page.getByLabel('Turi').selectOption('SURVEY');
  await expect(list.getByRole('row')).toHaveCount(2);
  await page.getByRole('searchbox').fill('yo\'q bunday');
  await expect(page.getByText('Hech narsa topilmadi')).toBeVisible();
  await page.getByRole('searchbox').fill('Qisqa');
  await list.getByRole('link', { name: 'Qisqa so\'rov' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Qisqa so\'rov');
});

test('one that is stopped can be removed, and one of none says so', async ({ page, engine }) => {
  await prefer(page, { language: 'en' });
  const made = await engine.api<Made>('POST', '/auto-calling/campaigns', { name: 'A mistake', campaignType: 'GENERAL' }, engine.token());
  await page.goto(`/ui/campaigns/${made.id}`);
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText('The campaign was removed.')).toBeVisible();
  await expect(page).toHaveURL(/\/ui\/campaigns$/);
  await page.goto(`/ui/campaigns/${made.id}`);
  await expect(page.getByRole('alert')).toContainText('campaign-unknown');
});

test('whoever may only look is shown nothing to do', async ({ page, engine }) => {
  const token = engine.token('auditor');
  await page.addInitScript((kept) => sessionStorage.setItem('karnay.token', kept), token);
  await page.goto('/ui/campaigns');
  await expect(page.getByText('Kampaniyani menejer boshqaradi.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Yangi kampaniya' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Noyabr qarzlari' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Noyabr qarzlari');
  await expect(page.getByRole('button', { name: 'To\'xtatish' })).toHaveCount(0);
  await page.getByRole('link', { name: 'Audit', exact: true }).last().click();
  await expect(page).toHaveURL(/\/ui\/audit\/campaign\//);
  await page.goto('/ui/contacts');
  await expect(page.getByRole('table', { name: 'Kontaktlar' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Eksport' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Yangi kontakt' })).toHaveCount(0);
});
