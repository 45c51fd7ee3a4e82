// The words of the screen "contacts".

import { section } from './form';

export const contacts = section({ uz: {}, 'uz-Cyrl': {}, ru: {}, en: {} });
