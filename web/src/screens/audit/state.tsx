// What an object was like: its fields one by one, and where it is otherwise now, that as well.


import { SessionBadge } from '../../parts/badge';
import { Progress } from '../../parts/progress';
import { useWords } from '../../words';
import { useFields } from './fields';
import type { Was } from './data';
import { ResultsThen } from './results-then';

/** Texts of more letters than this have a line to themselves. */
const LONG = 40;

interface StateProps {
  readonly was: Was;
  readonly now: Was | undefined;
  readonly at: string | undefined;
}

export function State({ was, now, at }: StateProps) {
  const t = useWords();
  const fields = useFields();
  const today = new Map(now === undefined ? [] : fields(now).map(({ name, text }) => [name, text]));
  return (
    <div className="stack">
      {was.kind === 'session' && (
        <div className="row">
          <SessionBadge status={was.value.status} />
          <div className="then-progress"><Progress percent={was.value.progressPercentage} status={was.value.status} label={t('past.fields.progress')} /></div>
        </div>
      )}
      <dl className="facts" data-testid="was">
        {fields(was).map(({ name, text }) => {
          const other = today.get(name);
          const changed = at !== undefined && other !== undefined && other !== text;
          return (
            <div key={name} className={[changed ? 'changed' : '', Math.max(text.length, other?.length ?? 0) > LONG ? 'long' : ''].join(' ').trim()}>
              <dt>{t(`past.fields.${name}`)}</dt>
              <dd>{text}{changed && <small className="soft now-is">{t('past.nowIs', { value: other })}</small>}</dd>
            </div>
          );
        })}
      </dl>
      {was.kind === 'session' && at !== undefined && <ResultsThen id={was.value.sessionId} at={at} />}
    </div>
  );
}
