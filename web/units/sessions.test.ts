// How results are counted over time, and how pushes find their place among them.

import { describe, expect, test } from 'vitest';

import type { Result } from '../src/screens/sessions/data';
import { added } from '../src/screens/sessions/data';
import { outcomes } from '../src/screens/sessions/outcomes';

function result(id: string, second: number, callStatus: Result['callStatus'] = 'ANSWERED'): Result {
  const createdAt = new Date(Date.UTC(2025, 9, 6, 18, 30) + second * 1_000).toISOString();
  return { id, phoneNumber: '+998901234567', callStatus, statusDescription: '', createdAt };
}

function pages(...values: Result[][]) {
  return {
    pages: values.map((value, index) => ({ value, behind: 0, position: 1, next: index < values.length - 1 ? String(index) : undefined })),
    pageParams: values.map(() => undefined),
  };
}

describe('outcomes', () => {
  test('none are none', () => {
    expect(outcomes([]).times).toEqual([]);
  });

  test('each is counted once, whatever order they came in', () => {
    const { times, connected, failed } = outcomes([result('c', 60, 'BUSY'), result('a', 0), result('b', 30, 'CONNECTED_TO_OPERATOR')]);
    expect([...times].sort((one, other) => one - other)).toEqual(times);
    expect([connected[0], failed[0]]).toEqual([1, 0]);
    expect([connected.at(-1), failed.at(-1)]).toEqual([2, 1]);
  });

  test('however many there are, there are few moments', () => {
    const { times, connected } = outcomes(Array.from({ length: 10_000 }, (_, second) => result(String(second), second)));
    expect(times.length).toBeLessThan(130);
    expect(connected.at(-1)).toBe(10_000);
  });
});

describe('a push', () => {
  test('of a known call takes its place, and leaves the others as they were', () => {
    const before = pages([result('a', 0), result('b', 1)]);
    const after = added(before, [result('a', 0, 'BUSY')]);
    expect(after.pages[0]?.value.map(({ callStatus }) => callStatus)).toEqual(['BUSY', 'ANSWERED']);
    expect(after.pages[0]?.value[1]).toBe(before.pages[0]?.value[1]);
  });

  test('of a new call comes last, once', () => {
    const after = added(pages([result('a', 0)], [result('b', 1)]), [result('c', 2), result('c', 2, 'BUSY')]);
    expect(after.pages[1]?.value.map(({ id, callStatus }) => [id, callStatus])).toEqual([['b', 'ANSWERED'], ['c', 'BUSY']]);
  });

  test('of a call beyond what was read waits there', () => {
    const known = pages([result('a', 0)]);
    const partly = { ...known, pages: known.pages.map((page) => ({ ...page, next: 'more' })) };
    expect(added(partly, [result('z', 9)])).toEqual(partly);
  });
});
