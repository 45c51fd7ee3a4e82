// The words of the screen "history".

import { section } from './form';

export const history = section({ uz: {}, 'uz-Cyrl': {}, ru: {}, en: {} });
