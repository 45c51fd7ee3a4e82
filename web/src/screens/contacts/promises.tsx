// What a contact promised to pay, and what became of it.


import type { Schemas } from '../../api/client';
import { Problem } from '../../api/problem';
import { PromiseBadge } from '../../parts/standing';
import { Failed, Loading } from '../../parts/states';
import { useTime } from '../../parts/time';
import { useWords } from '../../words';
import { type Contact, usePromises } from './data';

export function Promises({ contact }: { readonly contact: Contact }) {
  const t = useWords();
  const read = usePromises(contact.id);
  return (
    <section className="card stack" aria-label={t('contacts.promises')}>
      <h2>{t('contacts.promises')}</h2>
      {read.data === undefined
        ? read.error === null ? <Loading rows={2} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />
        : read.data.value.data.length === 0
          ? <p className="soft">{t('contacts.noPromises')}</p>
          : <ul className="promises">{read.data.value.data.map((promise) => <Promised key={promise.id} promise={promise} />)}</ul>}
    </section>
  );
}

function Promised({ promise }: { readonly promise: Schemas['Promise'] }) {
  const t = useWords();
  const { number, day, full } = useTime();
  return (
    <li>
      <div className="row spread">
        <strong>{promise.amount == null ? '-' : number(promise.amount)}</strong>
        <PromiseBadge status={promise.status} />
      </div>
      <dl className="pairs">
        <div><dt>{t('contacts.due')}</dt><dd>{promise.dueDate == null ? '-' : day(`${promise.dueDate}T12:00:00Z`)}</dd></div>
        <div><dt>{t('contacts.paid')}</dt><dd>{number(promise.paidAmount)}</dd></div>
        <div><dt>{t('contacts.made')}</dt><dd>{full(promise.madeAt)}</dd></div>
      </dl>
    </li>
  );
}
