// Days as people have them: from midnight to midnight where they are, and not where the engine or the browser is.

import { useSyncExternalStore } from 'react';

const LOOK_MS = 5_000;

/** As `2025-10-06`. */
export function dayOf(at: Date, zone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);
}

/** Today there, and tomorrow once it is. */
export function useToday(zone: string): string {
  return useSyncExternalStore(
    (told) => {
      const timer = setInterval(told, LOOK_MS);
      return () => clearInterval(timer);
    },
    () => dayOf(new Date(), zone),
  );
}

/** The instant at which a day begins; after a night that lacks its midnight, the first one that there is. */
export function dayBegins(day: string, zone: string): string {
  const wall = Date.parse(`${day}T00:00:00Z`);
  // The zone's offset then, guessed and mended once: near a change of clocks the guess may be an hour off.
  const guess = wall - offset(wall, zone);
  return new Date(wall - offset(guess, zone)).toISOString();
}

/** The instant at which the day after begins. */
export function dayEnds(day: string, zone: string): string {
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000);
  return dayBegins(next.toISOString().slice(0, 10), zone);
}

/** Milliseconds that clocks there are ahead of UTC. */
function offset(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' })
    .formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '00';
  const there = Date.parse(`${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:${part('second')}Z`);
  return there - Math.floor(at / 1_000) * 1_000;
}
