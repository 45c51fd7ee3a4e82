// What went wrong is said in the reader's language: every code that the engine knows has its words, and what a problem tells beside its code is used.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, test } from 'vitest';

import { Problem } from '../src/api/problem';
import { prefer } from '../src/app/preferences';
import { Failed } from '../src/parts/states';
import { Wrong } from '../src/parts/wrong';
import { LANGUAGES, words } from '../src/words';

const DOCUMENTED = readFileSync(join(import.meta.dirname, '../../docs/problems.md'), 'utf8').split('\n').filter((line) => line.startsWith('## ')).map((line) => line.slice(3));

afterEach(() => {
  cleanup();
  prefer({ language: 'uz' });
});

function told(thrown: unknown): HTMLElement {
  cleanup();
  render(<Wrong thrown={thrown} say={(text) => `Xatolik: ${text}`} />);
  return screen.getByRole('alert');
}

describe('words', () => {
  test('are of every documented code', () => {
    expect(DOCUMENTED.length).toBeGreaterThan(70);
  });

  test.each(LANGUAGES)('in %s are of every code and of no other', (language) => {
    const { problems } = words.getResourceBundle(language, 'translation') as { problems: Record<string, string> };
    expect(Object.keys(problems).sort()).toEqual([...DOCUMENTED].sort());
  });
});

describe('a problem', () => {
  const sheet = new Problem('bad-sheet', 'the file is neither a workbook nor text', 400);

  test('is told in the language of now, with the engine\'s own detail beside it', () => {
    expect(told(sheet).textContent).toMatch(/^Xatolik: Bu faylda yaroqli ro'yxat yo'q/);
    expect(told(sheet).querySelector('[lang=en]')?.textContent).toBe('the file is neither a workbook nor text');
    prefer({ language: 'ru' });
    expect(told(sheet).textContent).toContain('нет пригодного списка');
  });

  test('whose words say it all bears no English', () => {
    const alert = told(new Problem('campaign-empty', 'nobody is in the campaign', 400));
    expect(alert.textContent).toBe('Xatolik: Kampaniyada hech kim yo\'q. Avval kontakt qo\'shing.');
  });

  test.each([
    [new Problem('bad-field', 'phone is no number to call (too_short)', 400, { field: 'phone' }), 'Telefon raqami: Raqam juda qisqa.'],
    [new Problem('bad-field', 'phones[2] is no number to call (letters)', 400, { field: 'phones[2]' }), '3-qator: '],
    [new Problem('bad-field', 'settings.concurrency has to be above nothing', 400, { field: 'settings.concurrency' }), 'Bir vaqtdagi qo\'ng\'iroqlar: qiymat noto\'g\'ri.'],
    [new Problem('duplicate-row', 'x', 409, { members: { row: 7, contactId: 'y' } }), '7-qatordagi raqam boshqa kontaktda bor'],
    [new Problem('duplicate-row', 'x', 409, { members: { row: 7, earlierRow: '3' } }), '7-qatordagi raqam 3-qatorda ham bor'],
    [new Problem('role-too-low', 'this needs the role admin', 403), 'Bunga kamida "Admin'],
    [Problem.unreachable(), 'Dvigatel javob bermayapti.'],
    [new Problem('http-502', 'Bad Gateway', 502), 'Server 502 deb javob berdi.'],
  ])('%s says which', (problem, text) => {
    expect(told(problem).textContent).toContain(text);
  });

  test('of a number says its reason once, and not in English', () => {
    expect(told(new Problem('bad-field', 'phone is no number to call (too_short)', 400, { field: 'phone' })).querySelector('[lang=en]')).toBeNull();
  });

  test.each([
    [400, false], [401, false], [403, false], [404, false], [409, false], [408, true], [429, true], [0, true], [500, true], [503, true],
  ])('of status %i can be tried again: %s', (status, again) => {
    render(<Failed problem={new Problem('internal', 'x', status)} retry={() => undefined} />);
    expect(screen.queryAllByRole('button')).toHaveLength(again ? 1 : 0);
  });
});
