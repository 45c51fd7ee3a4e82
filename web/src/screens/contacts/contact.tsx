// One contact: who it is, what was said to each other, what was promised, and why it is called in a campaign or not.

import '../../looks/details.css';
import './contacts.css';

import { Link, useParams } from '@tanstack/react-router';

import { Problem } from '../../api/problem';
import { AuditLink } from '../../parts/audit-link';
import { Heading } from '../../parts/heading';
import { Icon } from '../../parts/icon';
import { Phone } from '../../parts/phone';
import { ContactBadge, useSpelled } from '../../parts/standing';
import { Failed, Loading, Stale } from '../../parts/states';
import { Time, useTime } from '../../parts/time';
import { useWords } from '../../words';
import { Actions } from './actions';
import { Calls } from './calls';
import { type Contact, fullName, useContact, useContactNews } from './data';
import { InCampaign } from './in-campaign';
import { Promises } from './promises';

export function ContactScreen() {
  const t = useWords();
  const { id } = useParams({ from: '/contacts/$id' });
  const read = useContact(id);
  useContactNews();
  return (
    <div className="stack">
      <Link to="/contacts" search={{}} className="back"><Icon name="back" />{t('contacts.back')}</Link>
      {read.data === undefined
        ? read.error === null ? <Loading rows={8} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />
        : <Shown contact={read.data.value} mark={<Stale behind={read.data.behind} since={read.error === null ? undefined : read.dataUpdatedAt} />} />}
    </div>
  );
}

/** Calls are known by their number, which nobody knows any more; what was promised is known by the contact. */
function Forgotten({ contact, mark }: { readonly contact: Contact; readonly mark: React.ReactNode }) {
  const t = useWords();
  return (
    <>
      <header className="row spread">
        <div className="stack close">
          <div className="row"><Heading>{t('contacts.forgotten')}</Heading>{mark}</div>
          <p className="soft">{t('contacts.forgottenText')}</p>
        </div>
        <div className="row">
          <AuditLink kind="contact" id={contact.id} />
          <Actions contact={contact} />
        </div>
      </header>
      <div className="columns">
        <Details contact={contact} />
        <Promises contact={contact} />
      </div>
    </>
  );
}

function Shown({ contact, mark }: { readonly contact: Contact; readonly mark: React.ReactNode }) {
  const t = useWords();
  // What an agent came to, or what somebody wrote.
  const spelled = useSpelled();
  if (contact.forgotten === true) return <Forgotten contact={contact} mark={mark} />;
  return (
    <>
      <header className="row spread">
        <div className="stack close">
          <div className="row">
            <Heading>{fullName(contact)}</Heading>
            <ContactBadge status={contact.status} />
            {mark}
          </div>
          <p className="soft">
            <Phone number={contact.phone} /> · {contact.isCalled ? t('contacts.wasCalled') : t('contacts.neverCalled')}
            {contact.lastConversationOutcome != null && ` · ${spelled.target(contact.lastConversationOutcome)}`}
          </p>
        </div>
        <div className="row">
          <AuditLink kind="contact" id={contact.id} />
          <Actions contact={contact} />
        </div>
      </header>
      <div className="columns">
        <Details contact={contact} />
        <Promises contact={contact} />
      </div>
      <Calls contact={contact} />
      <InCampaign contact={contact} />
    </>
  );
}

function Details({ contact }: { readonly contact: Contact }) {
  const t = useWords();
  const { day } = useTime();
  // Any JSON: most hold names with values, and are shown so.
  const custom: [string, unknown][] = contact.customData == null ? [] : Array.isArray(contact.customData) ? [[t('contacts.customData'), contact.customData]] : Object.entries(contact.customData);
  return (
    <section className="card stack">
      <h2>{t('contacts.data')}</h2>
      <dl className="pairs">
        {contact.dateOfBirth != null && <div><dt>{t('contacts.dateOfBirth')}</dt><dd>{day(`${contact.dateOfBirth}T12:00:00Z`)}</dd></div>}
        {contact.timezone != null && <div><dt>{t('contacts.timezone')}</dt><dd>{contact.timezone}</dd></div>}
        {custom.map(([name, value]) => <div key={name}><dt className="mono">{name}</dt><dd><Value value={value} /></dd></div>)}
        <div><dt>{t('contacts.created')}</dt><dd><Time at={contact.createdAt} /></dd></div>
        <div><dt>{t('contacts.updated')}</dt><dd><Time at={contact.updatedAt} /></dd></div>
      </dl>
      {contact.notes != null && <p className="note">{contact.notes}</p>}
    </section>
  );
}

function Value({ value }: { readonly value: unknown }) {
  const { number } = useTime();
  if (typeof value === 'number') return <>{number(value)}</>;
  if (typeof value === 'string') return <>{value}</>;
  return <span className="mono">{JSON.stringify(value)}</span>;
}
