// What can be done about a session that goes on: have the call server stop, or close it with what there is.

import { useState } from 'react';

import { ask, client } from '../../api/client';
import { useCommand } from '../../api/command';
import { atLeast, usePerson } from '../../app/session';
import { Confirm } from '../../parts/dialog';
import { Icon } from '../../parts/icon';
import { notify } from '../../parts/notices';
import { useWhy } from '../../parts/why';
import { useWords } from '../../words';
import { changed, type Session } from './data';

export function Actions({ session }: { readonly session: Session }) {
  const t = useWords();
  const may = atLeast(usePerson(), 'operator');
  const [asking, question] = useState(false);
  const params = { path: { id: session.sessionId } };
  const why = useWhy();
  const told = (thrown: Error) => notify('bad', t('sessions.error', { text: why(thrown) }), thrown);
  const stop = useCommand({ mutationFn: () => ask(() => client.POST('/calls/session/{id}/stop', { params })), onSuccess: changed, onError: told });
  const close = useCommand({
    mutationFn: () => ask(() => client.POST('/calls/session/{id}/close', { params })),
    onSuccess: changed,
    onError: told,
    onSettled: () => question(false),
  });
  if (!may || session.isCompleted) return null;
  return (
    <div className="row">
      <button type="button" className="button" disabled={stop.isPending} onClick={() => stop.mutate()}><Icon name="stop" />{t('sessions.stop')}</button>
      <button type="button" className="button danger" onClick={() => question(true)}>{t('sessions.close')}</button>
      {asking && (
        <Confirm title={t('sessions.closeTitle')} text={t('sessions.closeText')} action={t('sessions.close')} busy={close.isPending} confirm={() => close.mutate()} close={() => question(false)} />
      )}
    </div>
  );
}
