// Where audit is: choosing what to look at, and each object with the moment that is looked back to.

import { createRoute } from '@tanstack/react-router';

import { root } from '../../app/root';
import { screen } from '../../app/screen';
import type { AuditKind } from '../../parts/audit-link';

export const KINDS = ['session', 'call', 'campaign', 'contact', 'list', 'import', 'user', 'key', 'pbx-call', 'number', 'quarantine', 'denied', 'webhook-endpoint', 'settings', 'export'] as const satisfies readonly AuditKind[];

export interface FindSearch {
  readonly kind?: AuditKind;
  readonly q?: string;
}

export interface AuditSearch {
  /** A position of the journal, or a time. */
  readonly at?: string;
  /** What lies beneath it is told as well. */
  readonly all?: true;
}

function text(given: unknown): string | undefined {
  // A position comes out of an address as a number.
  const value = typeof given === 'number' ? String(given) : given;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function find(given: Record<string, unknown>): FindSearch {
  const [kind, q] = [KINDS.find((known) => known === given['kind']), text(given['q'])];
  return { ...(kind === undefined ? {} : { kind }), ...(q === undefined ? {} : { q }) };
}

function moment(given: Record<string, unknown>): AuditSearch {
  const at = text(given['at']);
  return { ...(at === undefined ? {} : { at }), ...(given['all'] === true ? { all: true } : {}) };
}

export const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: find,
  component: screen(() => import('./screen'), 'Screen'),
});

export const audited = createRoute({
  getParentRoute: () => root,
  path: '/audit/$kind/$id',
  validateSearch: moment,
  component: screen(() => import('./audited'), 'Audited'),
});
