// What can be done about a campaign: see what would happen, start it, have it stop, go on, and take it away.

import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { ask, client } from '../../api/client';
import { useCommand } from '../../api/command';
import { queries } from '../../api/queries';
import { atLeast, usePerson } from '../../app/session';
import { Confirm } from '../../parts/dialog';
import { Icon } from '../../parts/icon';
import { notify } from '../../parts/notices';
import { useWhy } from '../../parts/why';
import { useWords } from '../../words';
import { type Campaign, changed, keys } from './data';
import { Preflight } from './preflight';

export function Actions({ campaign }: { readonly campaign: Campaign }) {
  const t = useWords();
  const may = atLeast(usePerson(), 'manager');
  const [looking, look] = useState(false);
  const [asking, question] = useState(false);
  const { stop, resume, remove } = useTurns(campaign, () => question(false));
  const { status } = campaign;
  if (!may) return <span className="soft">{t('campaigns.looksOnly')}</span>;
  return (
    <div className="row">
      {status === 'RUNNING' && (
        <button type="button" className="button" disabled={stop.isPending} onClick={() => stop.mutate()}><Icon name="stop" />{t('campaigns.stop')}</button>
      )}
      {status === 'PAUSED' && (
        <button type="button" className="button primary" disabled={resume.isPending} onClick={() => resume.mutate()}><Icon name="play" />{t('campaigns.resume')}</button>
      )}
      {status !== 'RUNNING' && status !== 'PAUSED' && (
        <button type="button" className={status === 'PENDING' ? 'button primary' : 'button'} disabled={campaign.totalContacts === 0} onClick={() => look(true)}>
          <Icon name="play" />
          {status === 'PENDING' ? t('campaigns.start') : t('campaigns.startAgain')}
        </button>
      )}
      {campaign.totalContacts > 0 && <button type="button" className="button" onClick={() => look(true)}><Icon name="check" />{t('campaigns.preflight')}</button>}
      {status !== 'RUNNING' && <button type="button" className="button danger" onClick={() => question(true)}>{t('campaigns.remove')}</button>}
      {looking && <Preflight campaign={campaign} close={() => look(false)} />}
      {asking && (
        <Confirm
          title={t('campaigns.removeTitle')}
          text={t('campaigns.removeText', { name: campaign.name })}
          action={t('campaigns.remove')}
          busy={remove.isPending}
          confirm={() => remove.mutate()}
          close={() => question(false)}
        />
      )}
    </div>
  );
}

function useTurns({ id }: Campaign, settled: () => void) {
  const t = useWords();
  const navigate = useNavigate();
  const why = useWhy();
  const params = { path: { id }, query: {} };
  const onError = (thrown: Error) => notify('bad', t('campaigns.error', { text: why(thrown) }), thrown);
  const stop = useCommand({
    mutationFn: () => ask(() => client.POST('/auto-calling/campaigns/{id}/stop', { params })),
    onSuccess: () => notify('good', t('campaigns.stoppedNotice')),
    onError,
    onSettled: () => changed(id),
  });
  const resume = useCommand({
    mutationFn: () => ask(() => client.POST('/auto-calling/campaigns/{id}/resume', { params })),
    onSuccess: () => notify('good', t('campaigns.startedNotice')),
    onError,
    onSettled: () => changed(id),
  });
  const remove = useCommand({
    mutationFn: () => ask(() => client.DELETE('/auto-calling/campaigns/{id}', { params: { path: { id } } })),
    onSuccess: async () => {
      notify('good', t('campaigns.removed'));
      await navigate({ to: '/campaigns' });
      void queries.invalidateQueries({ queryKey: keys.lists });
    },
    onError,
    onSettled: settled,
  });
  return { stop, resume, remove };
}
