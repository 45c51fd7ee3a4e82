// A contact as somebody writes it: texts alone, of which what is empty is left out or taken away.

import type { Contact } from './data';

export interface Draft {
  readonly firstName: string;
  readonly lastName: string;
  readonly phone: string;
  readonly dateOfBirth: string;
  readonly timezone: string;
  /** JSON. */
  readonly customData: string;
  readonly notes: string;
}

export const FIRST: Draft = { firstName: '', lastName: '', phone: '', dateOfBirth: '', timezone: '', customData: '', notes: '' };

export function draftOf(contact: Contact): Draft {
  const { firstName, lastName, phone } = contact;
  return {
    firstName,
    lastName,
    phone,
    dateOfBirth: contact.dateOfBirth ?? '',
    timezone: contact.timezone ?? '',
    customData: contact.customData == null ? '' : JSON.stringify(contact.customData, null, 2),
    notes: contact.notes ?? '',
  };
}

/** Throws where the custom data is no JSON. */
export function written(draft: Draft) {
  const orNone = (text: string) => (text.trim() === '' ? null : text.trim());
  return {
    firstName: draft.firstName.trim(),
    lastName: draft.lastName.trim(),
    phone: draft.phone.trim(),
    dateOfBirth: orNone(draft.dateOfBirth),
    timezone: orNone(draft.timezone),
    customData: draft.customData.trim() === '' ? null : (JSON.parse(draft.customData) as Record<string, unknown>),
    notes: orNone(draft.notes),
  };
}

/** What is not as it was before; nothing else is sent. */
export function changes(before: Draft, after: Draft): Partial<ReturnType<typeof written>> {
  const names = new Set(Object.keys(before).filter((name) => before[name as keyof Draft] !== after[name as keyof Draft]));
  return Object.fromEntries(Object.entries(written(after)).filter(([name]) => names.has(name)));
}
