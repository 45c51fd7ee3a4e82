// What is shown where data is not there, or not as it should be: on its way, none, refused, old.

import type { ReactNode } from 'react';

import type { Problem } from '../api/problem';
import { UNREACHABLE } from '../api/problem';
import { useLost } from '../app/live';
import { useWords } from '../words';
import { Heading } from './heading';
import { Icon } from './icon';
import { useTime } from './time';
import { useWhy } from './why';
import { Beyond } from './wrong';

/** Grey bars of about the height of what comes. */
export function Loading({ rows = 5 }: { readonly rows?: number }) {
  const t = useWords();
  return (
    <div className="loading" role="status">
      <span className="hidden">{t('parts.loading')}</span>
      {Array.from({ length: rows }, (_, row) => <i key={row} aria-hidden="true" />)}
    </div>
  );
}

interface SayProps {
  readonly title: string;
  readonly text?: string;
  /** Whether it is all that the screen shows. */
  readonly heading?: boolean;
  readonly children?: ReactNode;
}

/** A title and what to do, such as where there is nothing yet. */
export function Say({ title, text, heading = false, children }: SayProps) {
  return (
    <div className="say">
      {heading ? <Heading>{title}</Heading> : <p className="say-title">{title}</p>}
      {text !== undefined && <p>{text}</p>}
      {children}
    </div>
  );
}

/** To try again is offered where that may help. */
export function Failed({ problem, retry }: { readonly problem: Problem; readonly retry?: () => void }) {
  const t = useWords();
  const why = useWhy();
  return (
    <div className="say failed" role="alert">
      <p className="say-title"><Icon name="warning" />{t('parts.failed')}</p>
      <p>{why(problem)}</p>
      <Beyond problem={problem} />
      {problem.code !== UNREACHABLE && <p className="code">{problem.code}</p>}
      {retry !== undefined && !problem.lasting && <button type="button" className="button" onClick={retry}>{t('parts.retry')}</button>}
    </div>
  );
}

interface StaleProps {
  /** Facts that are recorded and not shown. */
  readonly behind: number;
  /** When the last good answer came, where a newer one could not be had. */
  readonly since?: number | undefined;
}

/** A mark beside what is older than it should be, or may be since nobody tells of changes; nothing where it is not. */
export function Stale({ behind, since }: StaleProps) {
  const t = useWords();
  const time = useTime();
  const lost = useLost();
  const old = since ?? lost;
  if (behind === 0 && old === undefined) return null;
  return (
    <span className="stale" role="status">
      <Icon name="warning" />
      {old === undefined ? t('parts.stale', { count: behind }) : t('parts.old', { time: time.clock(old) })}
    </span>
  );
}
