// Times and numbers as people read them: in the language and the time zone that were chosen, whatever the browser's own are.

import { useEffect, useState } from 'react';

import { LOCALES, usePreferences } from '../app/preferences';

type Moment = string | number | Date;

export interface Formats {
  /** A day and the time. */
  readonly full: (at: Moment) => string;
  readonly day: (at: Moment) => string;
  /** The time alone, with seconds. */
  readonly clock: (at: Moment) => string;
  readonly number: (value: number) => string;
}

export function useTime(): Formats {
  const { language, zone } = usePreferences();
  return formats(LOCALES[language], zone);
}

const known = new Map<string, Formats>();

/** Made once for each: a table asks for them in every cell. */
export function formats(locale: string, timeZone: string): Formats {
  const name = `${locale} ${timeZone}`;
  const made = known.get(name) ?? make(locale, timeZone);
  known.set(name, made);
  return made;
}

/** Uzbek is written with the same figures: 06.10.2025 and 1 819. Chromium knows no Uzbek of its own and would take English ones. */
const FIGURES: Readonly<Record<string, string>> = { 'uz-UZ': 'ru-RU', 'uz-Cyrl-UZ': 'ru-RU' };

function make(language: string, timeZone: string): Formats {
  const locale = FIGURES[language] ?? language;
  const day = { year: 'numeric', month: '2-digit', day: '2-digit', timeZone } as const;
  const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZone } as const;
  const dates = new Intl.DateTimeFormat(locale, day);
  const times = new Intl.DateTimeFormat(locale, clock);
  const numbers = new Intl.NumberFormat(locale);
  const date = (at: Moment) => dates.format(new Date(at));
  const time = (at: Moment) => times.format(new Date(at));
  return { full: (at) => `${date(at)}, ${time(at)}`, day: date, clock: time, number: (value) => numbers.format(value) };
}

export function Time({ at }: { readonly at: string | null | undefined }) {
  const time = useTime();
  if (at === null || at === undefined) return <>-</>;
  return <time dateTime={at}>{time.full(at)}</time>;
}

/** Milliseconds since the epoch, every second anew while something runs. */
export function useNow(running: boolean): number {
  const [now, move] = useState(Date.now);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => move(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}
