// The time that a slider goes over, and what an address means on it.

import { describe, expect, test } from 'vitest';

import type { AuditEvent } from '../src/screens/audit/data';
import { moments, span } from '../src/screens/audit/moments';

const T0 = Date.parse('2026-01-01T10:00:00.000Z');

function event(position: number, ms: number): AuditEvent {
  const at = new Date(T0 + ms).toISOString();
  return { position, recordedAt: at, occurredAt: at, kind: 'session', type: 'opened', version: '1', stream: '1/s', sequence: 1, actor: '', correlation: '', causation: '', words: '', data: {} };
}

const EVENTS = [event(7, 0), event(9, 40_000), event(12, 100_000)];

describe('the time that something has lived through', () => {
  test('begins when its first event is there for certain, and ends after the last', () => {
    expect(span(EVENTS, undefined)).toEqual({ from: T0 + 1, to: T0 + 100_001, step: 250 });
  });

  test('goes on as long as it has changed, by what lies beneath it', () => {
    expect(span(EVENTS, T0 + 500_000).to).toBe(T0 + 500_001);
  });

  test('is never nothing', () => {
    const { from, to, step } = span([event(1, 0)], undefined);
    expect(to).toBeGreaterThan(from);
    expect(step).toBeGreaterThanOrEqual(1);
  });
});

describe('a moment of it', () => {
  test('is a time as it is said', () => {
    expect(moments(EVENTS, '2026-01-01T10:00:05.000Z')).toBe(T0 + 5_000);
  });

  test('is when the last event up to a position was recorded', () => {
    expect(moments(EVENTS, '9')).toBe(T0 + 40_000);
    expect(moments(EVENTS, '11')).toBe(T0 + 40_000);
  });

  test('is not known before there was anything, or where nobody can read it', () => {
    expect(moments(EVENTS, '3')).toBeUndefined();
    expect(moments(EVENTS, 'yesterday')).toBeUndefined();
  });
});
