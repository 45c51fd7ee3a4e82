// What campaigns and contacts make of what the engine says: pushes, figures of rules, what changed of a draft.

import { renderHook } from '@testing-library/react';
import { describe, expect, test } from 'vitest';

import type { Answer } from '../src/api/client';
import type { Page } from '../src/api/pages';
import { kept } from '../src/app/search';
import { useFigures } from '../src/parts/figures';
import { useSpan } from '../src/parts/span';
import { moved, type Target } from '../src/screens/campaigns/data';
import { percent } from '../src/screens/campaigns/percent';
import { stopped } from '../src/screens/campaigns/stopped';
import { soonest } from '../src/screens/campaigns/waiting';
import { changes, type Draft, FIRST, written } from '../src/screens/contacts/draft';

function target(contactId: string, more: Partial<Target> = {}): Target {
  return { contactId, callStatus: 'PENDING', callStatusDescription: '', attempts: 0, turn: 'first', updatedAt: '', ...more };
}

describe('a push', () => {
  const page: Answer<Page<Target>> = { value: { data: [target('a'), target('b')], meta: { limit: 2, total: 2, totalPages: 1 } }, behind: 0, position: 1, next: undefined };
  const push = (contactId: string, status: string) => ({ campaignId: 'c', contactId, status, outcome: null, summary: null });

  test('moves whom it is about, by the last of several, and nobody else', () => {
    const after = moved({ pages: [page], pageParams: [undefined] }, [push('a', 'calling'), push('a', 'SUCCESS'), push('z', 'BUSY')]);
    const rows = after.pages[0]?.value.data ?? [];
    expect(rows.map(({ callStatus }) => callStatus)).toEqual(['SUCCESS', 'PENDING']);
    expect(rows[1]).toBe(page.value.data[1]);
  });

  test('says in small letters who is being called', () => {
    const after = moved({ pages: [page], pageParams: [undefined] }, [push('b', 'calling')]);
    expect(after.pages[0]?.value.data[1]?.callStatus).toBe('CALLING');
  });
});

describe('a campaign', () => {
  test.each([
    [{ calledContacts: 0, skippedContacts: 0, totalContacts: 0, status: 'PENDING' }, 0],
    [{ calledContacts: 1, skippedContacts: 1, totalContacts: 3, status: 'RUNNING' }, 66],
    // Contacts that joined after the end are called when it is started again.
    [{ calledContacts: 3, skippedContacts: 0, totalContacts: 5, status: 'COMPLETED' }, 100],
  ])('%o is %i percent done', (campaign, expected) => {
    expect(percent(campaign)).toBe(expected);
  });

  test('says why it stopped by itself', () => {
    expect(stopped({ breaker: { at: '', inARow: 10, failed: 22, ofLast: 40 } })).toEqual({ kind: 'breaker', figures: { row: '10', failed: '22', last: '40' } });
    expect(stopped({ budget: { figures: '100 of 100 calls' } })).toEqual({ kind: 'budget', text: '100 of 100 calls' });
    expect(stopped(null)).toBeUndefined();
    expect(stopped('asked')).toBeUndefined();
  });

  test('has whoever is due soonest first', () => {
    const [late, early] = [target('late', { nextAttemptAt: '2026-11-21T12:00:00.000Z' }), target('early', { nextAttemptAt: '2026-11-21T09:39:31.112Z' })];
    expect(soonest([late, early])).toEqual([early, late]);
  });
});

describe('figures', () => {
  const told = (figures: unknown) => renderHook(useFigures).result.current(figures);

  test.each([
    [null, ''],
    [{ contact: 'do_not_call' }, 'Qo\'ng\'iroq qilmaslik kerak'],
    [{ list: 'global' }, 'umumiy ro\'yxatda'],
    [{ clock: { zone: 'Asia/Tashkent', by: 'country' } }, 'Asia/Tashkent (raqam davlatidan)'],
    [{ cap: { cap: { count: 'attempts', within: '1d12h', atMost: 2 }, found: 2 } }, '1 kun 12 soat ichida urinishlar: 2, chegara 2'],
    [{ wall: { time: '2026-11-21T23:34:29.194', zone: 'Asia/Tashkent' } }, 'u yerda soat 23:34, Asia/Tashkent'],
    [{ budget: { budget: { calls: 100, talkMins: 60 }, spent: { calls: 7, talkSecs: 185 } } }, 'qo\'ng\'iroqlar: 7, chegara 100; suhbat daqiqalari: 3, chegara 60'],
    [{ budget: { budget: {}, spent: { calls: 7, talkSecs: 185 } } }, 'chegarasiz; qo\'ng\'iroqlar: 7'],
    [{ lines: { atMost: 10, live: 3 } }, 'band liniyalar: 3, jami 10'],
    // What a later engine looks at is shown as it is told.
    [{ moon: { phase: 'full' } }, '{"moon":{"phase":"full"}}'],
  ])('%o are told in words', (figures, expected) => {
    expect(told(figures)).toBe(expected);
  });

  test('moments are told in the zone that was chosen', () => {
    expect(told({ due: { at: '2026-11-21T10:20:14.000Z' } })).toMatch(/^muddati: .+, 15:20:14$/);
  });

  test('lengths of time are told in two units', () => {
    const { current: span } = renderHook(useSpan).result;
    expect([0, 59, 60, 3_661, 90_061].map(span)).toEqual(['0 soniya', '59 soniya', '1 daqiqa', '1 soat 1 daqiqa', '1 kun 1 soat']);
  });
});

describe('a draft', () => {
  const before: Draft = { ...FIRST, firstName: 'Alisher', lastName: 'Valijonov', phone: '+998901234567', notes: 'VIP' };

  test('sends what changed, and empties what is empty now', () => {
    expect(changes(before, { ...before, notes: ' ', customData: '{"totalDebt": 1}' })).toEqual({ notes: null, customData: { totalDebt: 1 } });
    expect(changes(before, before)).toEqual({});
  });

  test('whose custom data is no JSON is not sent', () => {
    expect(() => written({ ...before, customData: '{' })).toThrow(SyntaxError);
  });

  test('what is looked for is kept only where there is something', () => {
    expect(kept({ q: '', status: 'ACTIVE', isCalled: undefined })).toEqual({ status: 'ACTIVE' });
  });
});
