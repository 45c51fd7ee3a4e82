// A workbook whose contacts are to be called: it is imported as among contacts, then all of its contacts join the campaign.


import { notify } from '../../parts/notices';
import { useTime } from '../../parts/time';
import { useWhy } from '../../parts/why';
import { Importer, type Imported } from '../contacts/importer';
import { useWords } from '../../words';
import { idsOf, useAdding } from './adding';
import type { Campaign } from './data';

export function Importing({ campaign, close }: { readonly campaign: Campaign; readonly close: () => void }) {
  const t = useWords();
  const { number } = useTime();
  const why = useWhy();
  const add = useAdding(campaign.id, () => undefined);
  const join = (imported: Imported) => {
    // Contacts that were known before are told row by row, and of rows only so many.
    const known = imported.rows.filter(({ outcome }) => outcome === 'skipped' || outcome === 'updated');
    const missing = imported.skipped + imported.updated - known.length;
    if (missing > 0) notify('bad', t('choosing.importPartly', { missing: number(missing) }));
    add.mutate(async () => {
      const made = imported.importId == null ? [] : await idsOf({ importId: imported.importId });
      return [...made, ...known.flatMap(({ contactId }) => (contactId == null ? [] : [contactId]))];
    }, { onError: (thrown) => notify('bad', t('campaigns.error', { text: why(thrown) }), thrown) });
  };
  return <Importer title={t('choosing.importTitle')} close={close} imported={join} />;
}
