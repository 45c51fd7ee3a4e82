// Settings: one's own, users, keys, numbers that are not to be called, and what the engine was told.

import type { Page } from '@playwright/test';

import { Engine } from './engine';
import { expect, look, prefer, test } from './world';

test.use({ house: 'settings' });

const PASSWORD = 'correct horse battery';

async function open(page: Page, part: string): Promise<void> {
  await page.goto(`/ui/settings?part=${part}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sozlamalar');
}

test('language, looks and time zone are chosen and kept', async ({ page }) => {
  await open(page, 'own');
  await expect(page.getByText('Bu kompyuterdan parolsiz kirilgan')).toBeVisible();
  await look(page, 'settings-own');
  await page.getByLabel('Vaqt mintaqasi').selectOption('Asia/Tokyo');
  await page.getByLabel('Ko\'rinish', { exact: true }).selectOption('dark');
  await page.getByLabel('Til', { exact: true }).selectOption('en');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Settings');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.getByLabel('Time zone')).toHaveValue('Asia/Tokyo');
});

test('a user is added, given another role and password, and kept out', async ({ page, engine }) => {
  await open(page, 'users');
  await expect(page.getByText('Hali foydalanuvchi yo\'q')).toBeVisible();
  await page.getByRole('button', { name: 'Foydalanuvchi qo\'shish' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Foydalanuvchi nomi').fill('aziza');
  await dialog.getByLabel('Parol', { exact: true }).fill(PASSWORD);
  await dialog.getByRole('radio', { name: /Menejer/ }).check();
  await look(page, 'settings-user');
  await dialog.getByRole('button', { name: 'Saqlash' }).click();
  await expect(page.getByText('aziza qo\'shildi.')).toBeVisible();
  const row = page.getByRole('row', { name: /aziza/ });
  await expect(row).toContainText('Menejer');
  await expect(row).toContainText('Faol');
  // A name that is taken is told in the form.
  await page.getByRole('button', { name: 'Foydalanuvchi qo\'shish' }).click();
  await dialog.getByLabel('Foydalanuvchi nomi').fill('aziza');
  await dialog.getByLabel('Parol', { exact: true }).fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Saqlash' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Xatolik:');
  await dialog.getByRole('button', { name: 'Bekor qilish' }).click();
  await page.getByRole('button', { name: 'O\'zgartirish: aziza' }).click();
  await dialog.getByRole('radio', { name: /Operator/ }).check();
  await dialog.getByLabel('Yangi parol').fill(`${PASSWORD} staple`);
  await dialog.getByRole('button', { name: 'Saqlash' }).click();
  await expect(page.getByText('aziza o\'zgartirildi.')).toBeVisible();
  await expect(row).toContainText('Operator');
  await engine.api('POST', '/auth/login', { username: 'aziza', password: `${PASSWORD} staple` });
  await look(page, 'settings-users');
  await page.getByRole('button', { name: 'O\'zgartirish: aziza' }).click();
  await dialog.getByLabel('Kira oladi').uncheck();
  await dialog.getByRole('button', { name: 'Saqlash' }).click();
  await expect(row).toContainText('To\'xtatilgan');
  await expect(engine.api('POST', '/auth/login', { username: 'aziza', password: `${PASSWORD} staple` })).rejects.toThrow('401');
});

test('a key is made, its text shown once, and revoked', async ({ page, engine, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, 'keys');
  await page.getByRole('button', { name: 'Kalit yaratish' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Nima uchun').fill('CRM');
  await dialog.getByRole('button', { name: 'Kalit yaratish' }).click();
  await expect(dialog.getByRole('alert')).toHaveText('Kamida bitta sohani tanlang.');
  await dialog.getByRole('checkbox', { name: /^calls/ }).check();
  await dialog.getByRole('checkbox', { name: /^webhook/ }).check();
  await look(page, 'settings-key');
  await dialog.getByRole('button', { name: 'Kalit yaratish' }).click();
  const key = await dialog.getByLabel('Kalit', { exact: true }).inputValue();
  expect(key).toMatch(/^kn_/);
  await look(page, 'settings-key-made');
  await dialog.getByRole('button', { name: 'Nusxa olish' }).click();
  await expect(dialog.getByRole('status').filter({ hasText: 'Nusxa olindi.' })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeVisible();
  expect(await engine.api<{ role: string }>('GET', '/auth/me', undefined, key)).toMatchObject({ role: 'operator', scopes: ['calls', 'webhook'] });
  await dialog.getByRole('button', { name: 'Saqlab oldim' }).click();
  const row = page.getByRole('row', { name: /CRM/ });
  await expect(row).toContainText('qo\'ng\'iroqlar, hisobotlar qabuli');
  await expect(page.getByText(key)).toHaveCount(0);
  await look(page, 'settings-keys');
  await page.getByRole('button', { name: 'Bekor qilish: CRM' }).click();
  await dialog.getByRole('button', { name: 'Bekor qilish' }).last().click();
  await expect(row).toContainText('Bekor qilingan');
  await expect(engine.api('GET', '/auth/me', undefined, key)).rejects.toThrow('401');
});

test('numbers are put on the list, looked up and taken off', async ({ page, engine }) => {
  await open(page, 'forbidden');
  const check = page.getByRole('region', { name: 'Raqamni tekshirish' });
  await check.getByLabel('Raqam', { exact: true }).fill('90 123-45-67');
  await check.getByRole('button', { name: 'Tekshirish' }).click();
  await expect(check.getByRole('status')).toHaveText('+998 90 123 45 67: qo\'ng\'iroq qilish mumkin.');
  const add = page.getByRole('region', { name: 'Raqam qo\'shish' });
  await add.getByLabel('Raqamlar, har qatorda bittadan').fill('not a number');
  await add.getByRole('button', { name: 'Raqam qo\'shish' }).click();
  await expect(add.getByRole('alert')).toContainText('Xatolik:');
  await add.getByLabel('Raqamlar, har qatorda bittadan').fill('+998901234567\n+998901234568\n');
  await add.getByLabel('Izoh (ixtiyoriy)').fill('o\'zi so\'ragan');
  await add.getByRole('button', { name: 'Raqam qo\'shish' }).click();
  await expect(page.getByText('Qo\'shildi: 2. Oldindan bor edi: 0.')).toBeVisible();
  await expect(page.getByText('Jami: 2')).toBeVisible();
  await check.getByRole('button', { name: 'Tekshirish' }).click();
  await expect(check.getByRole('status')).toHaveText('+998 90 123 45 67: qo\'ng\'iroq qilinmaydi (Tashkilot ro\'yxati).');
  await look(page, 'settings-forbidden');
  await page.getByLabel('Raqam yoki oxirgi raqamlari').fill('4568');
  await expect(page.getByText('Jami: 1')).toBeVisible();
  await page.getByRole('button', { name: 'Olib tashlash: +998901234568' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Olib tashlash' }).click();
  await expect(page.getByText('+998 90 123 45 68: ro\'yxatdan olindi.')).toBeVisible();
  await expect(page.getByText('Bunday raqam ro\'yxatda yo\'q')).toBeVisible();
  const left = await engine.api<{ data: { phone: string }[] }>('GET', '/auto-calling/do-not-call', undefined, engine.token());
  expect(left.data.map(({ phone }) => phone)).toEqual(['+998901234567']);
  await page.getByLabel('Ro\'yxat', { exact: true }).selectOption('global');
  await page.getByLabel('Raqam yoki oxirgi raqamlari').fill('');
  await expect(page.getByText('Ro\'yxat bo\'sh')).toBeVisible();
});

test('what the engine was told is shown, secrets are not', async ({ page }) => {
  await open(page, 'engine');
  const list = page.getByRole('tabpanel', { name: 'Dvigatel' });
  await expect(list).toContainText('JWT_SECRET');
  await expect(list).toContainText('maxfiy, berilmagan');
  await look(page, 'settings-engine');
  await page.getByLabel('Faqat berilganlari').check();
  await expect(list).not.toContainText('JWT_SECRET');
  await page.getByLabel('Sozlamani qidirish').fill('remote_host');
  await expect(list.locator('dt')).toHaveCount(1);
  await expect(list.locator('dl')).toContainText('simulated');
});

test.describe('where the calls are open to a network', () => {
  let engine: Engine;
  test.beforeAll(async () => {
    engine = await Engine.start({ HOST: '0.0.0.0', CALLS_AUTH: 'open' });
    for (const [name, role] of [['boss', 'admin'], ['dilnoza', 'operator']]) await engine.api('POST', '/users', { name, role, password: PASSWORD }, engine.token());
  });
  test.afterAll(() => engine.stop());

  async function signIn(page: Page, name: string): Promise<void> {
    await page.goto(`${engine.url}/ui/settings`);
    await page.getByLabel('User name').fill(name);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Settings');
  }

  test('admins are warned', async ({ page }) => {
    await prefer(page, { language: 'en' });
    await signIn(page, 'boss');
    await expect(page.getByText('open to the whole network without a password (CALLS_AUTH=open, HOST=0.0.0.0)')).toBeVisible();
    await look(page, 'settings-open-door');
  });

  test('others have what is theirs, and sign out everywhere', async ({ page, browser }) => {
    await prefer(page, { language: 'en' });
    await signIn(page, 'dilnoza');
    await expect(page.getByRole('tab')).toHaveText(['My preferences', 'Do not call']);
    const elsewhere = await (await browser.newContext()).newPage();
    await prefer(elsewhere, { language: 'en' });
    await signIn(elsewhere, 'dilnoza');
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
    await elsewhere.reload();
    await expect(elsewhere.getByRole('heading', { level: 1 })).toHaveText('Sign in');
  });
});
