// What is shown when the engine goes away and comes back: what was read stays, marked, and the page says so until it is read anew.

import { Engine } from './engine';
import { expect, look, prefer, test } from './world';

async function started(engine: Engine): Promise<string> {
  const file = new FormData();
  file.append('file', new Blob(['+998901234567\n+998901234568']), 'numbers.txt');
  await fetch(`${engine.url}/calls/upload`, { method: 'POST', body: file });
  return (await engine.api<{ sessionId: string }>('POST', '/calls/start')).sessionId;
}

test('the engine goes away and comes back: what was read stays, marked', async ({ page, complaints }) => {
  const engine = await Engine.start();
  try {
    const first = await started(engine);
    await prefer(page, { language: 'en' });
    await page.goto(`${engine.url}/ui/sessions`);
    const list = page.getByRole('table', { name: 'Sessions' });
    await expect(list.getByText(first)).toBeVisible();
    await expect(page.getByText('Connected')).toBeVisible();
    const [alarm, mark] = [page.getByText('The connection to the engine is gone.'), page.getByText(/^As of \d\d:\d\d:\d\d$/)];
    await expect(mark).toHaveCount(0);

    await engine.halt('SIGKILL');
    await expect(mark).toBeVisible();
    await expect(alarm).toBeVisible();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sessions');
    await expect(list.getByText(first)).toBeVisible();
    await look(page, 'offline');

    await engine.again();
    // One at a time: whatever dialled the first went with the engine.
    await engine.api('POST', `/calls/session/${first}/close`);
    const second = await started(engine);
    await expect(page.getByText('Connected')).toBeVisible({ timeout: 20_000 });
    await expect(alarm).toHaveCount(0);
    await expect(mark).toHaveCount(0);
    await expect(list.getByText(first)).toBeVisible();
    await expect(list.getByText(second)).toBeVisible();
  } finally {
    await page.close();
    await engine.stop();
  }
  // That its sockets find nobody is what this is about.
  complaints.length = 0;
});
