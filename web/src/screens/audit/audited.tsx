// One object: how it was at any time, what led to it, and every event of it.

import './audit.css';

import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';

import { Problem } from '../../api/problem';
import { Missing } from '../../app/missing';
import type { AuditKind } from '../../parts/audit-link';
import { Heading } from '../../parts/heading';
import { Icon } from '../../parts/icon';
import { Failed, Loading } from '../../parts/states';
import { useWords } from '../../words';
import { Chain } from './chain';
import { hasPast, isLook, type PastKind, useEvents, useWas, type Was } from './data';
import { Events } from './events';
import { Past } from './past';
import { KINDS } from './route';

export function Audited() {
  const { kind: named, id } = useParams({ from: '/audit/$kind/$id' });
  const kind = KINDS.find((known) => known === named);
  return kind === undefined ? <Missing /> : <Shown key={`${kind}/${id}`} kind={kind} />;
}

function Shown({ kind }: { readonly kind: AuditKind }) {
  const t = useWords();
  const { id } = useParams({ from: '/audit/$kind/$id' });
  const { at, all = false } = useSearch({ from: '/audit/$kind/$id' });
  const navigate = useNavigate({ from: '/audit/$kind/$id' });
  const read = useEvents(kind, id, all);
  const events = useMemo(() => read.data?.pages.flatMap(({ value }) => value.events) ?? [], [read.data]);
  const look = useCallback((moment: string | undefined) => {
    void navigate({ search: (known) => ({ ...(known.all === true ? { all: true } : {}), ...(moment === undefined ? {} : { at: moment }) }), replace: true, resetScroll: false });
  }, [navigate]);
  const widen = (wide: boolean) => void navigate({ search: { ...(at === undefined ? {} : { at }), ...(wide ? { all: true } : {}) }, replace: true, resetScroll: false });
  const lived = useMemo(() => events.filter((event) => !isLook(event)), [events]);
  const chain = read.data?.pages[0]?.value.chain ?? [];
  return (
    <div className="stack">
      <Link to="/audit" search={{ kind }} className="back"><Icon name="back" />{t('audit.back')}</Link>
      <header className="row spread">
        {hasPast(kind) ? <Named kind={kind} id={id} /> : <Title kind={kind} id={id} name={undefined} />}
        <OwnPage kind={kind} id={id} />
      </header>
      {read.data === undefined
        ? read.error === null ? <Loading rows={8} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />
        : (
          <>
            {hasPast(kind) && lived.length > 0 && <Past kind={kind} id={id} at={at} events={lived} look={look} />}
            <div className={chain.length === 0 ? 'stack' : 'audited'}>
              <Events kind={kind} events={events} all={all} widen={widen} look={hasPast(kind) ? look : undefined} more={read.hasNextPage} busy={read.isFetchingNextPage} load={() => void read.fetchNextPage()} />
              {chain.length > 0 && <Chain links={chain} />}
            </div>
          </>
        )}
    </div>
  );
}

/** By its name, where people have given it one; the id tells it from others of that name. */
function Named({ kind, id }: { readonly kind: PastKind; readonly id: string }) {
  const was = useWas(kind, id, undefined).data;
  return <Title kind={kind} id={id} name={was === undefined ? undefined : nameOf(was)} />;
}

function nameOf(was: Was): string | undefined {
  switch (was.kind) {
    case 'session': return undefined;
    case 'campaign': return was.value.name;
    case 'contact': return `${was.value.firstName} ${was.value.lastName}`.trim();
  }
}

function Title({ kind, id, name }: { readonly kind: AuditKind; readonly id: string; readonly name: string | undefined }) {
  const t = useWords();
  return (
    <div>
      <Heading><span className="soft">{t(`audit.kinds.${kind}`)}</span> {name === undefined ? <span className="mono">{id}</span> : name}</Heading>
      {name !== undefined && <small className="soft mono">{id}</small>}
    </div>
  );
}

function OwnPage({ kind, id }: { readonly kind: AuditKind; readonly id: string }) {
  const t = useWords();
  if (kind !== 'session') return null;
  return <Link className="button" to="/sessions/$id" params={{ id }}>{t('audit.show')}</Link>;
}
