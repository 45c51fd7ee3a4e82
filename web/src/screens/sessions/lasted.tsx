// How long a session took, or how long it has been running; then it goes on by itself.


import { useNow } from '../../parts/time';
import { useWords } from '../../words';
import type { Session } from './data';

export function Lasted({ session }: { readonly session: Session }) {
  const t = useWords();
  const now = useNow(!session.isCompleted);
  const since = Math.floor((now - Date.parse(session.startedAt)) / 1_000);
  // The browser's clock may be behind the engine's.
  const seconds = session.isCompleted ? session.durationSeconds : Math.max(session.durationSeconds, since);
  return <>{t('sessions.seconds', { count: seconds })}</>;
}
