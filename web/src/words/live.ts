// The words of the screen "live".

import { section } from './form';

export const live = section({ uz: {}, 'uz-Cyrl': {}, ru: {}, en: {} });
