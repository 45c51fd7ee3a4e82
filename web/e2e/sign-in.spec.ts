// Who is let in: on this machine by itself, elsewhere by name and password; and what a sign-in that ended looks like.

import { Engine } from './engine';
import { expect, look, prefer, test } from './world';

const PASSWORD = 'correct horse battery';

test('whoever is at this machine is in by itself', async ({ page }) => {
  await page.goto('/');
  await expect(page).toHaveURL(/\/ui\/sessions$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sessiyalar');
  await expect(page.getByRole('button', { name: 'Hisob' })).toContainText('Administrator');
  await expect(page.getByText('Ulangan')).toBeVisible();
});

test('the address of a screen leads there, and one of none says so', async ({ page }) => {
  await page.goto('/ui/history');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Tarix');
  await page.goto('/ui/nowhere');
  await page.getByRole('link', { name: 'Sessiyalarga qaytish' }).click();
  await expect(page).toHaveURL(/\/ui\/sessions$/);
});

test('language, looks and time zone are chosen and kept', async ({ page }) => {
  await page.goto('/ui/sessions');
  await page.getByRole('button', { name: 'Hisob' }).click();
  await page.getByRole('menuitemradio', { name: 'Русский' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Сессии');
  await page.getByRole('menuitemradio', { name: 'Тёмное' }).click();
  await page.getByRole('menuitemradio', { name: 'Europe/Moscow' }).click();
  await look(page, 'preferences');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('lang', 'ru');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test.describe('where a token is asked for', () => {
  let engine: Engine;
  test.beforeAll(async () => {
    engine = await Engine.start({ CALLS_AUTH: 'token' });
    await engine.api('POST', '/users', { name: 'aziza', role: 'operator', password: PASSWORD }, engine.token());
  });
  test.afterAll(() => engine.stop());

  test('name and password are', async ({ page }) => {
    await page.goto(`${engine.url}/ui/sessions`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Kirish');
    await expect(page).toHaveTitle('Kirish · karnay');
    await page.getByLabel('Foydalanuvchi nomi').fill('aziza');
    await page.getByLabel('Parol').fill('something else');
    await page.getByRole('button', { name: 'Kirish' }).click();
    await expect(page.getByRole('alert')).toHaveText('Foydalanuvchi nomi yoki parol noto\'g\'ri.');
    await look(page, 'sign-in');
    await page.getByLabel('Parol').fill(PASSWORD);
    await page.getByRole('button', { name: 'Kirish' }).click();
    await expect(page.getByRole('button', { name: 'Hisob' })).toContainText('aziza');
    await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
    // An operator looks after no system.
    await expect(page.getByRole('link', { name: 'Tizim' })).toHaveCount(0);
    await page.reload();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sessiyalar');
    await page.getByRole('button', { name: 'Hisob' }).click();
    await page.getByRole('menuitem', { name: 'Chiqish' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Kirish');
  });

  test('whose sign-in was ended elsewhere signs in again', async ({ page }) => {
    await prefer(page, { language: 'en' });
    await page.goto(`${engine.url}/ui/sessions`);
    await page.getByLabel('User name').fill('aziza');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByText('Connected')).toBeVisible();
    await engine.api('PATCH', '/users/aziza', { disabled: true }, engine.token());
    await expect(page.getByRole('alert')).toHaveText('Your session has ended. Sign in again.');
    await engine.api('PATCH', '/users/aziza', { disabled: false }, engine.token());
  });
});
