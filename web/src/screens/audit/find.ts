// What can be looked at, found by the lists that the other screens have.

import { useQuery } from '@tanstack/react-query';

import { ask, client } from '../../api/client';
import { preferences, usePreferences } from '../../app/preferences';
import { atLeast, usePerson } from '../../app/session';
import type { AuditKind } from '../../parts/audit-link';
import { grouped } from '../../parts/phone';
import { words } from '../../words';

export interface FoundOne {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly at: string | null;
}

const LIMIT = 20;
/** Calls of the exchange are a kind of their own. */
const OF_CALLS = 'remote,campaign';
const EXPORTS = ['calls', 'contacts', 'promises', 'do-not-call', 'quarantine', 'pbx-calls', 'events', 'live'] as const;
const DAY_MS = 86_400_000;
/** So many digits are a whole number. */
const NUMBER_LEN = 9;
/** Whose lists not everybody is shown who may look at audit. */
const SHOWN_TO: Partial<Readonly<Record<AuditKind, 'manager' | 'admin'>>> = { user: 'admin', key: 'admin', 'webhook-endpoint': 'manager' };

type Find = (q: string, signal: AbortSignal) => Promise<readonly FoundOne[]>;

const FINDS: Readonly<Record<AuditKind, Find>> = { session: sessions, call: calls, campaign: campaigns, contact: contacts, list: lists, import: imports, user: users, key: keys, 'pbx-call': exchange, number: numbers, quarantine: held, denied: days, 'webhook-endpoint': endpoints, settings: own, export: exports };

export function useFound(kind: AuditKind, q: string) {
  const person = usePerson();
  const to = SHOWN_TO[kind];
  const may = to === undefined || atLeast(person, to);
  const { language } = usePreferences();
  const read = useQuery({
    queryKey: ['audit', 'find', kind, q, language],
    queryFn: ({ signal }) => FINDS[kind](q, signal),
    enabled: may,
    // Of the same kind, or links would lead to what they do not name.
    placeholderData: (known, before) => (before?.queryKey[2] === kind ? known : undefined),
  });
  return { read, may };
}

function wanted(q: string) {
  return { limit: LIMIT, ...(q === '' ? {} : { q }), lang: preferences().language };
}

async function sessions(q: string, signal: AbortSignal) {
  const { value } = await ask(() => client.GET('/calls/sessions/all', { signal, params: { query: wanted(q) } }));
  return value.map(({ sessionId, statusDescription, createdAt }) => ({ id: sessionId, title: sessionId, note: statusDescription, at: createdAt }));
}

async function calls(q: string, signal: AbortSignal) {
  const { limit, lang } = wanted(q);
  const { value } = await ask(() => client.GET('/calls/history', { signal, params: { query: { limit, lang, source: OF_CALLS, ...(q === '' ? {} : { number: q }) } } }));
  return value.map(({ id, phoneNumber, statusDescription, createdAt }) => ({ id, title: grouped(phoneNumber), note: statusDescription, at: createdAt }));
}

async function campaigns(q: string, signal: AbortSignal) {
  const { value } = await ask(() => client.GET('/auto-calling/campaigns', { signal, params: { query: wanted(q) } }));
  return value.data.map(({ id, name, campaignTypeDescription, createdAt }) => ({ id, title: name, note: campaignTypeDescription, at: createdAt }));
}

async function contacts(q: string, signal: AbortSignal) {
  const { value } = await ask(() => client.GET('/auto-calling/contacts', { signal, params: { query: wanted(q) } }));
  return value.data.map(({ id, firstName, lastName, phone, createdAt }) => ({ id, title: `${firstName} ${lastName}`.trim(), note: grouped(phone), at: createdAt }));
}

async function lists(q: string, signal: AbortSignal) {
  const { value } = await ask(() => client.GET('/calls/uploads', { signal, params: { query: { limit: LIMIT } } }));
  const all = value.map((upload) => ({ id: upload.uploadId, title: upload.uploadId, note: upload.status, at: 'createdAt' in upload ? upload.createdAt : null }));
  return all.filter(({ id }) => id.includes(q.toLowerCase()));
}

