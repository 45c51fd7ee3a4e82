// How answers are kept: until they are old or somebody says that they changed, and shown while newer ones are on their way.

import { QueryClient } from '@tanstack/react-query';

import { Problem } from './problem';

/** Pushes say what changed; this only bounds how long a push that was missed goes unnoticed. */
const OLD_MS = 30_000;
const TRIES_MAX = 2;

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: OLD_MS,
      networkMode: 'always',
      retry: (failures, why) => Problem.from(why).passing && failures < TRIES_MAX,
    },
    mutations: { networkMode: 'always', retry: false },
  },
});
