// Says on every screen that far ends are played by the engine itself, so that nobody takes what is shown for calls that people had.

import { Icon } from '../parts/icon';
import { useWords, words } from '../words';
import { usePerson } from './session';

/** In the reader's language where the far end is one that is known, otherwise as the engine names it. */
export function useEnds(): (names: readonly string[]) => string {
  const t = useWords();
  const named = (name: string) => (words.exists(`system.simulated.ends.${name}`) ? t(`system.simulated.ends.${name}` as 'system.simulated.ends.pbx') : name);
  return (names) => names.map(named).join(', ');
}

export function Simulation() {
  const t = useWords();
  const names = usePerson().simulated;
  const ends = useEnds();
  if (names.length === 0) return null;
  return (
    <p className="simulation" role="note">
      <Icon name="warning" />
      <span>{t('system.simulated.banner', { ends: ends(names) })}</span>
    </p>
  );
}
