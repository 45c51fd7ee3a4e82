// What a campaign came to so far: contacts, calls, promises, who is held back and by what, hour by hour.


import { download, type Schemas } from '../../api/client';
import { Problem } from '../../api/problem';
import { Chart } from '../../parts/chart';
import { Icon } from '../../parts/icon';
import { Shares } from '../../parts/shares';
import { useSpan } from '../../parts/span';
import { TARGET_STATUSES, useSpelled } from '../../parts/standing';
import { Failed, Loading, Stale } from '../../parts/states';
import { Time, useTime } from '../../parts/time';
import { useWords } from '../../words';
import { type Campaign, useReport } from './data';

type Told = Schemas['CampaignReport'];

const FINAL = TARGET_STATUSES.filter((status) => status !== 'PENDING' && status !== 'CALLING');

export function Report({ campaign }: { readonly campaign: Campaign }) {
  const read = useReport(campaign.id);
  if (read.data === undefined) return read.error === null ? <Loading rows={8} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />;
  const told = read.data.value;
  return (
    <div className="stack">
      <Stale behind={read.data.behind} since={read.error === null ? undefined : read.dataUpdatedAt} />
      <div className="halves">
        <Calls told={told} />
        <Contacts told={told} />
        <Promises promises={told.promises} />
        <Rules told={told} />
      </div>
      <Course campaign={campaign} hours={told.hours} />
    </div>
  );
}

function Calls({ told: { calls, attempts } }: { readonly told: Told }) {
  const t = useWords();
  const { number } = useTime();
  const span = useSpan();
  const often = attempts.filter((one) => one.contacts > 0);
  return (
    <section className="card stack">
      <h2>{t('report.calls')}</h2>
      <dl className="figures">
        <div><dt>{t('report.calls')}</dt><dd>{number(calls.total)}</dd></div>
        <div><dt>{t('report.conversations')}</dt><dd>{number(calls.conversations)}</dd></div>
        <div><dt>{t('report.successes')}</dt><dd className="is-good">{number(calls.successes)}</dd></div>
      </dl>
      <dl className="pairs">
        <div><dt>{t('report.talk')}</dt><dd>{span(calls.talkSeconds)}</dd></div>
        <div><dt>{t('report.average')}</dt><dd>{calls.averageTalkSeconds == null ? '-' : span(calls.averageTalkSeconds)}</dd></div>
        <div><dt>{t('report.first')}</dt><dd><Time at={calls.firstCallAt} /></dd></div>
        <div><dt>{t('report.last')}</dt><dd><Time at={calls.lastCallAt} /></dd></div>
      </dl>
      {often.length > 0 && (
        <>
          <h3>{t('report.attempts')}</h3>
          <Shares label={t('report.attempts')} shares={often.map((one) => ({ key: `times-${one.attempts}`, text: t('report.times', { times: number(one.attempts) }), count: one.contacts }))} />
        </>
      )}
    </section>
  );
}

function Contacts({ told: { contacts } }: { readonly told: Told }) {
  const t = useWords();
  const { number } = useTime();
  const spelled = useSpelled();
  const reasons = Object.entries(contacts.byReason).filter(([, count]) => count > 0);
  return (
    <section className="card stack">
      <h2>{t('report.outcomes')}</h2>
      <dl className="figures">
        <div><dt>{t('report.contacts')}</dt><dd>{number(contacts.total)}</dd></div>
        <div><dt>{t('report.called')}</dt><dd>{number(contacts.called)}</dd></div>
        <div><dt>{t('report.waiting')}</dt><dd>{number(contacts.waiting)}</dd></div>
        <div><dt>{t('report.skipped')}</dt><dd>{number(contacts.skipped)}</dd></div>
      </dl>
      <Shares label={t('report.outcomes')} shares={FINAL.map((key) => ({ key, text: t(`calling.status.${key}`), count: contacts.byStatus[key] ?? 0 }))} />
      {reasons.length > 0 && (
        <>
          <h3>{t('report.reasons')}</h3>
          <dl className="pairs">{reasons.map(([reason, count]) => <div key={reason}><dt>{spelled.reason(reason)}</dt><dd>{number(count)}</dd></div>)}</dl>
        </>
      )}
    </section>
  );
}

function Promises({ promises }: { readonly promises: Told['promises'] }) {
  const t = useWords();
  const { number } = useTime();
  const statuses = ['OPEN', 'KEPT', 'BROKEN', 'SUPERSEDED', 'WITHDRAWN'] as const;
  return (
    <section className="card stack">
      <h2>{t('report.promises')}</h2>
      <dl className="figures">
        <div><dt>{t('report.promises')}</dt><dd>{number(promises.count)}</dd></div>
        <div><dt>{t('report.promised')}</dt><dd>{number(promises.amount)}</dd></div>
        <div><dt>{t('report.paid')}</dt><dd className="is-good">{number(promises.paidAmount)}</dd></div>
        <div><dt>{t('report.kept')}</dt><dd>{promises.fulfilmentPercentage == null ? '-' : `${promises.fulfilmentPercentage}%`}</dd></div>
      </dl>
      <Shares label={t('report.promises')} shares={statuses.map((key) => ({ key, text: t(`calling.promise.${key}`), count: promises.byStatus[key]?.count ?? 0 }))} />
    </section>
  );
}

function Rules({ told: { skipped, deferred } }: { readonly told: Told }) {
  const t = useWords();
  const { number } = useTime();
  const spelled = useSpelled();
  const rules = [...skipped, ...deferred];
  return (
    <section className="card stack">
      <h2>{t('report.rules')}</h2>
      {rules.length === 0
        ? <p className="soft">{t('report.noRules')}</p>
        : <dl className="pairs">{rules.map(({ rule, contacts }) => <div key={rule}><dt>{spelled.rule(rule)}</dt><dd>{number(contacts)}</dd></div>)}</dl>}
    </section>
  );
}

function Course({ campaign, hours }: { readonly campaign: Campaign; readonly hours: Told['hours'] }) {
  const t = useWords();
  const { full, number } = useTime();
  const [first, last] = [hours[0], hours.at(-1)];
  const total = (of: (hour: Told['hours'][number]) => number) => hours.reduce((sum, hour) => sum + of(hour), 0);
  const series = [
    { text: t('campaigns.series.calls'), colour: 'soft', values: hours.map(({ calls }) => calls) },
    { text: t('campaigns.series.talks'), colour: 'brass', values: hours.map(({ conversations }) => conversations) },
    { text: t('campaigns.series.wins'), colour: 'good', values: hours.map(({ successes }) => successes) },
  ];
  return (
    <section className="card stack">
      {first === undefined || last === undefined || hours.length < 2
        ? <><h2>{t('report.course')}</h2><p className="soft">{t('report.tooFew')}</p></>
        : (
          <Chart
            label={t('report.course')}
            summary={`${full(first.begin)} – ${full(last.begin)}. ${t('campaigns.series.calls')}: ${number(total(({ calls }) => calls))}.`}
            across={t('report.course')}
            times={hours.map(({ begin }) => Date.parse(begin) / 1_000)}
            series={series}
          />
        )}
      <div className="row">
        <button type="button" className="button small" onClick={() => void download(`/auto-calling/campaigns/${campaign.id}/report?format=csv`, `campaign-${campaign.id}.csv`)}>
          <Icon name="download" />
          {t('report.download')}
        </button>
      </div>
    </section>
  );
}
