// The words of the screen "settings".

import { section } from './form';

export const settings = section({ uz: {}, 'uz-Cyrl': {}, ru: {}, en: {} });
