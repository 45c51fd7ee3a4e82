// Contacts: everybody who may be called, found, written and imported; and every import, which can be undone.

import '../../looks/details.css';
import './contacts.css';

import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';

import { atLeast, usePerson } from '../../app/session';
import { Heading } from '../../parts/heading';
import { Icon } from '../../parts/icon';
import { Tabs } from '../../parts/tabs';
import { useWords } from '../../words';
import { useContactNews, wantedOf } from './data';
import { Edit } from './edit';
import { Export } from './export';
import { Importer } from './importer';
import { Imports } from './imports';
import { List } from './list';

export function Screen() {
  const t = useWords();
  const person = usePerson();
  const search = useSearch({ from: '/contacts' });
  const navigate = useNavigate({ from: '/contacts' });
  const [open, show] = useState<'create' | 'import' | undefined>();
  useContactNews();
  return (
    <div className="stack">
      <header className="row spread">
        <Heading>{t('contacts.title')}</Heading>
        <div className="row">
          <Export wanted={wantedOf(search)} />
          {atLeast(person, 'manager') && <button type="button" className="button" onClick={() => show('import')}><Icon name="file" />{t('imports.title')}</button>}
          {atLeast(person, 'operator') && <button type="button" className="button primary" onClick={() => show('create')}><Icon name="person" />{t('contacts.create')}</button>}
        </div>
      </header>
      <Tabs
        label={t('contacts.title')}
        value={search.part ?? 'contacts'}
        choose={(part) => void navigate({ search: part === 'imports' ? { part } : {}, replace: true })}
        tabs={[
          { value: 'contacts', text: t('contacts.title'), content: <List /> },
          { value: 'imports', text: t('imports.all'), content: <Imports /> },
        ]}
      />
      {open === 'create' && <Edit close={() => show(undefined)} />}
      {open === 'import' && <Importer title={t('imports.title')} close={() => show(undefined)} />}
    </div>
  );
}
