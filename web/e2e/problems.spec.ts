// What is refused is said in the reader's language, leads on where it can, and offers to be tried again only where that helps.

import { expect, fair, look, prefer, test } from './world';

test.use({ house: 'problems', settings: { UNKNOWN_SESSION: 'create' } });

test('who may not look is told so in words, and not asked to try again', async ({ page, engine }) => {
  await page.addInitScript((token) => sessionStorage.setItem('karnay.token', token), engine.token('manager'));
  await page.goto('/ui/system');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('Bunga kamida "Administrator" roli kerak.');
  await expect(alert).toContainText('role-too-low');
  await expect(alert).not.toContainText('this needs');
  await expect(alert.getByRole('button')).toHaveCount(0);
  await look(page, 'problem-role');
});

test('calls that cannot begin lead to the session that is in their way', async ({ page, engine }) => {
  const numbers = Array.from({ length: 400 }, (_, number) => `+99890${1_000_000 + number}`).join('\n');
  await prefer(page, { language: 'ru' });
  for (const name of ['first.txt', 'second.txt']) {
    await page.goto('/ui/sessions');
    await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(numbers) });
    await page.getByRole('button', { name: 'Загрузить файл' }).click();
    await page.getByRole('button', { name: 'Начать обзвон' }).click();
    if (name === 'first.txt') await expect(page).toHaveURL(/\/session-/);
  }
  const [running] = await engine.api<{ sessionId: string }[]>('GET', '/calls/sessions/all?limit=1');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('Сейчас звонит другая сессия.');
  await expect(alert).not.toContainText('remote host');
  await fair(page, 'a start that was refused');
  await alert.getByRole('link', { name: 'Открыть сессию' }).click();
  await expect(page).toHaveURL(new RegExp(`/ui/sessions/${running?.sessionId ?? ''}$`));
});

test('of several numbers, the row of the wrong one is named', async ({ page }) => {
  await prefer(page, { language: 'uz-Cyrl' });
  await page.goto('/ui/settings?part=forbidden');
  await page.locator('textarea[name=phones]').fill('+998901112233\n12\n');
  await page.locator('form:has(textarea[name=phones]) button[type=submit]').click();
  const alert = page.getByRole('alert').filter({ hasText: '2-қатор' });
  await expect(alert).toContainText('Рақам жуда қисқа.');
  await expect(alert).not.toContainText('phones[');
});
