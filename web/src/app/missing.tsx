// Pages that are none: an address that leads nowhere, a screen that broke, and one that nobody has built yet.

import { Link } from '@tanstack/react-router';

import { Problem } from '../api/problem';
import { Failed, Say } from '../parts/states';
import { useWords } from '../words';

export function Missing() {
  const t = useWords();
  return (
    <Say title={t('shell.missing.title')} text={t('shell.missing.text')}>
      <Link className="button" to="/sessions">{t('shell.missing.back')}</Link>
    </Say>
  );
}

export function Broken({ error, reset }: { readonly error: unknown; readonly reset: () => void }) {
  return <Failed problem={Problem.from(error)} retry={reset} />;
}

export function NotBuilt({ name }: { readonly name: string }) {
  const t = useWords();
  return (
    <>
      <h1>{name}</h1>
      <Say title={t('shell.notBuilt.title')} text={t('shell.notBuilt.text')} />
    </>
  );
}
