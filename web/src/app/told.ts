// What the engine was told at its start, for admins, who alone are shown it. It does not change while the engine runs.

import { useQuery } from '@tanstack/react-query';

import { ask, client } from '../api/client';
import { atLeast, usePerson } from './session';

export function useEngineSettings() {
  const person = usePerson();
  return useQuery({
    queryKey: ['engine-settings'],
    queryFn: async ({ signal }) => (await ask(() => client.GET('/settings', { signal }))).value,
    enabled: atLeast(person, 'admin'),
    staleTime: Infinity,
  });
}
