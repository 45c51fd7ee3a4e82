// Calls as they are told and asked for: days where people are, durations, both ends of a call, and only what a source knows.

import { describe, expect, test } from 'vitest';

import { dayBegins, dayEnds, dayOf } from '../src/parts/day';
import { spelled } from '../src/parts/duration';
import { ofExchange, ofHistory, outside } from '../src/screens/history/call';
import { isTooShort, question } from '../src/screens/history/data';

describe('a day', () => {
  test('is that of where people are', () => {
    expect(dayOf(new Date('2025-10-06T19:30:00Z'), 'Asia/Tashkent')).toBe('2025-10-07');
    expect(dayBegins('2025-10-07', 'Asia/Tashkent')).toBe('2025-10-06T19:00:00.000Z');
    expect(dayEnds('2025-10-31', 'Asia/Tashkent')).toBe('2025-10-31T19:00:00.000Z');
  });

  test('is as long as it is where clocks change', () => {
    const hours = (day: string, zone: string) => (Date.parse(dayEnds(day, zone)) - Date.parse(dayBegins(day, zone))) / 3_600_000;
    expect(hours('2025-03-30', 'Europe/Berlin')).toBe(23);
    expect(hours('2025-10-26', 'Europe/Berlin')).toBe(25);
    expect(hours('2025-03-09', 'America/New_York')).toBe(23);
    expect(hours('2025-07-01', 'Asia/Kolkata')).toBe(24);
  });
});

test('a duration is told in minutes, and in hours where there are any', () => {
  expect([0, 45.9, 125, 3_725, -3].map(spelled)).toEqual(['0:00', '0:45', '2:05', '1:02:05', '0:00']);
});

describe('what is asked for', () => {
  test('is whole days as instants, and no number that is too short', () => {
    expect(question({ from: '2025-10-06', to: '2025-10-06', number: '123', extension: '1001', status: 'BUSY' }, 'Asia/Tashkent'))
      .toEqual({ from: '2025-10-05T19:00:00.000Z', to: '2025-10-06T19:00:00.000Z', status: 'BUSY' });
  });

  test('may be a short number of the exchange', () => {
    expect(isTooShort({ number: '101' })).toBe(true);
    expect(isTooShort({ number: '101', source: 'pbx' })).toBe(false);
    expect(isTooShort({ number: '+998 (90)', source: 'remote' })).toBe(false);
    expect(isTooShort({})).toBe(false);
  });
});

describe('a call', () => {
  const result = { id: '1', phoneNumber: '+998901234567', callStatus: 'ANSWERED', statusDescription: '', createdAt: '2025-10-06T18:30:00.000Z' } as const;

  test('of a call server goes out, and its recording is the result\'s', () => {
    const call = ofHistory({ ...result, source: 'remote', direction: 'chiquvchi', recordingUrl: 'https://recordings.example.com/1.mp3', sessionId: 'session-1' });
    expect([call.from, call.to, outside(call), call.recording]).toEqual([undefined, '+998901234567', '+998901234567', { result: '1' }]);
  });

  test('that comes in through the exchange has both ends, and its recording is the exchange\'s', () => {
    const call = ofHistory({ ...result, source: 'pbx', direction: 'kiruvchi', extension: '1001', callId: '17.1', recordingUrl: '/kerio/calls/17.1/recording' });
    expect([call.from, call.to, outside(call), call.recording]).toEqual(['+998901234567', '1001', '+998901234567', { callId: '17.1' }]);
  });

  test('whose contact has another number by now has none', () => {
    expect(outside(ofHistory({ ...result, phoneNumber: '', source: 'campaign', direction: 'chiquvchi' }))).toBe('-');
  });

  test('that goes on has a state and no status', () => {
    const at = '2025-10-06T18:30:00.000Z';
    const told = { id: '1', callId: '17.1', direction: 'chiquvchi', fromNumber: '1001', toNumber: '+998901234567', startTime: at, createdAt: at, updatedAt: at, state: 'kelyapti', internal: false, confirmed: false, voicemail: false };
    expect(ofExchange(told).outcome).toEqual({ of: 'state', state: 'kelyapti' });
    expect(ofExchange({ ...told, state: 'javobsiz', status: 'band' }).outcome).toEqual({ of: 'exchange', status: 'band' });
    expect(outside(ofExchange(told))).toBe('+998901234567');
  });
});
