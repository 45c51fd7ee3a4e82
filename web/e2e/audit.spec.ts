// Audit: finding what to look at, what was recorded of it, what led to it, how it was, and whether the journal is what was written.

import type { Page } from '@playwright/test';

import type { Engine } from './engine';
import { expect, look, prefer, test } from './world';

test.use({ house: 'audit' });

interface Result {
  readonly id: string;
  readonly phoneNumber: string;
}

const NUMBERS = ['+998901234561', '+998901234562', '+998901234563', '+998901234564', '+998901234565', '+998901234566'];

/** A session that the simulated call server has dialled to its end. */
async function dialled(engine: Engine): Promise<{ session: string; results: readonly Result[] }> {
  const file = new FormData();
  file.append('file', new Blob([NUMBERS.join('\n')]), 'numbers.txt');
  const sent = await fetch(`${engine.url}/calls/upload`, { method: 'POST', body: file });
  const { uploadId } = (await sent.json()) as { uploadId: string };
  const { sessionId } = await engine.api<{ sessionId: string }>('POST', '/calls/start', { uploadId });
  await expect.poll(async () => (await engine.api<{ isCompleted: boolean }>('GET', `/calls/session/${sessionId}`)).isCompleted, { timeout: 40_000 }).toBe(true);
  return { session: sessionId, results: await engine.api<Result[]>('GET', `/calls/session/${sessionId}/results`) };
}

let known: { session: string; results: readonly Result[] } | undefined;
async function session(engine: Engine) {
  known ??= await dialled(engine);
  return known;
}

function fact(page: Page, name: string) {
  return page.getByTestId('was').locator('div', { has: page.getByRole('term').filter({ hasText: new RegExp(`^${name}$`) }) });
}

test('what happened is found, and told in words, with who, when and why', async ({ page, engine }) => {
  const { session: id, results } = await session(engine);
  await page.goto('/ui/audit');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Audit');
  await expect(page.getByRole('link', { name: id })).toBeVisible();
  await look(page, 'audit');
  await page.getByLabel('Nomi, raqami yoki identifikatori').fill(id.slice(-6));
  await page.getByRole('list', { name: 'Topilganlar' }).getByRole('link', { name: id }).click();
  await expect(page).toHaveURL(`/ui/audit/session/${id}`);
  const events = page.getByRole('region', { name: 'Voqealar' }).getByRole('list').first().locator('.event');
  const told = await engine.api<{ events: { kind: string; words: string }[] }>('GET', `/audit/session/${id}?lang=uz`, undefined, engine.token());
  // What was looked at meanwhile may have been written down as well.
  const lived = told.events.filter(({ kind }) => kind === 'session');
  for (const [index, { words }] of lived.entries()) await expect(events.nth(index)).toContainText(words);
  expect(lived.length).toBeGreaterThanOrEqual(4);
  await expect(events.first()).toContainText('So\'rov');
  await events.first().getByText('Xom ma\'lumot').click();
  await expect(events.first().locator('pre')).toContainText('"remote": "simulated"');
  await look(page, 'audit-session');
  await page.getByLabel('qo\'ng\'iroqlari bilan').check();
  await expect.poll(() => events.count()).toBeGreaterThanOrEqual(lived.length + results.length);
});

test('a slider shows a session as it was', async ({ page, engine }) => {
  const { session: id, results } = await session(engine);
  const now = await engine.api<{ connectedCalls: number }>('GET', `/calls/session/${id}`);
  await page.goto(`/ui/audit/session/${id}`);
  await expect(fact(page, 'Qayta ishlangan')).toContainText(String(results.length));
  await expect(page.getByText('Hozirgi holat')).toBeVisible();
  const slider = page.getByRole('slider', { name: 'Vaqt' });
  await expect(slider).toHaveAttribute('aria-valuetext', 'hozir');
  // Half of what it lived, by the keyboard.
  await slider.focus();
  for (let step = 0; step < 5; step += 1) await page.keyboard.press('PageDown');
  await expect(page).toHaveURL(/at=/);
  const at = new URL(page.url()).searchParams.get('at')?.replaceAll('"', '') ?? '';
  const was = await engine.api<{ processedNumbers: number; status: string }>('GET', `/calls/session/${id}?asOf=${encodeURIComponent(at)}`);
  expect(was.processedNumbers).toBeLessThan(results.length);
  await expect(fact(page, 'Qayta ishlangan')).toHaveText(`Qayta ishlangan${was.processedNumbers}hozir: ${results.length}`);
  await expect(page.getByText(`O'sha paytgacha natijalar: ${was.processedNumbers}`).first()).toBeVisible();
  await expect(page.getByText('Qayta ishlanmoqda...')).toBeVisible();
  await look(page, 'audit-then');
  await page.getByRole('button', { name: 'Keyingi voqea' }).click();
  await expect(page).toHaveURL(/at=%22?\d+%22?$/);
  await page.getByRole('button', { name: 'Hozirga qaytish' }).click();
  await expect(fact(page, 'Muvaffaqiyatli')).toHaveText(`Muvaffaqiyatli${now.connectedCalls}`);
});

