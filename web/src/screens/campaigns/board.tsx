// What happens now: what calls came to, at which hours, and everybody in the campaign as they stand this moment.


import { Problem } from '../../api/problem';
import { Shares } from '../../parts/shares';
import { TARGET_STATUSES } from '../../parts/standing';
import { Failed, Loading } from '../../parts/states';
import { useWords } from '../../words';
import { type Campaign, useReport } from './data';
import { Hours } from './hours';
import { People } from './people';

const OUTCOMES = TARGET_STATUSES.filter((status) => status !== 'PENDING' && status !== 'CALLING');

export function Board({ campaign }: { readonly campaign: Campaign }) {
  return (
    <div className="stack">
      {campaign.attempts > 0 && <Outcomes campaign={campaign} />}
      <People campaign={campaign} />
    </div>
  );
}

function Outcomes({ campaign }: { readonly campaign: Campaign }) {
  const t = useWords();
  const read = useReport(campaign.id);
  if (read.data === undefined) return read.error === null ? <Loading rows={4} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />;
  const { calls, hoursOfDay, timezone } = read.data.value;
  return (
    <div className="columns">
      <section className="card stack">
        <h2>{t('campaigns.outcomes')}</h2>
        <Shares label={t('campaigns.outcomes')} shares={OUTCOMES.map((key) => ({ key, text: t(`calling.status.${key}`), count: calls.byStatus[key] ?? 0 }))} />
      </section>
      <section className="card stack">
        <Hours hours={hoursOfDay} zone={timezone} />
      </section>
    </div>
  );
}
