// Contacts for tests: as many as are asked for, by the way that people use, a file.

import type { Engine } from './engine';

interface Imported {
  readonly importId: string;
}

/** What the simulated agent makes of a number is the same each time: these are reached at once. */
export const REACHED = ['+998903000024', '+998903000023', '+998903000021'] as const;

/** And this one promises to pay. */
export const PROMISES = '+998903000020';

export function csv(lines: readonly string[]): Blob {
  return new Blob([['firstName,lastName,phone,customData', ...lines].join('\n')], { type: 'text/csv' });
}

/** `count` people, each with a number of their own. */
export function people(count: number): readonly string[] {
  const first = ['Aziza', 'Botir', 'Dilnoza', 'Eldor', 'Feruza', 'G\'ayrat', 'Hilola', 'Islom', 'Jamila', 'Kamol'];
  const last = ['Karimova', 'Aliyev', 'Rahimova', 'Toshmatov', 'Yusupova', 'O\'rinov', 'Sobirova'];
  return Array.from({ length: count }, (_, n) =>
    `${first[n % first.length] ?? ''},${last[n % last.length] ?? ''},+99890200${String(n).padStart(4, '0')},"{""totalDebt"": ${1_000 + n * 37}}"`);
}

export async function enrol(engine: Engine, lines: readonly string[]): Promise<Imported> {
  const body = new FormData();
  body.append('file', csv(lines), 'people.csv');
  const answer = await fetch(`${engine.url}/auto-calling/contacts/upload-excel`, { method: 'POST', headers: { authorization: `Bearer ${engine.token()}` }, body });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Imported;
}
