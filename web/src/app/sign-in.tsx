// Name and password, where the engine lets nobody in by itself.

import { useEffect, useId } from 'react';

import { useCommand } from '../api/command';
import { Problem } from '../api/problem';
import { expectArrival, Heading } from '../parts/heading';
import { Logo } from '../parts/logo';
import { LANGUAGES, useWords } from '../words';
import { LANGUAGE_NAMES } from './account';
import { prefer, usePreferences } from './preferences';
import { session } from './session';

export function SignIn({ ended }: { readonly ended: boolean }) {
  const t = useWords();
  const [name, password, told] = [useId(), useId(), useId()];
  const signIn = useCommand({ mutationFn: (given: { username: string; password: string }) => session.signIn(given.username, given.password) });
  const text = useWhy(signIn.error) ?? (ended ? t('shell.signIn.ended') : undefined);
  // Whoever gets in begins at the heading of the screen.
  useEffect(() => () => {
    if (session.state().kind === 'in') expectArrival();
  }, []);
  const submit = (form: FormData) => signIn.mutate({ username: written(form, 'username'), password: written(form, 'password') });
  return (
    <main className="alone">
      <div className="sign-in card">
        <div className="brand large"><Logo /><span>karnay</span></div>
        <Heading>{t('shell.signIn.title')}</Heading>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            submit(new FormData(event.currentTarget));
          }}
        >
          <label htmlFor={name}>{t('shell.signIn.username')}</label>
          <input id={name} name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} required autoFocus aria-describedby={told} />
          <label htmlFor={password}>{t('shell.signIn.password')}</label>
          <input id={password} name="password" type="password" autoComplete="current-password" required aria-describedby={told} />
          <p id={told} className="wrong" role="alert">{text}</p>
          <button type="submit" className="button primary" disabled={signIn.isPending}>
            {signIn.isPending ? t('shell.signIn.busy') : t('shell.signIn.submit')}
          </button>
        </form>
        <Languages />
      </div>
    </main>
  );
}

function written(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}

function useWhy(thrown: unknown): string | undefined {
  const t = useWords();
  if (thrown === null || thrown === undefined) return undefined;
  const problem = Problem.from(thrown);
  if (problem.code === 'sign-in-refused') return t('shell.signIn.refused');
  if (problem.code === 'too-many-tries') return t('shell.signIn.slowed', { seconds: problem.after ?? 1 });
  return problem.message || t('parts.unreachable');
}

function Languages() {
  const t = useWords();
  const { language } = usePreferences();
  return (
    <div className="languages" role="group" aria-label={t('shell.language')}>
      {LANGUAGES.map((known) => (
        <button key={known} type="button" lang={known} aria-pressed={known === language} onClick={() => prefer({ language: known })}>
          {LANGUAGE_NAMES[known]}
        </button>
      ))}
    </div>
  );
}
