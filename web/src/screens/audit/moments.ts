// The time that an object has lived through, and the moments in it.

import type { AuditEvent } from './data';

const STEPS = 400;

export interface Span {
  /** Milliseconds since the epoch: when the first event was there, and what is taken for now. */
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** A time with milliseconds may be just before the event that it was told of, which has microseconds: the one after it is not. */
function after(at: string): number {
  return Date.parse(at) + 1;
}

export function span(events: readonly AuditEvent[], changed: number | undefined): Span {
  const times = events.map(({ recordedAt }) => after(recordedAt));
  const from = Math.min(...times);
  const to = Math.max(from + 1, (changed ?? 0) + 1, ...times);
  return { from, to, step: Math.max(1, Math.floor((to - from) / STEPS)) };
}

/** When it was: a time is what it says, a position is when its event was recorded, where that is known. */
export function moments(events: readonly AuditEvent[], at: string): number | undefined {
  if (!/^\d+$/.test(at)) return Number.isNaN(Date.parse(at)) ? undefined : Date.parse(at);
  const position = Number(at);
  const event = events.findLast((one) => one.position <= position);
  return event === undefined ? undefined : Date.parse(event.recordedAt);
}
