// The page that stands where the dashboard will be: it asks nobody for anything, speaks Uzbek first and fits a small screen.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const page = readFileSync(new URL('placeholder.html', import.meta.url), 'utf8');

test('markup: every element that is opened is closed in order', () => {
  const alone = new Set(['meta', 'link', 'path', 'ellipse']);
  const open = [];
  for (const [, close, name] of page.replace(/<!doctype html>/, '').matchAll(/<(\/?)([a-z0-9]+)/g)) {
    if (close) assert.equal(open.pop(), name);
    else if (!alone.has(name)) open.push(name);
  }
  assert.deepEqual(open, []);
});

test('markup: nothing is fetched from anywhere', () => {
  assert.doesNotMatch(page, /https?:|src=|@import|url\(/);
});

test('the page speaks Uzbek, Russian and English, in that order', () => {
  const languages = [...page.matchAll(/<p lang="(..)">/g)].map(([, language]) => language);
  assert.deepEqual(languages, ['uz', 'ru', 'en']);
  assert.match(page, /<html lang="uz">/);
});

test('the page leads to what the engine shows of itself', () => {
  const links = [...page.matchAll(/<a href="([^"]+)"/g)].map(([, link]) => link);
  assert.deepEqual(links, ['/health/ready', '/openapi.json', '/metrics']);
});

const browser = ['chromium', 'chromium-browser', 'google-chrome'].find((name) => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

// The page in a frame of a phone's width, asked by the page around it for what it really measures.
const around = `<!doctype html><iframe width="320" height="640" src="page.html"></iframe><pre></pre><script>
  onload = () => {
    const page = document.querySelector('iframe').contentDocument.documentElement;
    document.querySelector('pre').textContent = 'measured ' + page.scrollWidth + ' of ' + page.clientWidth;
  };
</script>`;

test('a real browser fits the page into 320 pixels', { skip: !browser && 'no Chromium here' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'karnay-web-'));
  try {
    writeFileSync(join(folder, 'page.html'), page);
    writeFileSync(join(folder, 'around.html'), around);
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-quic', '--allow-file-access-from-files',
      `--user-data-dir=${join(folder, 'profile')}`, '--dump-dom', `file://${join(folder, 'around.html')}`];
    const seen = execFileSync(browser, flags, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 60_000 });
    const [, wants, has] = seen.match(/measured (\d+) of (\d+)/) ?? [];
    assert.ok(Number(has) > 0 && Number(wants) <= Number(has), `it wants ${wants} of ${has} pixels`);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
});
