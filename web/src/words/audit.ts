// The words of the screen "audit".

import { section } from './form';

export const audit = section({ uz: {}, 'uz-Cyrl': {}, ru: {}, en: {} });
