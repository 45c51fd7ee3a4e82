// Audit: choosing what to look at, and whether the journal is what was written.

import './audit.css';

import { Link, useNavigate, useSearch } from '@tanstack/react-router';

import { Problem } from '../../api/problem';
import { kept } from '../../app/search';
import { usePerson } from '../../app/session';
import { useActor } from '../../parts/actor';
import { Heading } from '../../parts/heading';
import { Search } from '../../parts/search';
import { Select } from '../../parts/select';
import { Failed, Loading, Say } from '../../parts/states';
import { Time } from '../../parts/time';
import { useWords } from '../../words';
import { useFound } from './find';
import { type FindSearch, KINDS } from './route';
import { Soundness } from './soundness';

export function Screen() {
  const t = useWords();
  const { role } = usePerson();
  return (
    <div className="stack">
      <Heading>{t('audit.title')}</Heading>
      <p className="soft">{t('audit.intro')}</p>
      {(role === 'auditor' || role === 'admin') && <Soundness />}
      {role === 'operator' ? <Say title={t('audit.closed')} text={t('audit.closedText')} /> : <Finder />}
    </div>
  );
}

function Finder() {
  const t = useWords();
  const { kind = 'session', q = '' } = useSearch({ from: '/audit' });
  const navigate = useNavigate({ from: '/audit' });
  const look = (change: FindSearch) => void navigate({ search: kept({ kind, q, ...change }), replace: true, resetScroll: false });
  return (
    <section className="card stack" aria-label={t('audit.find.title')}>
      <h2>{t('audit.find.title')}</h2>
      <div className="row">
        <Select label={t('audit.find.kind')} value={kind} options={KINDS.map((value) => ({ value, text: t(`audit.kinds.${value}`) }))} choose={(chosen) => look({ kind: chosen })} />
        <Search label={t('audit.find.search')} value={q} look={(typed) => look({ q: typed })} />
      </div>
      {q !== '' && <Link className="button exactly" to="/audit/$kind/$id" params={{ kind, id: q }}>{t('audit.find.exactly', { id: q })}</Link>}
      <Found kind={kind} q={q} />
    </section>
  );
}

function Found({ kind, q }: Required<FindSearch>) {
  const t = useWords();
  const { read, may } = useFound(kind, q);
  const who = useActor();
  if (!may) return <p className="soft">{t('audit.find.byName')}</p>;
  if (read.data === undefined) {
    return read.error === null ? <Loading /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />;
  }
  if (read.data.length === 0) return <Say title={t('audit.find.nothing')} text={t('audit.find.nothingText')} />;
  const title = t(q === '' ? 'audit.find.latest' : 'audit.find.found');
  return (
    <>
      <h3>{title}</h3>
      <ul className="found" aria-label={title}>
        {read.data.map((one) => (
          <li key={one.id}>
            <Link to="/audit/$kind/$id" params={{ kind, id: one.id }}>
              <span className="found-title">{one.title}</span>
              <span className="soft">{kind === 'import' ? who(one.note) : one.note}</span>
              <span className="soft found-time"><Time at={one.at} /></span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
