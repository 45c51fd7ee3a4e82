// How campaigns, whoever is called in them, contacts and promises stand: a word on its colour, and the words there are.

import '../looks/standing.css';


import type { Schemas } from '../api/client';
import { useWords } from '../words';
import { Badge } from './badge';

export const CAMPAIGN_STATUSES = ['PENDING', 'RUNNING', 'PAUSED', 'COMPLETED', 'FAILED'] as const;
export const CAMPAIGN_TYPES = ['GENERAL', 'DEBT_COLLECTION', 'SURVEY', 'REMINDER', 'MARKETING', 'CUSTOMER_SERVICE'] as const satisfies readonly Schemas['CampaignType'][];
export const TARGET_STATUSES = ['PENDING', 'CALLING', 'SUCCESS', 'PROMISE_TO_PAY', 'CALLBACK_REQUESTED', 'NO_ANSWER', 'BUSY', 'REFUSED', 'FAILED'] as const;
export const CONTACT_STATUSES = ['ACTIVE', 'INACTIVE', 'COMPLETED', 'DO_NOT_CALL'] as const satisfies readonly Schemas['ContactStatus'][];
const REASONS = ['NETWORK_ERROR', 'AGENT_REFUSED', 'REJECTED', 'UNAVAILABLE', 'INVALID_NUMBER', 'DROPPED', 'UNCONFIRMED', 'OPTED_OUT'] as const;
const RULES = [
  'contact_status', 'do_not_call', 'number_retired', 'zone_known', 'call_under_way', 'promise', 'quiet_time', 'caps', 'retry_due', 'callback_due', 'window', 'holiday', 'budget', 'breaker',
  'campaign_not_running', 'concurrency', 'calls_per_second',
] as const;

/** The API calls these texts; one that is not known yet is shown as it is. */
function among<T extends string>(known: readonly T[], text: string): T | undefined {
  return known.find((one) => one === text);
}

/** Words for what the API spells in its own way. */
export function useSpelled() {
  const t = useWords();
  return {
    campaign: (status: string) => spelled(among(CAMPAIGN_STATUSES, status), (one) => t(`calling.campaign.${one}`), status),
    type: (type: string) => spelled(among(CAMPAIGN_TYPES, type), (one) => t(`calling.type.${one}`), type),
    target: (status: string) => spelled(among(TARGET_STATUSES, status), (one) => t(`calling.status.${one}`), status),
    reason: (reason: string) => spelled(among(REASONS, reason), (one) => t(`calling.reason.${one}`), reason),
    rule: (rule: string) => spelled(among(RULES, rule), (one) => t(`calling.rule.${one}`), rule),
  };
}

/** As figures of rules have a contact's status: `do_not_call`. */
export function useSpelledStanding(): (standing: string) => string {
  const t = useWords();
  return (standing) => spelled(among(CONTACT_STATUSES, standing.toUpperCase()), (one) => t(`calling.contact.${one}`), standing);
}

function spelled<T>(known: T | undefined, text: (known: T) => string, otherwise: string): string {
  return known === undefined ? otherwise : text(known);
}

export function CampaignBadge({ status }: { readonly status: string }) {
  return <Badge status={status} text={useSpelled().campaign(status)} />;
}

export function TargetBadge({ status, reason }: { readonly status: string; readonly reason?: string | null | undefined }) {
  const words = useSpelled();
  return <Badge status={status} text={words.target(status)} {...(reason == null ? {} : { title: words.reason(reason) })} />;
}

export function ContactBadge({ status }: { readonly status: Schemas['ContactStatus'] }) {
  const t = useWords();
  return <Badge status={status} text={t(`calling.contact.${status}`)} title={t(`calling.contactExplained.${status}`)} />;
}

export function PromiseBadge({ status }: { readonly status: Schemas['PromiseStatus'] }) {
  const t = useWords();
  return <Badge status={status} text={t(`calling.promise.${status}`)} />;
}
