// What would happen if the campaign started now: how many are called, how many not and why, and until when. Then start it, or not.

import { ask, client, type Schemas } from '../../api/client';
import { useCommand } from '../../api/command';
import { Problem } from '../../api/problem';
import { Dialog } from '../../parts/dialog';
import { Icon } from '../../parts/icon';
import { notify } from '../../parts/notices';
import { useSpelled } from '../../parts/standing';
import { Failed, Loading } from '../../parts/states';
import { Time, useTime } from '../../parts/time';
import { Wrong } from '../../parts/wrong';
import { useWords } from '../../words';
import { type Campaign, changed, usePreflight } from './data';

interface PreflightProps {
  readonly campaign: Campaign;
  readonly close: () => void;
}

export function Preflight({ campaign, close }: PreflightProps) {
  const t = useWords();
  const read = usePreflight(campaign.id);
  const start = useStart(campaign.id, close);
  const runs = campaign.status === 'RUNNING';
  return (
    <Dialog
      title={t('flight.title')}
      close={close}
      actions={
        <>
          <button type="button" className="button" onClick={close}>{t('parts.close')}</button>
          {!runs && (
            <button type="button" className="button primary" disabled={start.isPending} onClick={() => start.mutate()}>
              <Icon name="play" />
              {start.isPending ? t('campaigns.starting') : t('campaigns.start')}
            </button>
          )}
        </>
      }
    >
      {read.data === undefined
        ? read.error === null ? <Loading rows={4} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />
        : <Told flight={read.data.value} total={campaign.totalContacts} />}
      {start.error !== null && <Wrong thrown={start.error} say={(text) => t('campaigns.error', { text })} />}
    </Dialog>
  );
}

function useStart(id: string, close: () => void) {
  const t = useWords();
  return useCommand({
    mutationFn: () => ask(() => client.POST('/auto-calling/campaigns/{id}/start', { params: { path: { id }, query: {} } })),
    onSuccess: () => {
      notify('good', t('campaigns.startedNotice'));
      close();
    },
    onSettled: () => changed(id),
  });
}

function Told({ flight, total }: { readonly flight: Schemas['CampaignPreflight']; readonly total: number }) {
  const t = useWords();
  const { number } = useTime();
  const deferred = counted(flight.deferred);
  const skipped = counted(flight.skipped);
  return (
    <>
      <dl className="figures">
        <div><dt>{t('flight.callable')}</dt><dd className="is-good">{number(flight.callable)}</dd></div>
        <div><dt>{t('flight.deferred')}</dt><dd>{number(sum(deferred))}</dd></div>
        <div><dt>{t('flight.skipped')}</dt><dd className="is-bad">{number(sum(skipped))}</dd></div>
        {flight.calling > 0 && <div><dt>{t('flight.calling')}</dt><dd>{number(flight.calling)}</dd></div>}
        {flight.over > 0 && <div><dt>{t('flight.over')}</dt><dd>{number(flight.over)}</dd></div>}
      </dl>
      <dl className="pairs">
        <div><dt>{t('flight.next')}</dt><dd><Time at={flight.nextEligibleAt} /></dd></div>
        <div><dt>{t('flight.ends')}</dt><dd><Time at={flight.endsAt} /></dd></div>
      </dl>
      <Rules title={t('flight.deferredBy')} rules={deferred} />
      <Rules title={t('flight.skippedBy')} rules={skipped} />
      <p className="soft">
        {t('flight.noted', { secs: number(flight.callSecs) })}
        {flight.lookedAt < total - flight.over && ` ${t('flight.partly', { shown: number(flight.lookedAt) })}`}
      </p>
    </>
  );
}

type Counted = readonly (readonly [rule: string, contacts: number])[];

function Rules({ title, rules }: { readonly title: string; readonly rules: Counted }) {
  const { number } = useTime();
  const spelled = useSpelled();
  if (rules.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <dl className="pairs">
        {rules.map(([rule, contacts]) => <div key={rule}><dt>{spelled.rule(rule)}</dt><dd>{number(contacts)}</dd></div>)}
      </dl>
    </section>
  );
}

/** The API tells them as an object: the rule, and how many it is about. */
function counted(rules: object): Counted {
  return Object.entries(rules).flatMap(([rule, contacts]) => (typeof contacts === 'number' ? [[rule, contacts] as const] : []));
}

function sum(rules: Counted): number {
  return rules.reduce((all, [, contacts]) => all + contacts, 0);
}
