// Nobody is told to do what they may not, and nobody is shown the engine's own names for things.

import { enrol } from './people';
import { expect, test } from './world';

test.use({ house: 'plain' });

test('an empty house tells auditors only what they may do', async ({ page, engine }) => {
  await page.addInitScript((token) => sessionStorage.setItem('karnay.token', token), engine.token('auditor'));
  for (const [address, order] of [
    ['sessions', 'Start Calls tugmasini bosing'], ['campaigns', 'Kampaniya yarating'], ['contacts', 'Kontakt qo\'shing'], ['settings?part=forbidden', 'shu yerda qo\'shing'],
  ] as const) {
    await page.goto(`/ui/${address}`);
    await expect(page.getByText('Paydo bo\'lganda shu yerda ko\'rinadi.'), address).toBeVisible();
    await expect(page.getByText(order), address).toHaveCount(0);
  }
});

test('operators are told that the audit is not theirs, and asked for nothing there', async ({ page, engine }) => {
  await page.addInitScript((token) => sessionStorage.setItem('karnay.token', token), engine.token('operator'));
  await page.goto('/ui/audit');
  await expect(page.getByText('Auditni operatorlar ko\'rmaydi')).toBeVisible();
  await expect(page.getByRole('searchbox')).toHaveCount(0);
});

test('who did something and what came of it has words', async ({ page, engine }) => {
  await enrol(engine, ['Aziza,Karimova,+998902000001,']);
  const token = engine.token();
  const { data: [contact] } = await engine.api<{ data: { id: string }[] }>('GET', '/auto-calling/contacts', undefined, token);
  const id = contact?.id ?? '';
  await engine.api('PATCH', `/auto-calling/contacts/${id}`, { lastConversationOutcome: 'SUCCESS' }, token);
  await engine.api('POST', '/auto-calling/do-not-call', { phones: ['+998902000009'] }, token);

  await page.goto(`/ui/audit/contact/${id}`);
  const was = page.getByTestId('was');
  await expect(was).toContainText('Muvaffaqiyatli');
  await expect(was).not.toContainText('SUCCESS');
  // By name, and not by the id alone.
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Kontakt Aziza Karimova');

  const taken = await fetch(`${engine.url}/auto-calling/contacts/export?format=csv`, { headers: { authorization: `Bearer ${token}` } });
  expect(taken.ok).toBe(true);
  await taken.text();
  await page.goto('/ui/audit/export/contacts');
  const looks = page.locator('.event.looked .event-words');
  await expect(looks).toHaveText(['Ro\'yxatni karnay token buyrug\'i ko\'rdi', 'Faylni karnay token buyrug\'i yuklab oldi']);

  for (const address of ['settings?part=forbidden', 'contacts?part=imports']) {
    await page.goto(`/ui/${address}`);
    await expect(page.getByText('karnay token buyrug\'i').first(), address).toBeVisible();
    await expect(page.getByText('karnay-token'), address).toHaveCount(0);
  }
});

test('a long name makes no long list to choose from', async ({ page, engine }) => {
  await engine.api('POST', '/auto-calling/campaigns', { name: 'Juda uzun nomli kampaniya '.repeat(6).trim(), campaignType: 'GENERAL' }, engine.token());
  await page.goto('/ui/contacts');
  const boxes = page.locator('.select select');
  await expect(boxes.filter({ hasText: 'Juda uzun nomli' })).toBeVisible();
  for (const box of await boxes.all()) expect((await box.boundingBox())?.width).toBeLessThanOrEqual(330);
});

test('what can be done about a row is in sight where the table is wider than its box', async ({ page }) => {
  await page.setViewportSize({ width: 800, height: 800 });
  await page.goto('/ui/settings?part=forbidden');
  const box = page.getByRole('group').filter({ has: page.getByRole('table') }).last();
  const button = box.getByRole('button').last();
  const [edge, end] = [await box.boundingBox(), await button.boundingBox()];
  expect(await box.evaluate(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth), 'it scrolls sideways').toBe(true);
  expect((end?.x ?? 0) + (end?.width ?? 0)).toBeLessThanOrEqual((edge?.x ?? 0) + (edge?.width ?? 0));
});
