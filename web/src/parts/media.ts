// Whether a condition of style sheets holds, for what they cannot decide alone.

import { useCallback, useSyncExternalStore } from 'react';

export function useMedia(query: string): boolean {
  const watch = useCallback((told: () => void) => {
    const media = globalThis.matchMedia(query);
    media.addEventListener('change', told);
    return () => media.removeEventListener('change', told);
  }, [query]);
  return useSyncExternalStore(watch, () => globalThis.matchMedia(query).matches);
}
