// How many rows are shown, and a button for more where the engine has more.


import { useWords } from '../words';
import { useTime } from './time';

interface PagerProps {
  readonly shown: number;
  readonly more: boolean;
  readonly busy: boolean;
  readonly load: () => void;
}

export function Pager({ shown, more, busy, load }: PagerProps) {
  const t = useWords();
  const time = useTime();
  if (shown === 0) return null;
  return (
    <div className="pager">
      <span>{t('parts.rows', { shown: time.number(shown) })}</span>
      {more && <button type="button" className="button small" disabled={busy} onClick={load}>{busy ? t('parts.loading') : t('parts.more')}</button>}
    </div>
  );
}
