// How far a campaign is: whoever is called no more, and whoever may not be called, are behind it.

import type { Campaign } from './data';

export function percent({ calledContacts, skippedContacts, totalContacts, status }: Pick<Campaign, 'calledContacts' | 'skippedContacts' | 'totalContacts' | 'status'>): number {
  if (status === 'COMPLETED') return 100;
  return totalContacts === 0 ? 0 : Math.floor((100 * (calledContacts + skippedContacts)) / totalContacts);
}
