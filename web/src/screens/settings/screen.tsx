// Settings: one's own, and for admins users, keys, numbers that are not to be called, and what the engine was told.

import '../../looks/details.css';
import '../../looks/field.css';
import './settings.css';

import { useNavigate, useSearch } from '@tanstack/react-router';

import { atLeast, type Role, usePerson } from '../../app/session';
import { Heading } from '../../parts/heading';
import { Tabs } from '../../parts/tabs';
import { useWords } from '../../words';
import { EngineSettings } from './engine';
import { Forbidden } from './forbidden';
import { Keys } from './keys';
import { Own } from './own';
import { type Part, PARTS } from './route';
import { Users } from './users';

const SHOWN: Readonly<Record<Part, { readonly needs: Role; readonly Content: () => React.ReactNode }>> = {
  own: { needs: 'auditor', Content: Own },
  users: { needs: 'admin', Content: Users },
  keys: { needs: 'admin', Content: Keys },
  forbidden: { needs: 'auditor', Content: Forbidden },
  engine: { needs: 'admin', Content: EngineSettings },
};

export function Screen() {
  const t = useWords();
  const person = usePerson();
  const { part = 'own' } = useSearch({ from: '/settings' });
  const navigate = useNavigate({ from: '/settings' });
  const parts = PARTS.filter((name) => atLeast(person, SHOWN[name].needs));
  return (
    <div className="stack">
      <Heading>{t('settings.title')}</Heading>
      <Tabs
        label={t('settings.tabs.label')}
        value={parts.includes(part) ? part : 'own'}
        choose={(chosen) => void navigate({ search: { part: chosen }, replace: true, resetScroll: false })}
        tabs={parts.map((value) => {
          const { Content } = SHOWN[value];
          return { value, text: t(`settings.tabs.${value}`), content: <Content /> };
        })}
      />
    </div>
  );
}
