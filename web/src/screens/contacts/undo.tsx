// Undoing an import: the contacts that it made go, save those that are in use by now.

import { useState } from 'react';

import { ask, client } from '../../api/client';
import { useCommand } from '../../api/command';
import { Confirm } from '../../parts/dialog';
import { notify } from '../../parts/notices';
import { useTime } from '../../parts/time';
import { useWhy } from '../../parts/why';
import { useWords } from '../../words';
import { changed } from './data';

export function Undo({ id }: { readonly id: string }) {
  const t = useWords();
  const { number } = useTime();
  const why = useWhy();
  const [asking, question] = useState(false);
  const undo = useCommand({
    mutationFn: () => ask(() => client.DELETE('/auto-calling/imports/{id}', { params: { path: { id } } })),
    onSuccess: ({ value: { removed, kept } }) => {
      changed();
      notify('good', t('imports.undone', { removed: number(removed), kept: number(kept.changed + kept.inCampaign + kept.called) }));
    },
    onError: (thrown) => notify('bad', t('imports.error', { text: why(thrown) }), thrown),
    onSettled: () => question(false),
  });
  return (
    <>
      <button type="button" className="button small danger" disabled={undo.isPending || undo.isSuccess} onClick={() => question(true)}>{t('imports.undo')}</button>
      {asking && <Confirm title={t('imports.undoTitle')} text={t('imports.undoText')} action={t('imports.undo')} busy={undo.isPending} confirm={() => undo.mutate()} close={() => question(false)} />}
    </>
  );
}
