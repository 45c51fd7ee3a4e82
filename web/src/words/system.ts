// The words of the screen "system".

import { section } from './form';

export const system = section({ uz: {}, 'uz-Cyrl': {}, ru: {}, en: {} });
