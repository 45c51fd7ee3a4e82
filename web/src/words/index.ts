// All words of the dashboard, section by section: a file each. A key that does not exist fails the build wherever it is asked for.

import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

import { actors } from './actors';
import { audit } from './audit';
import { campaigns } from './campaigns';
import { contacts } from './contacts';
import { forbidden } from './forbidden';
import { type Language, LANGUAGES } from './form';
import { history } from './history';
import { keys } from './keys';
import { live } from './live';
import { parked } from './parked';
import { parts } from './parts';
import { past } from './past';
import { quarantine } from './quarantine';
import { sessions } from './sessions';
import { settings } from './settings';
import { shell } from './shell';
import { system } from './system';
import { verification } from './verification';

export { type Language, LANGUAGES } from './form';

const SECTIONS = { shell, parts, sessions, campaigns, contacts, live, history, audit, system, actors, quarantine, parked, settings, keys, forbidden, past, verification } as const;

/** The texts of one language, section by section. */
function told<const L extends Language>(language: L) {
  return Object.fromEntries(Object.entries(SECTIONS).map(([name, section]) => [name, section[language]]));
}

type Texts = { readonly [Name in keyof typeof SECTIONS]: (typeof SECTIONS)[Name]['uz'] };

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: Texts };
  }
}

export const words = i18next.createInstance();

void words.use(initReactI18next).init({
  lng: 'uz',
  supportedLngs: [...LANGUAGES],
  load: 'currentOnly',
  initAsync: false,
  // React escapes by itself.
  interpolation: { escapeValue: false },
  resources: Object.fromEntries(LANGUAGES.map((language) => [language, { translation: told(language) }])),
});
