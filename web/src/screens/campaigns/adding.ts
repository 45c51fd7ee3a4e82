// Contacts that are to join a campaign, however they were found: all that match are asked for, page by page, and sent at once.

import { type Answer, ask, client, type Schemas } from '../../api/client';
import { useCommand } from '../../api/command';
import { notify } from '../../parts/notices';
import { useTime } from '../../parts/time';
import { useWords } from '../../words';
import { changed } from './data';

/** As among contacts. */
export interface Wanted {
  readonly q?: string;
  readonly status?: string;
  readonly importId?: string;
}

const PAGE = 1_000;

export async function idsOf(wanted: Wanted): Promise<readonly string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const query = { ...wanted, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const { value } = await ask(() => client.GET('/auto-calling/contacts', { params: { query } }));
    ids.push(...value.data.map(({ id }) => id));
    cursor = value.meta.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return ids;
}

/** `ids` finds out who; nobody joins twice. */
export function useAdding(campaign: string, done: () => void) {
  const t = useWords();
  const { number } = useTime();
  return useCommand({
    mutationFn: async (ids: () => Promise<readonly string[]>): Promise<Answer<Schemas['Joined']> | undefined> => {
      const contactIds = [...new Set(await ids())];
      if (contactIds.length === 0) return undefined;
      return ask(() => client.POST('/auto-calling/campaigns/{id}/contacts', { params: { path: { id: campaign } }, body: { contactIds } }));
    },
    onSuccess: (answer) => {
      if (answer !== undefined) notify('good', t('choosing.added', { added: number(answer.value.added), there: number(answer.value.alreadyThere) }));
      changed(campaign);
      done();
    },
  });
}