test('a call leads back to the row of the file, and each link to what it names', async ({ page, engine }) => {
  const { session: id, results } = await session(engine);
  const call = results[2];
  await page.goto(`/ui/audit/call/${call?.id ?? ''}`);
  const chain = page.getByRole('region', { name: 'Nimadan kelib chiqqan' });
  await expect(chain.getByText('Qator', { exact: false }).first()).toBeVisible();
  await expect(chain).toContainText(`fayl qatori ${NUMBERS.indexOf(call?.phoneNumber ?? '') + 1}`);
  await look(page, 'audit-call');
  await chain.getByRole('link', { name: 'Sessiya', exact: true }).click();
  await expect(page).toHaveURL(`/ui/audit/session/${id}`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText(id);
});

test('a contact is shown before it was changed', async ({ page, engine }) => {
  const token = engine.token();
  const { id } = await engine.api<{ id: string }>('POST', '/auto-calling/contacts', { firstName: 'Ali', lastName: 'Valiyev', phone: '+998907654321' }, token);
  await engine.api('PATCH', `/auto-calling/contacts/${id}`, { lastName: 'Karimov', notes: 'yangi familiya' }, token);
  await page.goto(`/ui/audit/contact/${id}`);
  await expect(fact(page, 'Ism')).toHaveText('IsmAli Karimov');
  const then = page.getByRole('button', { name: /^O'sha payt/ });
  await then.first().click();
  await expect(page.getByText('U paytda hali yo\'q edi')).toBeVisible();
  await then.nth(1).click();
  await expect(fact(page, 'Ism')).toHaveText('IsmAli Valiyevhozir: Ali Karimov');
  await look(page, 'audit-contact');
  // Whoever is shown a person is written down, and that is no time in the contact's life.
  await page.reload();
  await expect(page.locator('.event.looked').first()).toBeVisible();
  await expect(then).toHaveCount(3);
});

test('a campaign is shown before it was started', async ({ page, engine }) => {
  const token = engine.token();
  const { id: contact } = await engine.api<{ id: string }>('POST', '/auto-calling/contacts', { firstName: 'Olim', lastName: 'S', phone: '+998907654322' }, token);
  const { id } = await engine.api<{ id: string }>('POST', '/auto-calling/campaigns', { name: 'Qarz', campaignType: 'DEBT_COLLECTION', contactIds: [contact] }, token);
  await engine.api('POST', `/auto-calling/campaigns/${id}/start`, undefined, token);
  await page.goto('/ui/audit?kind=campaign&q=Qarz');
  await page.getByRole('list', { name: 'Topilganlar' }).getByRole('link', { name: /Qarz/ }).click();
  await page.getByRole('button', { name: /^O'sha payt/ }).first().click();
  await expect(fact(page, 'Holat')).toContainText('Kutilmoqda');
  await look(page, 'audit-campaign');
});

test('the journal is verified', async ({ page, engine }) => {
  await session(engine);
  await page.goto('/ui/audit');
  const card = page.getByRole('region', { name: 'Jurnal yaxlitligi' });
  await expect(card.getByRole('status').first()).toContainText('tekshirilmagan');
  await card.getByRole('button', { name: 'Tekshirish' }).click();
  await expect(card.getByText('Butun', { exact: true })).toBeVisible({ timeout: 30_000 });
  const told = await engine.api<{ last: { digest: string } }>('GET', '/audit/verification', undefined, engine.token());
  await expect(card).toContainText(told.last.digest);
  const newest = card.getByRole('region', { name: 'Oxirgi imzolangan nuqta' });
  const signed = await engine.api<{ checkpoints: { number: number; key: string }[] }>('POST', '/audit/checkpoints', undefined, engine.token());
  await page.reload();
  await expect(newest).toContainText(signed.checkpoints[0]?.key ?? 'a key');
  await look(page, 'audit-verified');
  const file = page.waitForEvent('download');
  await newest.getByRole('button', { name: 'Saqlab olish' }).click();
  const kept = await file;
  await expect(newest).toContainText(`karnay verify --checkpoint ${kept.suggestedFilename()}`);
  // It throws where the journal is not what was signed.
  engine.run(['verify', '--checkpoint', await kept.path()]);
});

test('what is not there is said, and operators are not shown the way', async ({ page, engine, context }) => {
  await page.goto('/ui/audit/session/session-1-nobody');
  await expect(page.getByRole('alert')).toContainText('session-unknown');
  await page.goto('/ui/audit/nothing/1');
  await expect(page.getByText('Bunday sahifa yo\'q')).toBeVisible();
  await context.addInitScript((token) => sessionStorage.setItem('karnay.token', token), engine.token('operator'));
  const theirs = await context.newPage();
  await prefer(theirs, { language: 'en' });
  await theirs.goto('/ui/sessions');
  await expect(theirs.getByRole('link', { name: 'History' })).toBeVisible();
  await expect(theirs.getByRole('link', { name: 'Audit' })).toHaveCount(0);
});
