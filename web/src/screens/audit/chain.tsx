// What led to an object, link by link, the nearest first. A link that was not recorded ends the chain, and says so.

import { Link } from '@tanstack/react-router';

import type { AuditKind } from '../../parts/audit-link';
import { Time } from '../../parts/time';
import { useWords } from '../../words';
import { useActor } from '../../parts/actor';
import type { Link as ChainLink } from './data';
import { KINDS } from './route';

export function Chain({ links }: { readonly links: readonly ChainLink[] }) {
  const t = useWords();
  return (
    <section className="card stack" aria-label={t('audit.chain.title')}>
      <div>
        <h2>{t('audit.chain.title')}</h2>
        <p className="soft">{t('audit.chain.intro')}</p>
      </div>
      <ol className="chain">{links.map((link, index) => <li key={index} className={`chain-${link.what}`}><One link={link} /></li>)}</ol>
    </section>
  );
}

function One({ link }: { readonly link: ChainLink }) {
  const t = useWords();
  const who = useActor();
  const name = t(`audit.chain.what.${link.what}`);
  const kind = KINDS.find((known: AuditKind) => known === link.kind);
  return (
    <>
      <p className="chain-what">
        {kind === undefined || link.id == null ? name : <Link to="/audit/$kind/$id" params={{ kind, id: link.id }}>{name}</Link>}
        {link.row != null && <span className="soft"> · {t('audit.chain.row', { row: link.row })}</span>}
      </p>
      <p>{link.words}</p>
      {link.at != null && <p className="soft"><Time at={link.at} />{link.actor != null && link.actor !== '' && ` · ${who(link.actor)}`}</p>}
    </>
  );
}
