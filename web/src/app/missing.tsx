// Pages that are none: an address that leads nowhere, and a screen that broke.

import { Link, useRouter } from '@tanstack/react-router';

import { Problem } from '../api/problem';
import { Say } from '../parts/states';
import { useWords } from '../words';

export function Missing() {
  const t = useWords();
  return (
    <Say heading title={t('shell.missing.title')} text={t('shell.missing.text')}>
      <Link className="button" to="/sessions">{t('shell.missing.back')}</Link>
    </Say>
  );
}

/** In the place of the screen alone: what is around it goes on. */
export function Broken({ error, reset }: { readonly error: unknown; readonly reset: () => void }) {
  const t = useWords();
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <div role="alert">
      <Say heading title={t('shell.broken')} text={Problem.from(error).message}>
        <button type="button" className="button" onClick={again}>{t('parts.retry')}</button>
      </Say>
    </div>
  );
}
