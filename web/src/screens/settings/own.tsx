// How somebody wants to see the dashboard, who they are, and the ways out.

import { useState } from 'react';

import { ask, client } from '../../api/client';
import { useCommand } from '../../api/command';
import { LANGUAGE_NAMES } from '../../app/account';
import { prefer, THEMES, usePreferences } from '../../app/preferences';
import { session, usePerson } from '../../app/session';
import { Confirm } from '../../parts/dialog';
import { Icon } from '../../parts/icon';
import { Select } from '../../parts/select';
import { useNow, useTime } from '../../parts/time';
import { LANGUAGES, useWords } from '../../words';
import { useTold } from './told';

export function Own() {
  return (
    <div className="columns">
      <Looks />
      <Person />
    </div>
  );
}

function Looks() {
  const t = useWords();
  const { language, theme, zone } = usePreferences();
  const time = useTime();
  const now = useNow(true);
  const zones = [...new Set([zone, ...Intl.supportedValuesOf('timeZone'), 'UTC'])].sort();
  return (
    <section className="card stack" aria-label={t('settings.own.looks')}>
      <h2>{t('settings.own.looks')}</h2>
      <Select labelled label={t('shell.language')} value={language} options={LANGUAGES.map((value) => ({ value, text: LANGUAGE_NAMES[value] }))} choose={(language) => prefer({ language })} />
      <Select labelled label={t('shell.theme')} value={theme} options={THEMES.map((value) => ({ value, text: t(`shell.themes.${value}`) }))} choose={(theme) => prefer({ theme })} />
      <Select labelled label={t('shell.zone')} value={zone} options={zones.map((value) => ({ value, text: value }))} choose={(zone) => prefer({ zone })} />
      <p className="soft">{t('settings.own.now')}: <time dateTime={new Date(now).toISOString()}>{time.full(now)}</time>. {t('settings.own.kept')}</p>
    </section>
  );
}

function Person() {
  const t = useWords();
  const person = usePerson();
  return (
    <section className="card stack" aria-label={t('settings.own.who')}>
      <h2>{t('settings.own.who')}</h2>
      <dl className="facts">
        <div><dt>{t('settings.own.name')}</dt><dd>{person.username === 'loopback' ? t('shell.local') : person.username}</dd></div>
        <div><dt>{t('settings.own.role')}</dt><dd>{t(`shell.roles.${person.role}`)}</dd></div>
        <div><dt>{t('settings.own.organization')}</dt><dd>{person.organizationId}</dd></div>
      </dl>
      {person.signedIn ? <SigningOut /> : <p className="soft">{t('settings.own.byItself')}</p>}
    </section>
  );
}

function SigningOut() {
  const t = useWords();
  const told = useTold();
  const [asking, question] = useState(false);
  const everywhere = useCommand({
    mutationFn: () => ask(() => client.POST('/auth/logout', { body: { everywhere: true } })),
    // What is left of it here ends as well.
    onSuccess: () => session.signOut(),
    onError: told,
    onSettled: () => question(false),
  });
  return (
    <div className="row">
      <button type="button" className="button" onClick={() => void session.signOut()}><Icon name="out" />{t('settings.own.signOut')}</button>
      <button type="button" className="button danger" onClick={() => question(true)}>{t('settings.own.everywhere')}</button>
      {asking && (
        <Confirm
          title={t('settings.own.everywhereTitle')}
          text={t('settings.own.everywhereText')}
          action={t('settings.own.everywhere')}
          busy={everywhere.isPending}
          confirm={() => everywhere.mutate()}
          close={() => question(false)}
        />
      )}
    </div>
  );
}
