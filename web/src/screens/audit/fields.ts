// The fields of an object as texts, in the order in which they are shown.


import { grouped } from '../../parts/phone';
import { useSpelled } from '../../parts/standing';
import { useTime } from '../../parts/time';
import { useWords, words } from '../../words';
import type { past } from '../../words/past';
import type { Was } from './data';

type Name = keyof (typeof past)['uz']['fields'];
type Field = { readonly name: Name; readonly text: string };
type Value<Kind extends Was['kind']> = Extract<Was, { kind: Kind }>['value'];

export function useFields(): (was: Was) => readonly Field[] {
  const t = useWords();
  const { number } = useTime();
  const spelled = useSpelled();
  const told = (texts: Partial<Record<Name, string | number | boolean | null | undefined>>): readonly Field[] =>
    (Object.entries(texts) as [Name, string | number | boolean | null | undefined][]).map(([name, value]) => ({ name, text: written(value) }));
  const written = (value: string | number | boolean | null | undefined): string => {
    if (typeof value === 'number') return number(value);
    if (typeof value === 'boolean') return t(value ? 'past.yes' : 'past.no');
    return value == null || value === '' ? '-' : value;
  };
  const session = (value: Value<'session'>) => told({
    total: value.totalNumbers,
    processed: value.processedNumbers,
    connected: value.connectedCalls,
    failed: value.failedCalls,
    unlisted: value.unlistedResults,
    unreported: value.unreportedNumbers,
    error: value.errorMessage,
    response: value.remoteResponse,
  });
  const campaign = (value: Value<'campaign'>) => told({
    name: value.name,
    type: value.campaignTypeDescription,
    status: words.exists(`past.campaign.${value.status}`) ? t(`past.campaign.${value.status}` as 'past.campaign.RUNNING') : value.status,
    total: value.totalContacts,
    called: value.calledContacts,
    connected: value.successfulCalls,
    failed: value.failedCalls,
    callbacks: value.callbackRequested,
    calling: value.calling,
    skipped: value.skippedContacts,
    attempts: value.attempts,
  });
  const contact = (value: Value<'contact'>) => told({
    person: `${value.firstName} ${value.lastName}`.trim(),
    phone: grouped(value.phone),
    status: value.statusDescription,
    isCalled: value.isCalled,
    outcome: value.lastConversationOutcome == null ? null : spelled.target(value.lastConversationOutcome),
    birth: value.dateOfBirth,
    zone: value.timezone,
    notes: value.notes,
    custom: value.customData == null ? null : JSON.stringify(value.customData),
  });
  return (was) => {
    switch (was.kind) {
      case 'session': return session(was.value);
      case 'campaign': return campaign(was.value);
      case 'contact': return contact(was.value);
    }
  };
}
