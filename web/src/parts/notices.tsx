// Short sentences about what was just done, read out to whoever does not see them, gone after a while.

import { useSyncExternalStore } from 'react';

import { Problem } from '../api/problem';
import { useWords } from '../words';
import { Icon } from './icon';
import { Beyond } from './wrong';

export interface Notice {
  readonly id: number;
  readonly kind: 'good' | 'bad';
  readonly text: string;
  /** What it is about, where something went wrong. */
  readonly problem: Problem | undefined;
}

const LASTS_MS = 8_000;
const SHOWN_MAX = 4;

let shown: readonly Notice[] = [];
let last = 0;
const watching = new Set<() => void>();

function move(next: readonly Notice[]): void {
  shown = next;
  for (const told of watching) told();
}

export function notify(kind: Notice['kind'], text: string, thrown?: unknown): void {
  const id = (last += 1);
  const problem = thrown === undefined ? undefined : Problem.from(thrown);
  move([...shown, { id, kind, text, problem }].slice(-SHOWN_MAX));
  setTimeout(() => dismiss(id), LASTS_MS);
}

function dismiss(id: number): void {
  move(shown.filter((notice) => notice.id !== id));
}

export function Notices() {
  const t = useWords();
  const notices = useSyncExternalStore(
    (told) => {
      watching.add(told);
      return () => watching.delete(told);
    },
    () => shown,
  );
  return (
    <div className="notices" role="status" aria-live="polite">
      {notices.map(({ id, kind, text, problem }) => (
        <div key={id} className={`notice ${kind}`}>
          <Icon name={kind === 'good' ? 'check' : 'warning'} />
          <div><p>{text}</p>{problem !== undefined && <Beyond problem={problem} />}</div>
          <button type="button" className="button quiet" aria-label={t('parts.close')} onClick={() => dismiss(id)}><Icon name="close" /></button>
        </div>
      ))}
    </div>
  );
}
