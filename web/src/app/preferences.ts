// How somebody wants to see it: language, looks, time zone. Kept in this browser; the engine does not care.

import { useSyncExternalStore } from 'react';

import { type Language, LANGUAGES, words } from '../words';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export interface Preferences {
  readonly language: Language;
  readonly theme: Theme;
  readonly zone: string;
}

const KEPT = 'karnay.preferences';
const FIRST: Preferences = { language: 'uz', theme: 'system', zone: 'Asia/Tashkent' };

/** As formats of times and numbers know the languages. */
export const LOCALES: Readonly<Record<Language, string>> = { uz: 'uz-UZ', 'uz-Cyrl': 'uz-Cyrl-UZ', ru: 'ru-RU', en: 'en-GB' };

let now = read();
const watching = new Set<() => void>();

function read(): Preferences {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Partial<Record<keyof Preferences, string>>;
    return {
      language: LANGUAGES.find((known) => known === kept.language) ?? FIRST.language,
      theme: THEMES.find((known) => known === kept.theme) ?? FIRST.theme,
      zone: kept.zone !== undefined && isZone(kept.zone) ? kept.zone : FIRST.zone,
    };
  } catch {
    return FIRST;
  }
}

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name !== '';
  } catch {
    return false;
  }
}

export function prefer(change: Partial<Preferences>): void {
  now = { ...now, ...change };
  localStorage.setItem(KEPT, JSON.stringify(now));
  show();
  for (const told of watching) told();
}

export function preferences(): Preferences {
  return now;
}

/** Puts them in force. */
export function show(): void {
  const page = document.documentElement;
  page.lang = now.language;
  if (now.theme === 'system') delete page.dataset['theme'];
  else page.dataset['theme'] = now.theme;
  if (words.language !== now.language) void words.changeLanguage(now.language);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore((told) => {
    watching.add(told);
    return () => watching.delete(told);
  }, preferences);
}
