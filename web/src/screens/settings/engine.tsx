// What the engine was told at its start: read only, since it reads its settings once. Secrets are set or not.

import { useState } from 'react';

import type { Schemas } from '../../api/client';
import { Problem } from '../../api/problem';
import { useEngineSettings } from '../../app/told';
import { Search } from '../../parts/search';
import { Failed, Loading, Say } from '../../parts/states';
import { useWords } from '../../words';

type Setting = Schemas['Setting'];

export function EngineSettings() {
  const t = useWords();
  const read = useEngineSettings();
  const [q, look] = useState('');
  const [onlySet, narrow] = useState(false);
  if (read.data === undefined) {
    return read.error === null ? <Loading rows={8} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />;
  }
  const wanted = q.toLowerCase();
  const shown = read.data.filter(({ name, description, isSet }) => (isSet || !onlySet) && `${name} ${description}`.toLowerCase().includes(wanted));
  return (
    <section className="stack" aria-label={t('settings.tabs.engine')}>
      <p className="soft">{t('settings.engine.intro')}</p>
      <div className="row">
        <Search label={t('settings.engine.search')} value={q} look={look} />
        <label className="check"><input type="checkbox" checked={onlySet} onChange={(event) => narrow(event.target.checked)} />{t('settings.engine.onlySet')}</label>
      </div>
      {shown.length === 0
        ? <Say title={t('settings.engine.nothing')} text={t('settings.engine.nothingText')} />
        : <dl className="engine-settings card">{shown.map((setting) => <Line key={setting.name} setting={setting} />)}</dl>}
    </section>
  );
}

function Line({ setting }: { readonly setting: Setting }) {
  const t = useWords();
  const { name, description, source, isSet } = setting;
  return (
    <div className={isSet ? 'said' : undefined}>
      <dt>
        <span className="mono">{name}</span>
        <small className="soft" lang="en">{description}</small>
      </dt>
      <dd>
        <Value setting={setting} />
        <small className="soft">{t(`settings.engine.sources.${source}`)}</small>
      </dd>
    </div>
  );
}

function Value({ setting: { value, isSecret, isSet, default: usual } }: { readonly setting: Setting }) {
  const t = useWords();
  if (isSecret) return <span>{t(isSet ? 'settings.engine.secretSet' : 'settings.engine.secretUnset')}</span>;
  const written = (text: string) => (text === '' ? t('settings.engine.empty') : text);
  return (
    <>
      <span className={value === '' ? 'soft' : 'mono'}>{written(value ?? '')}</span>
      {value !== usual && <small className="soft">{t('settings.engine.default', { value: written(usual) })}</small>}
    </>
  );
}
