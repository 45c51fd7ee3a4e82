// Who is in, how they want to see it, and the way out.

import { useEffect } from 'react';

import { queries } from '../api/queries';
import { Icon } from '../parts/icon';
import { Choice, Item, Label, Menu, Separator } from '../parts/menu';
import { LANGUAGES, useWords } from '../words';
import { join } from './live';
import { isZone, prefer, THEMES, usePreferences } from './preferences';
import { session, usePerson } from './session';

/** As each calls itself. */
export const LANGUAGE_NAMES = { uz: 'O\'zbekcha', 'uz-Cyrl': 'Ўзбекча', ru: 'Русский', en: 'English' } as const;

/** Where people who use this live, and the browser's own. */
const ZONES = [...new Set(['Asia/Tashkent', 'Asia/Samarkand', 'Asia/Almaty', 'Asia/Bishkek', 'Asia/Dushanbe', 'Asia/Ashgabat', 'Europe/Moscow', 'Europe/Istanbul', 'UTC', Intl.DateTimeFormat().resolvedOptions().timeZone])]
  .filter(isZone);

export function Account() {
  const t = useWords();
  const person = usePerson();
  // Whoever comes next sees nothing of what this one saw, and hears only what is theirs.
  useEffect(() => {
    const leave = join();
    return () => {
      leave();
      queries.clear();
    };
  }, []);
  const name = person.signedIn ? person.username : person.username === 'loopback' ? t('shell.local') : person.username;
  return (
    <Menu
      align="end"
      trigger={
        <button type="button" className="account" aria-label={t('shell.account')}>
          <Icon name="person" />
          <span className="account-name">{name}</span>
          <span className="account-role">{t(`shell.roles.${person.role}`)}</span>
        </button>
      }
    >
      <Preferences />
      {person.signedIn && (
        <>
          <Separator />
          <Item onSelect={() => void session.signOut()}>
            <span className="menu-item">
              <Icon name="out" />
              {t('shell.signOut')}
            </span>
          </Item>
        </>
      )}
    </Menu>
  );
}

function Preferences() {
  const t = useWords();
  const { language, theme, zone } = usePreferences();
  return (
    <>
      <Label>{t('shell.language')}</Label>
      <Choice value={language} options={LANGUAGES.map((value) => ({ value, text: LANGUAGE_NAMES[value], lang: value }))} choose={(language) => prefer({ language })} />
      <Separator />
      <Label>{t('shell.theme')}</Label>
      <Choice value={theme} options={THEMES.map((value) => ({ value, text: t(`shell.themes.${value}`) }))} choose={(theme) => prefer({ theme })} />
      <Separator />
      <Label>{t('shell.zone')}</Label>
      <Choice value={zone} options={ZONES.map((value) => ({ value, text: value }))} choose={(zone) => prefer({ zone })} />
    </>
  );
}
