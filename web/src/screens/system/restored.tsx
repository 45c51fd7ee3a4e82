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

export function Restored({ of: { position, takenAt } }: { readonly of: NonNullable<Status['restored']> }) {
  const t = useWords();
  const { number, full } = useTime();
  const [asked, question] = useState(false);
  return (
    <section className="card stack" role="alert" aria-label={t('system.restored.title')}>
      <h2>{t('system.restored.title')}</h2>
      <p>{t('system.restored.text', { position: number(position), time: full(takenAt) })}</p>
      <div className="row"><button type="button" className="button" onClick={() => question(true)}>{t('system.restored.action')}</button></div>
      {asked && <Confirmation close={() => question(false)} />}
    </section>
  );
}

function Confirmation({ close }: { readonly close: () => void }) {
  const t = useWords();
  const why = useWhy();
  const queries = useQueryClient();
  const confirm = useCommand({
    mutationFn: () => ask(() => client.POST('/restore/confirm')),
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
      text={t('system.restored.confirmText')}
      action={t('system.restored.action')}
      busy={confirm.isPending}
      confirm={() => confirm.mutate()}
      close={close}
    />
  );
}
