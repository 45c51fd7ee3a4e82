// Who did something, as people know them: a user by name, what the engine does by itself in the reader's language.

import { useCallback } from 'react';

import { useWords, words } from '../words';

export function useActor(): (actor: string) => string {
  const t = useWords();
  return useCallback((actor) => {
    const plain = actor.replaceAll(' ', '_');
    if (words.exists(`audit.actors.${plain}`)) return t(`audit.actors.${plain}` as 'audit.actors.webhook');
    return words.exists(`actors.names.${plain}`) ? t(`actors.names.${plain}` as 'actors.names.hub') : actor;
  }, [t]);
}
