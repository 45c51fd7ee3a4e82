// A call of the history, wherever it is read: the exchange tells both ends and its own words, the rest a number and a result.

import type { Schemas } from '../../api/client';
import type { CallState, Direction } from '../../app/exchange';
import type { CallStatus } from '../../parts/badge';

export const SOURCES = ['remote', 'campaign', 'pbx'] as const;
export type Source = (typeof SOURCES)[number];

export type Outcome =
  | { readonly of: 'call'; readonly status: CallStatus }
  | { readonly of: 'exchange'; readonly status: string }
  /** It goes on. */
  | { readonly of: 'state'; readonly state: CallState };

export interface Call {
  readonly id: string;
  /** What the exchange calls it. */
  readonly callId: string | undefined;
  readonly source: Source;
  readonly direction: Direction;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly operator: string | undefined;
  readonly at: string;
  readonly seconds: number | undefined;
  readonly outcome: Outcome;
  readonly recording: Recording | undefined;
  readonly session: string | undefined;
  readonly campaign: string | undefined;
}

/** Whose recording it is: a call of the exchange, or a result. */
export type Recording = { readonly callId: string } | { readonly result: string };

export function ofHistory(call: Schemas['HistoryCall']): Call {
  const direction = call.direction as Direction;
  const [outside, inside] = [call.phoneNumber === '' ? undefined : call.phoneNumber, call.extension ?? undefined];
  const { callId } = call;
  return {
    id: call.id,
    callId: callId ?? undefined,
    source: call.source as Source,
    direction,
    from: direction === 'kiruvchi' ? outside : inside,
    to: direction === 'kiruvchi' ? inside : outside,
    operator: call.operatorName ?? undefined,
    at: call.createdAt,
    seconds: call.callDuration ?? undefined,
    outcome: { of: 'call', status: call.callStatus },
    recording: call.recordingUrl == null ? undefined : callId == null ? { result: call.id } : { callId },
    session: call.sessionId ?? undefined,
    campaign: call.campaignId ?? undefined,
  };
}

export function ofExchange(call: Schemas['KerioCall']): Call {
  return {
    id: call.id,
    callId: call.callId,
    source: 'pbx',
    direction: call.direction as Direction,
    from: call.fromNumber,
    to: call.toNumber,
    operator: call.extension ?? undefined,
    at: call.startTime,
    seconds: call.duration ?? undefined,
    outcome: call.status == null ? { of: 'state', state: call.state as CallState } : { of: 'exchange', status: call.status },
    recording: call.recordingPath == null ? undefined : { callId: call.callId },
    session: undefined,
    campaign: undefined,
  };
}

/** The one that somebody would call back. */
export function outside({ direction, from, to }: Call): string {
  return (direction === 'kiruvchi' ? from : to) ?? from ?? to ?? '-';
}
