// Live: who rings and who talks at the exchange now, who was missed today, and whether anybody is looking.

import './live.css';


import { Problem } from '../../api/problem';
import { useActiveCalls } from '../../app/exchange';
import { Simulated } from '../../parts/badge';
import { Heading } from '../../parts/heading';
import { Failed, Loading, Say, Stale } from '../../parts/states';
import { useTime } from '../../parts/time';
import { useWords } from '../../words';
import { Calls } from './calls';
import { useMissedToday, useSeenTalking, useWatch } from './data';
import { Missed } from './missed';
import { WatchState } from './watch';

/** Calls out are told of by no push while they ring. */
const LOOK_MS = 2_000;

export function Screen() {
  const t = useWords();
  const watch = useWatch();
  const active = useActiveCalls(LOOK_MS);
  const problem = active.error ?? watch.error;
  return (
    <div className="stack">
      <div className="row">
        <Heading>{t('live.title')}</Heading>
        {watch.data?.value.simulated === true && <Simulated />}
        <Stale behind={active.data?.behind ?? 0} since={active.error === null || active.data === undefined ? undefined : active.dataUpdatedAt} />
      </div>
      {active.data === undefined || watch.data === undefined
        ? problem === null ? <Loading rows={8} /> : <Failed problem={Problem.from(problem)} retry={() => void Promise.all([active.refetch(), watch.refetch()])} />
        : watch.data.value.configured ? <Board /> : <Say title={t('live.unset')} text={t('live.unsetText', { setting: 'KERIO_PBX_HOST' })} />}
    </div>
  );
}

function Board() {
  const t = useWords();
  const calls = useActiveCalls().data?.value ?? [];
  const watch = useWatch().data?.value;
  const ringing = calls.filter(({ state }) => state === 'kelyapti');
  const talking = calls.filter(({ state }) => state === 'suhbatda');
  const seen = useSeenTalking(talking.filter(({ answeredAt }) => answeredAt === undefined).map(({ callId }) => callId));
  return (
    <>
      <Figures ringing={ringing.length} talking={talking.length} />
      <div className="columns">
        <Calls title={t('live.ringing')} empty={t('live.noneRings')} calls={ringing} since={({ startTime }) => ({ at: startTime })} />
        <Calls title={t('live.talking')} empty={t('live.noneTalks')} calls={talking} since={({ callId, answeredAt }) => (answeredAt === undefined ? { at: seen[callId], atLeast: true } : { at: answeredAt })} />
      </div>
      <div className="live-lower">
        <Missed />
        {watch !== undefined && <WatchState watch={watch} />}
      </div>
    </>
  );
}

function Figures({ ringing, talking }: { readonly ringing: number; readonly talking: number }) {
  const t = useWords();
  const { number } = useTime();
  const read = useMissedToday();
  const missed = read.data?.pages.flatMap(({ value }) => value).length;
  return (
    <dl className="board card">
      <div className={ringing > 0 ? 'board-rings' : undefined}><dt>{t('live.ringing')}</dt><dd>{number(ringing)}</dd></div>
      <div className={talking > 0 ? 'board-talks' : undefined}><dt>{t('live.talking')}</dt><dd>{number(talking)}</dd></div>
      <div className={missed !== undefined && missed > 0 ? 'board-missed' : undefined}>
        <dt>{t('live.missedToday')}</dt>
        <dd>{missed === undefined ? '-' : `${number(missed)}${read.hasNextPage ? '+' : ''}`}</dd>
      </div>
    </dl>
  );
}
