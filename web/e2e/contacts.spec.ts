// Contacts: written by hand, imported from a workbook and undone, looked for, kept as a file, forbidden to call, and each on its own page.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { csv, enrol, people, PROMISES } from './people';
import { expect, look, prefer, test } from './world';

const WORKBOOK = join(import.meta.dirname, '../../tests/it/workbooks/contacts-openpyxl.xlsx');

interface Page<T> {
  readonly data: readonly T[];
}

interface Made {
  readonly id: string;
}

test.use({ house: 'contacts' });

test('an empty house says what to do', async ({ page }) => {
  await page.goto('/ui/contacts');
  await expect(page.getByText('Hali kontaktlar yo\'q')).toBeVisible();
  await look(page, 'contacts-empty');
});

test('a contact is written, and written anew; a number that is taken leads to whose it is', async ({ page }) => {
  await page.goto('/ui/contacts');
  await page.getByRole('button', { name: 'Yangi kontakt' }).click();
  const draft = page.getByRole('dialog', { name: 'Yangi kontakt' });
  await draft.getByLabel('Ism').fill('Alisher');
  await draft.getByLabel('Familiya').fill('Valijonov');
  await draft.getByLabel('Telefon').fill('123');
  await draft.getByLabel('Tug\'ilgan sana').fill('1990-01-15');
  await draft.getByLabel('Qo\'shimcha ma\'lumot').fill('{"totalDebt": ');
  await draft.getByRole('button', { name: 'Saqlash' }).click();
  await expect(draft.getByRole('alert')).toContainText('Qo\'shimcha ma\'lumot yozuvi yaroqsiz');
  await draft.getByLabel('Qo\'shimcha ma\'lumot').fill('{"totalDebt": 5420.5, "products": ["kredit", "karta"]}');
  await draft.getByRole('button', { name: 'Saqlash' }).click();
  await expect(draft.getByLabel('Telefon')).toHaveAttribute('aria-invalid', 'true');
  await look(page, 'contact-create');
  await draft.getByLabel('Telefon').fill('90 123 45 67');
  await draft.getByRole('button', { name: 'Saqlash' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Alisher Valijonov');
  await expect(page.getByText('+998 90 123 45 67')).toBeVisible();
  await expect(page.getByText('["kredit","karta"]')).toBeVisible();

  await page.getByRole('button', { name: 'Tahrirlash' }).click();
  await page.getByRole('dialog').getByLabel('Izoh').fill('Kechqurun qulay');
  await page.getByRole('dialog').getByRole('button', { name: 'Saqlash' }).click();
  await expect(page.locator('.note')).toHaveText('Kechqurun qulay');

  await page.getByRole('link', { name: 'Barcha kontaktlar' }).click();
  await page.getByRole('button', { name: 'Yangi kontakt' }).click();
  await draft.getByLabel('Ism').fill('Boshqa');
  await draft.getByLabel('Familiya').fill('Odam');
  await draft.getByLabel('Telefon').fill('+998901234567');
  await draft.getByRole('button', { name: 'Saqlash' }).click();
  await draft.getByRole('link', { name: 'O\'sha kontaktni ochish' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Alisher Valijonov');
});

test('a workbook is looked through, imported, reported and undone', async ({ page }) => {
  await page.goto('/ui/contacts');
  await page.getByRole('button', { name: 'Fayldan import' }).click();
  const dialog = page.getByRole('dialog', { name: 'Fayldan import' });
  await dialog.getByLabel('Kontaktlar fayli').setInputFiles(WORKBOOK);
  await expect(dialog.getByText('Hozircha hech narsa saqlanmadi')).toBeVisible();
  const rows = dialog.getByRole('table', { name: 'Qatorlar hisoboti' });
  await expect(rows.getByText('Bu raqam boshqa kontaktda bor.')).toBeVisible();
  await expect(rows.getByText('Tug\'ilgan sana emas')).toBeVisible();
  await expect(rows.locator('.badge-rejected').first()).toHaveText('Rad etildi');
  const count = (name: string) => dialog.getByText(name, { exact: true }).first().locator('xpath=following-sibling::dd');
  await expect(count('Yangi')).toHaveText('1');
  await look(page, 'contacts-import');
  // Nothing was stored by that.
  await expect(page.getByRole('table', { name: 'Kontaktlar' }).getByRole('row')).toHaveCount(2);

  await dialog.getByRole('checkbox', { name: 'Xatosi bor qatorlar rad etilsin' }).check();
  await expect(count('Yangi')).toHaveText('0');
  await dialog.getByRole('checkbox', { name: 'Xatosi bor qatorlar rad etilsin' }).uncheck();
  await expect(count('Yangi')).toHaveText('1');
  await dialog.getByRole('button', { name: 'Import qilish' }).click();
  await expect(dialog.getByText('Import qilindi.')).toBeVisible();
  const file = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'To\'liq hisobot (CSV)' }).click();
  expect(readFileSync(await (await file).path(), 'utf8')).toMatch(/^row,outcome,contactId,field,what,before,after,reason\n/);
  await dialog.getByRole('button', { name: 'Tayyor' }).click();
  const list = page.getByRole('table', { name: 'Kontaktlar' });
  await expect(list.getByRole('row')).toHaveCount(3);

  await page.getByRole('tab', { name: 'Importlar' }).click();
  const imports = page.getByRole('table', { name: 'Importlar' });
  await expect(imports.locator('.badge-completed')).toHaveText('Tugagan');
  await look(page, 'contacts-imports');
  await imports.getByRole('button', { name: 'Bekor qilish' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Bekor qilish' }).last().click();
  await expect(page.getByText('O\'chirildi: 1. Qoldi: 0.')).toBeVisible();
  await expect(imports.getByText('Bekor qilingan')).toBeVisible();
  await page.getByRole('tab', { name: 'Kontaktlar' }).click();
  await expect(list.getByRole('row')).toHaveCount(2);
});

test('contacts are looked for, narrowed down and kept as a file', async ({ page, engine }) => {
  const { importId } = await enrol(engine, people(240));
  await page.goto('/ui/contacts');
  await expect(page.getByText('241 tadan 200 tasi ko\'rsatilgan')).toBeVisible();
  await look(page, 'contacts-list');
  const list = page.getByRole('table', { name: 'Kontaktlar' });
  await list.locator('xpath=..').evaluate((box) => box.scrollTo(0, box.scrollHeight));
  await expect(page.getByText('241 tadan 241 tasi ko\'rsatilgan')).toBeVisible();
  await page.getByRole('searchbox').fill('alisher');
  await expect(list.getByRole('row')).toHaveCount(2);
  await expect(page).toHaveURL(/q=alisher/);
  const calls = page.getByRole('combobox', { name: 'Qo\'ng\'iroqlar' });
  await calls.selectOption('true');
  await expect(page.getByText('Hech narsa topilmadi')).toBeVisible();
  await calls.selectOption('');
  await expect(list.getByRole('row')).toHaveCount(2);

  const file = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Eksport' }).click();
  await page.getByRole('menuitem', { name: 'CSV fayl' }).click();
  const kept = readFileSync(await (await file).path(), 'utf8').trim().split('\n');
  expect(kept).toHaveLength(2);
  expect(kept[1]).toContain('+998901234567');

  await page.goto(`/ui/contacts?importId=${importId}`);
  await expect(page.getByText('240 tadan 200 tasi ko\'rsatilgan')).toBeVisible();
  await page.getByRole('button', { name: /Bitta importning kontaktlari/ }).click();
  await expect(page.getByText(/^241 tadan/)).toBeVisible();
});

test('what happens elsewhere is shown at once', async ({ page, engine }) => {
  const found = await engine.api<Page<Made>>('GET', '/auto-calling/contacts?q=alisher', undefined, engine.token());
  await page.goto('/ui/contacts?q=alisher');
  await expect(page.locator('.badge-active')).toHaveText('Faol');
  await engine.api('PATCH', `/auto-calling/contacts/${found.data[0]?.id ?? ''}`, { status: 'INACTIVE' }, engine.token());
  await expect(page.locator('.badge-inactive')).toHaveText('Faol emas', { timeout: 3_000 });
});

test('a contact\'s page tells its calls, its promises and why it is called or not', async ({ page, engine }) => {
  test.setTimeout(90_000);
  await enrol(engine, [`Va'da,Bergan,${PROMISES},`]);
  const found = await engine.api<Page<Made>>('GET', `/auto-calling/contacts?q=${PROMISES.slice(-9)}`, undefined, engine.token());
  const contactIds = found.data.map(({ id }) => id);
  const campaign = await engine.api<Made>('POST', '/auto-calling/campaigns', { name: 'Qarzlar', campaignType: 'DEBT_COLLECTION', contactIds }, engine.token());
  await engine.api('POST', `/auto-calling/campaigns/${campaign.id}/start`, undefined, engine.token());
  await page.goto(`/ui/contacts/${contactIds[0] ?? ''}`);
  // Told by pushes as it happens.
  await expect(page.getByRole('region', { name: 'Va\'dalar' }).locator('.badge-open')).toHaveText('Kutilmoqda', { timeout: 20_000 });
  const calls = page.getByRole('table', { name: 'Qo\'ng\'iroqlar' });
  await expect(calls.locator('.badge-answered')).toHaveText('Telefon ko\'tarildi');
  await expect(calls.getByText('Kampaniya')).toBeVisible();
  await expect(page.getByRole('combobox', { name: 'Kampaniya' })).toHaveValue(campaign.id);
  await expect(page.locator('[data-rule="promise"]')).toContainText('Kutish kerak');
  await look(page, 'contact-page');
  await page.getByRole('link', { name: 'Audit', exact: true }).last().click();
  await expect(page).toHaveURL(`/ui/audit/contact/${contactIds[0] ?? ''}`);
  const other = await engine.api<Made>('POST', '/auto-calling/campaigns', { name: 'Boshqa', campaignType: 'GENERAL' }, engine.token());
  await page.goto(`/ui/contacts/${contactIds[0] ?? ''}?campaign=${other.id}`);
  await expect(page.getByText('Kontakt bu kampaniyada emas.')).toBeVisible();
});

test('who asks not to be called is not, until that is taken back; and a contact is removed', async ({ page, engine }) => {
  await prefer(page, { language: 'ru' });
  const found = await engine.api<Page<Made>>('GET', '/auto-calling/contacts?q=alisher', undefined, engine.token());
  await page.goto(`/ui/contacts/${found.data[0]?.id ?? ''}`);
  await page.getByRole('button', { name: 'Не звонить' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Не звонить' }).click();
  await expect(page.locator('.badge-do_not_call')).toHaveText('Не звонить');
  expect(await engine.api('GET', '/auto-calling/do-not-call/check?phone=%2B998901234567', undefined, engine.token())).toMatchObject({ listed: true });
  await look(page, 'contact-forbidden');
  await page.getByRole('button', { name: 'Разрешить звонки' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Разрешить звонки' }).click();
  await expect(page.locator('.badge-active')).toHaveText('Активен');
  expect(await engine.api('GET', '/auto-calling/do-not-call/check?phone=%2B998901234567', undefined, engine.token())).toMatchObject({ listed: false });
  await page.getByRole('button', { name: 'Удалить' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Удалить' }).click();
  await expect(page).toHaveURL(/\/ui\/contacts$/);
  await page.goto(`/ui/contacts/${found.data[0]?.id ?? ''}`);
  await expect(page.getByRole('alert')).toContainText('contact-unknown');
});

test('an admin forgets a person for good, and says why', async ({ page, engine, context }) => {
  const made = await engine.api<Made>('POST', '/auto-calling/contacts', { firstName: 'Zebiniso', lastName: 'Qodirova', phone: '+998907654321', notes: 'Ertalab' }, engine.token());
  await page.goto(`/ui/contacts/${made.id}`);
  await page.getByRole('button', { name: 'Butunlay unutish' }).click();
  const dialog = page.getByRole('dialog', { name: 'Zebiniso Qodirova butunlay unutilsinmi?' });
  await expect(dialog).toContainText('Buni qaytarib bo\'lmaydi.');
  const forget = dialog.getByRole('button', { name: 'Butunlay unutish' });
  await expect(forget).toBeDisabled();
  await look(page, 'contact-forget');
  await dialog.getByLabel('Sabab').fill('Xat bilan so\'radi');
  await forget.click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Unutilgan shaxs', { timeout: 20_000 });
  await expect(page.getByText('Zebiniso')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Tahrirlash' })).toHaveCount(0);
  await look(page, 'contact-forgotten');
  const audit = await engine.api<{ events: { words: string }[] }>('GET', `/audit/contact/${made.id}?lang=uz`, undefined, engine.token());
  expect(JSON.stringify(audit)).toContain('Xat bilan so\'radi');
  expect(JSON.stringify(audit)).not.toContain('Zebiniso');
  await page.getByRole('link', { name: 'Barcha kontaktlar' }).click();
  await expect(page.getByRole('link', { name: 'Unutilgan shaxs' })).toBeVisible();
  await page.goto(`/ui/contacts/${made.id}`);
  await page.getByRole('button', { name: 'O\'chirish' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'O\'chirish' }).click();
  await expect(page).toHaveURL(/\/ui\/contacts$/);

  // Whoever is no admin is not shown the way.
  const other = await engine.api<Made>('POST', '/auto-calling/contacts', { firstName: 'Boshqa', lastName: 'Odam', phone: '+998907654322' }, engine.token());
  await context.addInitScript((token) => sessionStorage.setItem('karnay.token', token), engine.token('manager'));
  const theirs = await context.newPage();
  await theirs.goto(`/ui/contacts/${other.id}`);
  await expect(theirs.getByRole('button', { name: 'Tahrirlash' })).toBeVisible();
  await expect(theirs.getByRole('button', { name: 'Butunlay unutish' })).toHaveCount(0);
});

test('a workbook that stands in the way of itself says why', async ({ page }) => {
  await prefer(page, { language: 'uz-Cyrl' });
  await page.goto('/ui/contacts');
  await page.getByRole('button', { name: 'Файлдан импорт' }).click();
  const dialog = page.getByRole('dialog', { name: 'Файлдан импорт' });
  const twice = Buffer.from(await csv([...people(1), ...people(1)]).arrayBuffer());
  await dialog.getByLabel('Контактлар файли').setInputFiles({ name: 'twice.csv', mimeType: 'text/csv', buffer: twice });
  await expect(dialog.getByText('Рақам юқоридаги қаторда бор.')).toBeVisible();
  await dialog.getByLabel('Рақами бор контакт').selectOption('fail');
  await expect(dialog.getByRole('alert')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Импорт қилиш' })).toBeDisabled();
  await look(page, 'contacts-import-refused');
});
