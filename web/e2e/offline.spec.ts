// What is shown when the engine goes away and comes back: what was read stays, marked, and the page says so.

import { Engine } from './engine';
import { expect, look, prefer, test } from './world';

test('the engine goes away', async ({ page, complaints }) => {
  const engine = await Engine.start();
  await prefer(page, { language: 'en' });
  await page.goto(`${engine.url}/ui/sessions`);
  await expect(page.getByText('Connected')).toBeVisible();
  await engine.stop();
  await expect(page.getByText('The connection to the engine is gone.')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sessions');
  await look(page, 'offline');
  // That its sockets find nobody is what this is about.
  complaints.length = 0;
});
