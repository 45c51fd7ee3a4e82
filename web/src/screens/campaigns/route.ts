// Where campaigns are: the list, and each of them with its parts. What is looked for stands in the address, so that it can be shared.

import { createRoute } from '@tanstack/react-router';

import { root } from '../../app/root';
import { screen } from '../../app/screen';

export const PARTS = ['board', 'queue', 'report'] as const;
export type Part = (typeof PARTS)[number];

export interface CampaignsSearch {
  readonly q?: string;
  readonly status?: string;
  readonly campaignType?: string;
}

export interface CampaignSearch {
  readonly part?: Part;
  /** Of its contacts. */
  readonly status?: string;
  /** The one that is explained. */
  readonly contact?: string;
}

function text<const Name extends string>(given: Record<string, unknown>, ...names: Name[]): { readonly [Key in Name]?: string } {
  return Object.fromEntries(names.flatMap((name) => (typeof given[name] === 'string' && given[name] !== '' ? [[name, given[name]]] : []))) as { [Key in Name]?: string };
}

function part(given: unknown): { readonly part?: Part } {
  const known = PARTS.find((one) => one === given);
  return known === undefined || known === 'board' ? {} : { part: known };
}

export const campaigns = createRoute({
  getParentRoute: () => root,
  path: '/campaigns',
  validateSearch: (given: Record<string, unknown>): CampaignsSearch => text(given, 'q', 'status', 'campaignType'),
  component: screen(() => import('./screen'), 'Screen'),
});

export const campaign = createRoute({
  getParentRoute: () => root,
  path: '/campaigns/$id',
  validateSearch: (given: Record<string, unknown>): CampaignSearch => ({ ...text(given, 'status', 'contact'), ...part(given['part']) }),
  component: screen(() => import('./campaign'), 'CampaignScreen'),
});
