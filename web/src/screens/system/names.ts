// What the engine calls its parts, in the reader's language where they are known, otherwise as the engine says it.


import { useWords, words } from '../../words';

export function useProjectionName(): (name: string) => string {
  const t = useWords();
  return (name) => (words.exists(`system.projections.names.${name}`) ? t(`system.projections.names.${name}` as 'system.projections.names.users') : name);
}

/** Screens have an actor each, which has the screen's name. */
export function useActorName(): (name: string) => string {
  const t = useWords();
  const projection = useProjectionName();
  return (name) => {
    const key = `actors.names.${name.replaceAll(' ', '_')}`;
    return words.exists(key) ? t(key as 'actors.names.hub') : projection(name);
  };
}

/** What an actor counts. */
export function useCounterName(): (name: string) => string {
  const t = useWords();
  return (name) => {
    const key = `actors.counted.${name.replaceAll(' ', '_')}`;
    return words.exists(key) ? t(key as 'actors.counted.events') : name;
  };
}

/** What keepers keep. */
export function useKindName(): (kind: string) => string {
  const t = useWords();
  return (kind) => (words.exists(`actors.kinds.${kind}`) ? t(`actors.kinds.${kind}` as 'actors.kinds.call') : kind);
}

export function useActorState(): (state: string) => string {
  const t = useWords();
  return (state) => (words.exists(`actors.states.${state}`) ? t(`actors.states.${state}` as 'actors.states.waiting') : state);
}