async function imports(q: string, signal: AbortSignal) {
  const { value } = await ask(() => client.GET('/auto-calling/imports', { signal, params: { query: { limit: LIMIT } } }));
  return value.data.map(({ id, actor, createdAt }) => ({ id, title: id, note: actor, at: createdAt })).filter(({ id, note }) => `${id} ${note}`.includes(q.toLowerCase()));
}

async function users(q: string, signal: AbortSignal) {
  const { value } = await ask(() => client.GET('/users', { signal, params: { query: {} } }));
  return value.map(({ name, createdAt }) => ({ id: name, title: name, note: '', at: createdAt })).filter(({ id }) => id.includes(q.toLowerCase()));
}

async function keys(q: string, signal: AbortSignal) {
  const { value } = await ask(() => client.GET('/keys', { signal, params: { query: {} } }));
  return value.map(({ id, name, createdAt }) => ({ id, title: name, note: '', at: createdAt })).filter(({ title }) => title.toLowerCase().includes(q.toLowerCase()));
}

async function endpoints(q: string, signal: AbortSignal) {
  const { value } = await ask(() => client.GET('/webhooks/endpoints', { signal, params: { query: { limit: LIMIT } } }));
  return value.map(({ id, url, description, createdAt }) => ({ id, title: url, note: description, at: createdAt })).filter(({ title, note }) => `${title} ${note}`.toLowerCase().includes(q.toLowerCase()));
}

/** Those that are not to be called, and any whole number, whether it is or was on the list or not. */
async function numbers(q: string, signal: AbortSignal) {
  const { value } = await ask(() => client.GET('/auto-calling/do-not-call', { signal, params: { query: { limit: LIMIT, ...(q === '' ? {} : { q }) } } }));
  const listed = value.data.map(({ id, phone, addedBy, addedAt }) => ({ id, title: phone == null ? id : grouped(phone), note: addedBy, at: addedAt }));
  if (listed.length > 0 || q.replaceAll(/\D/gu, '').length < NUMBER_LEN) return listed;
  const { value: known } = await ask(() => client.GET('/auto-calling/do-not-call/check', { signal, params: { query: { phone: q } } }));
  return [{ id: known.numberId, title: grouped(known.phone), note: '', at: null }];
}

async function held(q: string, signal: AbortSignal) {
  const { value } = await ask(() => client.GET('/calls/quarantine', { signal, params: { query: { limit: LIMIT, ...(q === '' ? {} : { sessionId: q }) } } }));
  return value.map(({ id, sessionId, heldAt }) => ({ id, title: sessionId, note: id, at: heldAt }));
}

/** Who was refused is told by the day, whether anybody was or not. */
function days(q: string): Promise<readonly FoundOne[]> {
  const all = Array.from({ length: LIMIT }, (_, back) => new Date(Date.now() - back * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length));
  return Promise.resolve(all.filter((day) => day.includes(q)).map((day) => ({ id: day, title: day, note: '', at: null })));
}

/** What is shown or taken out as a whole has no list: there are these. */
function exports(q: string): Promise<readonly FoundOne[]> {
  return Promise.resolve(EXPORTS.map((id) => ({ id, title: words.t(`audit.exports.${id}`), note: id, at: null })).filter(({ title, note }) => `${title} ${note}`.toLowerCase().includes(q.toLowerCase())));
}

/** There is one of them. */
function own(): Promise<readonly FoundOne[]> {
  return Promise.resolve([{ id: 'organization', title: words.t('audit.kinds.settings'), note: '', at: null }]);
}

async function exchange(q: string, signal: AbortSignal) {
  const { value } = await ask(() => client.GET('/kerio/calls', { signal, params: { query: { limit: LIMIT, ...(q === '' ? {} : { number: q }) } } }));
  return value.map(({ callId, fromNumber, toNumber, direction, startTime }) => ({ id: callId, title: `${grouped(fromNumber)} → ${grouped(toNumber)}`, note: direction, at: startTime }));
}
