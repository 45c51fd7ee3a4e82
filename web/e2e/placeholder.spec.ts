// The page that stands in where the dashboard was not built: it asks nobody for anything, speaks Uzbek first and fits a small screen.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from '@playwright/test';

const PAGE = readFileSync(join(import.meta.dirname, '../assets/placeholder.html'), 'utf8');

test('it speaks three languages, fits a phone and fetches nothing', async ({ page }) => {
  expect(PAGE).not.toMatch(/https?:|src=|@import|url\(/);
  await page.setViewportSize({ width: 320, height: 640 });
  await page.setContent(PAGE);
  expect(await page.locator('p[lang]').evaluateAll((texts) => texts.map((text) => text.getAttribute('lang')))).toEqual(['uz', 'ru', 'en']);
  expect(await page.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href')))).toEqual(['/health/ready', '/docs', '/metrics']);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
});
