// Results over time, as a chart has them: how many had been answered and how many not, moment by moment.

import type { Result } from './data';

const MOMENTS_MAX = 120;
const CONNECTED: ReadonlySet<string> = new Set(['ANSWERED', 'CONNECTED_TO_OPERATOR']);

export interface Outcomes {
  /** Seconds since the epoch, ascending. */
  readonly times: readonly number[];
  readonly connected: readonly number[];
  readonly failed: readonly number[];
}

/** Counted up to each of as many moments as can be told apart, between the first result and the last. */
export function outcomes(results: readonly Result[]): Outcomes {
  const told = results.map(({ createdAt, callStatus }) => ({ at: Date.parse(createdAt) / 1_000, connected: CONNECTED.has(callStatus) }));
  told.sort((one, other) => one.at - other.at);
  const first = told[0]?.at ?? 0;
  const last = told.at(-1)?.at ?? 0;
  const step = Math.max(1, (last - first) / MOMENTS_MAX);
  const times: number[] = [];
  const connected: number[] = [];
  const failed: number[] = [];
  let [yes, no, next] = [0, 0, 0];
  for (let moment = first; told.length > 0; moment += step) {
    for (let one = told[next]; one !== undefined && one.at <= moment; one = told[next]) {
      if (one.connected) yes += 1;
      else no += 1;
      next += 1;
    }
    times.push(moment);
    connected.push(yes);
    failed.push(no);
    if (next >= told.length) break;
  }
  return { times, connected, failed };
}
