// All words of the dashboard, section by section: a file each. A key that does not exist fails the build wherever it is asked for.

import i18next from 'i18next';
import { useSyncExternalStore } from 'react';

import { actors } from './actors';
import { audit } from './audit';
import { calling } from './calling';
import { campaigns } from './campaigns';
import { choosing } from './choosing';
import { contacts } from './contacts';
import { flight } from './flight';
import { forbidden } from './forbidden';
import { type Language, LANGUAGES } from './form';
import { history } from './history';
import { imports } from './imports';
import { keys } from './keys';
import { live } from './live';
import { parked } from './parked';
import { parts } from './parts';
import { past } from './past';
import { problems } from './problems';
import { quarantine } from './quarantine';
import { report } from './report';
import { sessions } from './sessions';
import { settings } from './settings';
import { shell } from './shell';
import { system } from './system';
import { verification } from './verification';
import { wrong } from './wrong';

export { type Language, LANGUAGES } from './form';

const SECTIONS = {
  shell, parts, sessions, calling, campaigns, choosing, flight, report, contacts, imports, live, history, audit, past, verification, system, actors, quarantine,
  parked, settings, keys, forbidden, problems, wrong,
} as const;

/** The texts of one language, section by section. */
function told<const L extends Language>(language: L) {
  return Object.fromEntries(Object.entries(SECTIONS).map(([name, section]) => [name, section[language]]));
}

type Texts = { readonly [Name in keyof typeof SECTIONS]: (typeof SECTIONS)[Name]['uz'] };

/** Every way through the sections to a text. */
type Key<T> = { [K in keyof T & string]: T[K] extends string ? K : `${K}.${Key<T[K]>}` }[keyof T & string];

/** A text with what belongs into it. The library's own type of this grows too deep for the compiler with as many texts. */
export type Translate = (key: Key<Texts>, values?: Readonly<Record<string, unknown>>) => string;

export const words = i18next.createInstance();

void words.init({
  lng: 'uz',
  supportedLngs: [...LANGUAGES],
  load: 'currentOnly',
  initAsync: false,
  // React escapes by itself.
  interpolation: { escapeValue: false },
  resources: Object.fromEntries(LANGUAGES.map((language) => [language, { translation: told(language) }])),
});

const speaking = () => words.getFixedT(words.language) as unknown as Translate;
let speech = speaking();
words.on('languageChanged', () => {
  speech = speaking();
});

function changes(told: () => void): () => void {
  words.on('languageChanged', told);
  return () => words.off('languageChanged', told);
}

/** Another function after each change of language, and the same one until then: each cell of a table asks for it. */
export function useWords(): Translate {
  return useSyncExternalStore(changes, () => speech);
}
