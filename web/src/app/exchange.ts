// The exchange's calls that go on, as every screen knows them: read once, kept as pushes tell, read anew after each of them.

import { useQuery } from '@tanstack/react-query';

import { type Answer, ask, client, type Schemas } from '../api/client';
import { queries } from '../api/queries';
import { useLive } from './live';

export type CallState = 'kelyapti' | 'suhbatda' | 'yakunlandi' | 'javobsiz';
export type Direction = 'kiruvchi' | 'chiquvchi';

/** What a push tells, and a little more once it was read. */
export interface LiveCall {
  readonly callId: string;
  readonly direction: Direction;
  readonly fromNumber: string;
  readonly toNumber: string;
  readonly startTime: string;
  readonly state: CallState;
  readonly internal?: boolean;
  readonly extension?: string | undefined;
  readonly answeredAt?: string | undefined;
}

type Incoming = Pick<LiveCall, 'callId' | 'direction' | 'fromNumber' | 'toNumber' | 'startTime' | 'state'>;
type Moved = Pick<LiveCall, 'callId' | 'state'>;

const ACTIVE = ['kerio', 'active'] as const;
/** All that is read of the exchange; whoever reads something of it puts its key below this one. */
export const EXCHANGE = ['kerio'] as const;

/** `everyMs` is for whoever shows what no push tells of: calls out, while they ring. */
export function useActiveCalls(everyMs?: number) {
  return useQuery({
    queryKey: ACTIVE,
    queryFn: async ({ signal }): Promise<Answer<readonly LiveCall[]>> => {
      const answer = await ask(() => client.GET('/kerio/calls/active', { signal, params: { query: {} } }));
      return { ...answer, value: answer.value.map(live) };
    },
    refetchInterval: everyMs ?? false,
  });
}

function live(call: Schemas['KerioCall']): LiveCall {
  return {
    callId: call.callId,
    direction: call.direction as Direction,
    fromNumber: call.fromNumber,
    toNumber: call.toNumber,
    startTime: call.startTime,
    state: call.state as CallState,
    internal: call.internal,
    extension: call.extension ?? undefined,
    answeredAt: call.answeredAt ?? undefined,
  };
}

/** Follows the exchange. Once is enough for the whole page. */
export function useExchangeNews(): void {
  useLive<Incoming>('/', 'incoming_call', (pushes) => {
    patch((known) => {
      const ids = new Set(known.map(({ callId }) => callId));
      return [...pushes.filter(({ callId }) => !ids.has(callId)).reverse(), ...known];
    });
    void queries.invalidateQueries({ queryKey: ACTIVE });
  });
  useLive<Moved>('/', 'call_status', (pushes) => {
    const states = new Map(pushes.map(({ callId, state }) => [callId, state]));
    patch((known) => known.map((call) => ({ ...call, state: states.get(call.callId) ?? call.state })).filter(goesOn));
    void queries.invalidateQueries({ queryKey: ACTIVE });
    if (pushes.some((moved) => !goesOn(moved))) void queries.invalidateQueries({ queryKey: [...EXCHANGE, 'missed'] });
  });
}

export function goesOn({ state }: { readonly state: CallState }): boolean {
  return state === 'kelyapti' || state === 'suhbatda';
}

function patch(change: (known: readonly LiveCall[]) => readonly LiveCall[]): void {
  queries.setQueryData<Answer<readonly LiveCall[]>>(ACTIVE, (known) => known && { ...known, value: change(known.value) });
}
