// One report in quarantine, word for word, and what can be done about it: store it in a session, or give it up.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';

import { ask, client } from '../../api/client';
import { useCommand } from '../../api/command';
import { Problem } from '../../api/problem';
import { AuditLink } from '../../parts/audit-link';
import { Badge } from '../../parts/badge';
import { Dialog } from '../../parts/dialog';
import { notify } from '../../parts/notices';
import { Failed, Loading } from '../../parts/states';
import { Time } from '../../parts/time';
import { Wrong } from '../../parts/wrong';
import { useWords } from '../../words';
import { type Held, keys, useHeld } from './data';
import { Reason } from './quarantine';

const COLOURS = { held: 'busy', bound: 'success', discarded: 'pending' } as const;
const SUGGESTED_MAX = 20;

interface HeldReportProps {
  readonly id: string;
  readonly close: () => void;
}

export function HeldReport({ id, close }: HeldReportProps) {
  const t = useWords();
  const read = useHeld(id);
  const held = read.data?.value;
  return (
    <Dialog title={t('quarantine.report')} close={close} wide>
      {held === undefined
        ? read.error === null ? <Loading /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />
        : (
          <>
            <Facts held={held} />
            <div className="row"><AuditLink kind="quarantine" id={held.id} /></div>
            <h3>{t('quarantine.raw')}</h3>
            <pre className="raw" tabIndex={0}>{JSON.stringify(held.report, null, 2)}</pre>
            {held.state === 'held' && <Settling held={held} close={close} />}
          </>
        )}
    </Dialog>
  );
}

function Facts({ held }: { readonly held: Held }) {
  const t = useWords();
  return (
    <dl className="facts">
      <div><dt>{t('quarantine.state')}</dt><dd><Badge status={COLOURS[held.state]} text={t(`quarantine.states.${held.state}`)} /></dd></div>
      <div><dt>{t('quarantine.session')}</dt><dd className="mono">{held.sessionId}</dd></div>
      <div><dt>{t('quarantine.reason')}</dt><dd><Reason reason={held.reason} /></dd></div>
      <div><dt>{t('quarantine.heldAt')}</dt><dd><Time at={held.heldAt} /></dd></div>
      {held.settledAt != null && <div><dt>{t('quarantine.settledAt')}</dt><dd><Time at={held.settledAt} /></dd></div>}
      {held.boundTo != null && <div><dt>{t('quarantine.boundTo')}</dt><dd className="mono">{held.boundTo}</dd></div>}
      {held.discardReason != null && <div><dt>{t('quarantine.discardReason')}</dt><dd>{held.discardReason}</dd></div>}
    </dl>
  );
}

function Settling({ held, close }: { readonly held: Held; readonly close: () => void }) {
  const t = useWords();
  const settle = useSettling(held, close);
  return (
    <div className="stack settling">
      <Bind busy={settle.isPending} bind={(session) => settle.mutate({ bind: session })} />
      <Discard busy={settle.isPending} discard={(reason) => settle.mutate({ discard: reason })} />
      <button type="button" className="button" disabled={settle.isPending} onClick={() => settle.mutate('replay')}>{t('quarantine.replay')}</button>
      <Wrong thrown={settle.error} say={(text) => t('system.fault', { text })} />
    </div>
  );
}

type Settlement = 'replay' | { readonly bind: string } | { readonly discard: string };

function useSettling(held: Held, close: () => void) {
  const t = useWords();
  const queries = useQueryClient();
  const params = { path: { id: held.id } };
  return useCommand({
    /** The session that it was placed in, if it was. */
    mutationFn: async (how: Settlement): Promise<string | undefined> => {
      if (how === 'replay') return (await ask(() => client.POST('/calls/quarantine/{id}/replay', { params }))).value.boundTo;
      if ('bind' in how) return (await ask(() => client.POST('/calls/quarantine/{id}/bind', { params, body: { sessionId: how.bind } }))).value.boundTo;
      await ask(() => client.POST('/calls/quarantine/{id}/discard', { params, body: how.discard === '' ? {} : { reason: how.discard } }));
      return undefined;
    },
    onSuccess: (session) => {
      notify('good', session === undefined ? t('quarantine.discardedNotice') : t('quarantine.boundNotice', { session }));
      void queries.invalidateQueries({ queryKey: keys.quarantine });
      close();
    },
  });
}

function Bind({ busy, bind }: { readonly busy: boolean; readonly bind: (session: string) => void }) {
  const t = useWords();
  const [field, list] = [useId(), useId()];
  const latest = useQuery({
    queryKey: [...keys.quarantine, 'sessions'],
    queryFn: ({ signal }) => ask(() => client.GET('/calls/sessions/all', { signal, params: { query: { limit: SUGGESTED_MAX } } })),
  });
  return (
    <form className="one-line" onSubmit={(event) => {
      event.preventDefault();
      const session = new FormData(event.currentTarget).get('session');
      if (typeof session === 'string') bind(session.trim());
    }}
    >
      <label htmlFor={field}>{t('quarantine.bindTo')}</label>
      <input id={field} name="session" list={list} required maxLength={100} autoComplete="off" spellCheck={false} className="mono" />
      <datalist id={list}>{latest.data?.value.map(({ sessionId }) => <option key={sessionId} value={sessionId} />)}</datalist>
      <button type="submit" className="button primary" disabled={busy}>{t('quarantine.bind')}</button>
    </form>
  );
}

function Discard({ busy, discard }: { readonly busy: boolean; readonly discard: (reason: string) => void }) {
  const t = useWords();
  const field = useId();
  return (
    <form className="one-line" onSubmit={(event) => {
      event.preventDefault();
      const reason = new FormData(event.currentTarget).get('reason');
      discard(typeof reason === 'string' ? reason.trim() : '');
    }}
    >
      <label htmlFor={field}>{t('quarantine.discardWhy')}</label>
      <input id={field} name="reason" maxLength={200} autoComplete="off" />
      <button type="submit" className="button danger" disabled={busy}>{t('quarantine.discard')}</button>
    </form>
  );
}
