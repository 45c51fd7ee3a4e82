// All words of the dashboard, section by section: a file each. A key that does not exist fails the build wherever it is asked for.

import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

import { audit } from './audit';
import { calling } from './calling';
import { campaigns } from './campaigns';
import { choosing } from './choosing';
import { contacts } from './contacts';
import { flight } from './flight';
import { type Language, LANGUAGES } from './form';
import { history } from './history';
import { imports } from './imports';
import { live } from './live';
import { parts } from './parts';
import { report } from './report';
import { sessions } from './sessions';
import { settings } from './settings';
import { shell } from './shell';
import { system } from './system';

export { type Language, LANGUAGES } from './form';

const SECTIONS = { shell, parts, sessions, calling, campaigns, choosing, flight, report, contacts, imports, live, history, audit, system, settings } as const;

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
