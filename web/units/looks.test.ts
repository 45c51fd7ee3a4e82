// The looks of every screen are loaded sooner or later, and stay: what one screen says of a class, all others hear.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

const SOURCES = join(import.meta.dirname, '../src');

interface Sheet {
  readonly file: string;
  readonly selectors: readonly string[];
}

function sheets(): readonly Sheet[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.css'));
  return files.map((file) => {
    const text = readFileSync(join(SOURCES, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
    const selectors = [...text.matchAll(/([^{};]+)\{/g)].flatMap(([, list = '']) => list.split(',').map((one) => one.trim()));
    return { file, selectors: selectors.filter((one) => one.startsWith('.')) };
  });
}

/** A rule about a class alone, wherever it stands. */
function bare(selector: string): string | undefined {
  return /^\.([\w-]+)(?=$|[\s:>])/.exec(selector)?.[1];
}

function classes(selector: string): readonly string[] {
  return [...selector.matchAll(/\.([\w-]+)/g)].map(([, name = '']) => name);
}

test('what a screen says of a class is said of no class of another', () => {
  const all = sheets();
  expect(all.length).toBeGreaterThan(12);
  const clashes = all.filter(({ file }) => file.startsWith('screens/')).flatMap(({ file, selectors }) => {
    const elsewhere = new Set(all.filter((sheet) => sheet.file !== file).flatMap((sheet) => sheet.selectors.flatMap(classes)));
    // A rule that names a class of all first and one of its own after it is about its own.
    const alone = selectors.filter((one) => classes(one).every((name) => elsewhere.has(name)));
    return alone.map(bare).filter((name) => name !== undefined && elsewhere.has(name)).map((name) => `${file}: .${name ?? ''}`);
  });
  expect([...new Set(clashes)]).toEqual([]);
});
