// Says on every screen that far ends are played by the engine itself, so that nobody takes what is shown for calls that people had.

import { useQuery } from '@tanstack/react-query';

import { ask, client } from '../api/client';
import { Icon } from '../parts/icon';
import { useWords, words } from '../words';
import { atLeast, type Person, usePerson } from './session';
import { useEngineSettings } from './told';

const OLD_MS = 60_000;

/** Admins are told of every far end; to others only the exchange says whether it is a real one. */
async function simulated(person: Person, signal: AbortSignal): Promise<readonly string[]> {
  const exchange = ask(() => client.GET('/kerio/status', { signal, params: { query: {} } })).then(({ value }) => (value.simulated ? ['pbx'] : []));
  const rest = atLeast(person, 'admin') ? ask(() => client.GET('/status', { signal })).then(({ value }) => value.simulated) : [];
  return [...new Set([...(await rest), ...(await exchange)])];
}

export function useSimulated(): readonly string[] {
  const person = usePerson();
  const read = useQuery({ queryKey: ['simulated', person.role], queryFn: ({ signal }) => simulated(person, signal), staleTime: OLD_MS });
  // An engine that knows of no agent plays one itself.
  const agent = useEngineSettings().data?.some(({ name, value }) => name === 'AGENT_URL' && value === '') === true;
  return [...new Set([...(read.data ?? []), ...(agent ? ['agent'] : [])])].sort();
}

/** In the reader's language where the far end is one that is known, otherwise as the engine names it. */
export function useEnds(): (names: readonly string[]) => string {
  const t = useWords();
  const named = (name: string) => (words.exists(`system.simulated.ends.${name}`) ? t(`system.simulated.ends.${name}` as 'system.simulated.ends.pbx') : name);
  return (names) => names.map(named).join(', ');
}

export function Simulation() {
  const t = useWords();
  const names = useSimulated();
  const ends = useEnds();
  if (names.length === 0) return null;
  return (
    <p className="simulation" role="note">
      <Icon name="warning" />
      <span>{t('system.simulated.banner', { ends: ends(names) })}</span>
    </p>
  );
}
