// What a browser has to fetch before the first screen can be used stays small.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
}

const BUILT = join(import.meta.dirname, '../assets/app');
const FIRST_LOAD_KIB_MAX = 300;

const manifest = JSON.parse(readFileSync(join(BUILT, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;

/** A chunk and everything that it cannot begin without. */
function needed(name: string, known = new Set<string>()): Set<string> {
  const chunk = manifest[name];
  if (chunk === undefined) throw new Error(`${name} was not built`);
  if (known.has(chunk.file)) return known;
  known.add(chunk.file);
  for (const other of chunk.imports ?? []) needed(other, known);
  return known;
}

function kib(files: ReadonlySet<string>): number {
  return [...files].filter((file) => file.endsWith('.js')).reduce((sum, file) => sum + gzipSync(readFileSync(join(BUILT, file))).length, 0) / 1_024;
}

const screens = Object.keys(manifest).filter((name) => name.startsWith('src/screens/'));

describe('the first load', () => {
  test.each(screens)('with %s is small', (screen) => {
    expect(kib(needed(screen, needed('index.html')))).toBeLessThan(FIRST_LOAD_KIB_MAX);
  });

  test('holds every screen apart', () => {
    expect(screens.length).toBeGreaterThanOrEqual(8);
    const first = needed('index.html');
    for (const screen of screens) expect(first.has(manifest[screen]?.file ?? '')).toBe(false);
  });
});
