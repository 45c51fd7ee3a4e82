// The words of the screen "campaigns".

import { section } from './form';

export const campaigns = section({ uz: {}, 'uz-Cyrl': {}, ru: {}, en: {} });
