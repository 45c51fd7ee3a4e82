// That the engine stands on a restored backup and dials nobody, until somebody who looked says that it may.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { ask, client } from '../../api/client';
import { useCommand } from '../../api/command';
import { Confirm } from '../../parts/dialog';
import { notify } from '../../parts/notices';
import { useTime } from '../../parts/time';
import { useWhy } from '../../parts/why';
import { useWords } from '../../words';
import { keys, type Status } from './data';

export function Restored({ of: { position, takenAt, forgottenApplied } }: { readonly of: NonNullable<Status['restored']> }) {
  const t = useWords();
  const { number, full } = useTime();
  const [asked, question] = useState(false);
  return (
    <section className="card stack" role="alert" aria-label={t('system.restored.title')}>
      <h2>{t('system.restored.title')}</h2>
      <p>{t('system.restored.text', { position: number(position), time: full(takenAt) })}</p>
      <p>{t(forgottenApplied ? 'system.restored.applied' : 'system.restored.unapplied')}</p>
      <div className="row"><button type="button" className="button" onClick={() => question(true)}>{t('system.restored.action')}</button></div>
      {asked && <Confirmation applied={forgottenApplied} close={() => question(false)} />}
    </section>
  );
}

/** Where no list of the forgotten was applied, whoever confirms says that there is nobody on it. */
function Confirmation({ applied, close }: { readonly applied: boolean; readonly close: () => void }) {
  const t = useWords();
  const why = useWhy();
  const queries = useQueryClient();
  const confirm = useCommand({
    mutationFn: () => ask(() => client.POST('/restore/confirm', { body: { nobodyWasForgotten: !applied } })),
    onSuccess: () => {
      notify('good', t('system.restored.done'));
      return queries.invalidateQueries({ queryKey: keys.status });
    },
    onError: (thrown: Error) => notify('bad', t('system.fault', { text: why(thrown) }), thrown),
    onSettled: close,
  });
  return (
    <Confirm
      title={t('system.restored.confirmTitle')}
      text={applied ? t('system.restored.confirmText') : `${t('system.restored.nobody')} ${t('system.restored.confirmText')}`}
      action={t('system.restored.action')}
      busy={confirm.isPending}
      confirm={() => confirm.mutate()}
      close={close}
    />
  );
}
