// One session: how far it is, what came of its calls, and over what time.

import './sessions.css';

import { Link, useParams } from '@tanstack/react-router';
import { memo, useMemo } from 'react';

import { Problem } from '../../api/problem';
import { AuditLink } from '../../parts/audit-link';
import { SessionBadge, Simulated } from '../../parts/badge';
import { useCalm } from '../../parts/calm';
import { Chart } from '../../parts/chart';
import { Heading } from '../../parts/heading';
import { Icon } from '../../parts/icon';
import { notify } from '../../parts/notices';
import { Progress } from '../../parts/progress';
import { Shares } from '../../parts/shares';
import { Failed, Loading, Stale } from '../../parts/states';
import { Time, useTime } from '../../parts/time';
import { useWords } from '../../words';
import { Actions } from './actions';
import { type Result, type Session, useResultNews, useResults, useSession, useSessionNews } from './data';
import { Lasted } from './lasted';
import { outcomes } from './outcomes';
import { Results } from './results';

/** Between two drawings of a chart while calls come in. */
const CHART_MS = 1_000;

export function SessionScreen() {
  const t = useWords();
  const { id } = useParams({ from: '/sessions/$id' });
  const read = useSession(id);
  useSessionNews((session) => {
    if (session.sessionId !== id) return;
    if (session.hasError) notify('bad', t('sessions.error', { text: session.errorMessage ?? '' }));
    else notify('good', t('sessions.endedNotice'));
  });
  useResultNews(id);
  return (
    <div className="stack">
      <Link to="/sessions" className="back"><Icon name="back" />{t('sessions.back')}</Link>
      {read.data === undefined
        ? read.error === null ? <Loading rows={8} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />
        : <Shown session={read.data.value} mark={<Stale behind={read.data.behind} since={read.error === null ? undefined : read.dataUpdatedAt} />} />}
    </div>
  );
}

function Shown({ session, mark }: { readonly session: Session; readonly mark: React.ReactNode }) {
  const t = useWords();
  const results = useResults(session.sessionId, {});
  const pages = results.data?.pages;
  const all = useMemo(() => pages?.flatMap(({ value }) => value) ?? [], [pages]);
  const calm = useCalm(all, CHART_MS);
  return (
    <>
      <header className="row spread">
        <div className="row">
          <Heading><span className="soft">{t('sessions.session')}</span> <span className="mono">{session.sessionId}</span></Heading>
          <SessionBadge status={session.status} />
          {session.simulated === true && <Simulated />}
          {mark}
        </div>
        <div className="row">
          <AuditLink kind="session" id={session.sessionId} />
          <Actions session={session} />
        </div>
      </header>
      <section className="card stack">
        <Progress percent={session.progressPercentage} status={session.status} label={t('sessions.columns.progress')} />
        <Figures session={session} />
        {session.errorMessage != null && <p className="wrong"><strong>{t('sessions.fault')}</strong> {session.errorMessage}</p>}
        {session.remoteResponse != null && session.remoteResponse !== '' && <p><strong>{t('sessions.response')}</strong> <span className="mono">{session.remoteResponse}</span></p>}
      </section>
      <div className="columns">
        <section className="card">
          {pages === undefined ? <NoCourse error={results.error} again={() => void results.refetch()} /> : <Course results={calm} />}
        </section>
        <section className="card stack">
          <h2>{t('sessions.shares')}</h2>
          <Parts session={session} />
        </section>
      </div>
      <Results id={session.sessionId} />
    </>
  );
}

function Figures({ session }: { readonly session: Session }) {
  const t = useWords();
  const { number } = useTime();
  return (
    <dl className="figures">
      <div><dt>{t('sessions.total')}</dt><dd>{number(session.totalNumbers)}</dd></div>
      <div><dt>{t('sessions.processed')}</dt><dd>{number(session.processedNumbers)}</dd></div>
      <div><dt>{t('sessions.connected')}</dt><dd className="is-good">{number(session.connectedCalls)}</dd></div>
      <div><dt>{t('sessions.failed')}</dt><dd className="is-bad">{number(session.failedCalls)}</dd></div>
      {session.unlistedResults > 0 && <div><dt>{t('sessions.unlisted')}</dt><dd>{number(session.unlistedResults)}</dd></div>}
      {session.unreportedNumbers > 0 && <div><dt>{t('sessions.unreported')}</dt><dd>{number(session.unreportedNumbers)}</dd></div>}
      <div><dt>{t('sessions.duration')}</dt><dd><Lasted session={session} /></dd></div>
      <div><dt>{t('sessions.time')}</dt><dd className="small"><Time at={session.createdAt} /></dd></div>
    </dl>
  );
}

/** Whose results are on their way, or could not be had: that there are few of them is not known then. */
function NoCourse({ error, again }: { readonly error: Error | null; readonly again: () => void }) {
  const t = useWords();
  return (
    <>
      <h2>{t('sessions.chartTitle')}</h2>
      {error === null ? <Loading rows={3} /> : <Failed problem={Problem.from(error)} retry={again} />}
    </>
  );
}

const Course = memo(function Course({ results }: { readonly results: readonly Result[] }) {
  const t = useWords();
  const { number, full } = useTime();
  const { times, connected, failed } = useMemo(() => outcomes(results), [results]);
  const [first, last] = [times[0], times.at(-1)];
  if (times.length < 2 || first === undefined || last === undefined) {
    return (
      <>
        <h2>{t('sessions.chartTitle')}</h2>
        <p className="soft">{t('sessions.tooFew')}</p>
      </>
    );
  }
  const told = `${full(first * 1_000)} – ${full(last * 1_000)}. ${t('sessions.answered')} ${number(connected.at(-1) ?? 0)}. ${t('sessions.unanswered')} ${number(failed.at(-1) ?? 0)}.`;
  return (
    <Chart
      label={t('sessions.chartTitle')}
      summary={told}
      across={t('sessions.columns.time')}
      times={times}
      series={[
        { text: t('sessions.seriesConnected'), colour: 'good', values: connected },
        { text: t('sessions.seriesFailed'), colour: 'bad', values: failed },
      ]}
    />
  );
});

const STATUSES = ['ANSWERED', 'CONNECTED_TO_OPERATOR', 'NO_ANSWER', 'BUSY', 'REJECTED', 'FAILED', 'INVALID_NUMBER', 'NETWORK_ERROR'] as const;

function Parts({ session }: { readonly session: Session }) {
  const t = useWords();
  const counts: Readonly<Record<string, number>> = session.byStatus;
  return <Shares label={t('sessions.shares')} shares={STATUSES.map((key) => ({ key, text: t(`parts.call.${key}`), count: counts[key] ?? 0 }))} />;
}
