// Streams that a screen could not follow: why, and taking each up again or giving up what was not understood.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { ask, client } from '../../api/client';
import { useCommand } from '../../api/command';
import { Problem } from '../../api/problem';
import { Confirm } from '../../parts/dialog';
import { notify } from '../../parts/notices';
import { Failed, Loading, Say } from '../../parts/states';
import { Time, useTime } from '../../parts/time';
import { useWhy } from '../../parts/why';
import { useWords } from '../../words';
import { keys, type Parked, type Projection, useParked } from './data';
import { useProjectionName } from './names';

export function ParkedStreams({ projections }: { readonly projections: readonly Projection[] }) {
  const t = useWords();
  const { number } = useTime();
  const { parked, loading, error, again } = useParked(projections);
  const all = projections.filter(({ state }) => state === 'live').reduce((sum, one) => sum + one.parked, 0);
  if (error !== null) return <Failed problem={Problem.from(error)} retry={again} />;
  if (loading) return <Loading />;
  return (
    <section className="stack" aria-label={t('system.tabs.parked')}>
      <p className="soft">{t('parked.intro')}</p>
      {parked.length === 0 && <Say title={t('parked.empty')} text={t('parked.emptyText')} />}
      <ul className="stack">{parked.map((one) => <li key={`${one.projection} ${one.kind} ${one.stream}`}><Stream parked={one} /></li>)}</ul>
      {all > parked.length && <p className="soft">{t('parked.others', { value: number(all - parked.length) })}</p>}
    </section>
  );
}

function Stream({ parked }: { readonly parked: Parked }) {
  const t = useWords();
  const { number } = useTime();
  const named = useProjectionName();
  return (
    <article className="card stack" aria-label={`${named(parked.projection)}: ${parked.stream}`}>
      <div className="row spread">
        <h2><span className="mono">{parked.stream}</span></h2>
        <Doing parked={parked} />
      </div>
      <dl className="facts">
        <div><dt>{t('system.projections.name')}</dt><dd>{named(parked.projection)}</dd></div>
        <div><dt>{t('parked.kind')}</dt><dd className="mono">{parked.kind}</dd></div>
        <div><dt>{t('parked.from')}</dt><dd>{number(parked.firstPosition)}</dd></div>
        <div><dt>{t('parked.at')}</dt><dd><Time at={parked.at} /></dd></div>
      </dl>
      <p className="wrong"><strong>{t('parked.reason')}:</strong> {parked.reason}</p>
    </article>
  );
}

function Doing({ parked }: { readonly parked: Parked }) {
  const t = useWords();
  const { number } = useTime();
  const { stream } = parked;
  const [asking, question] = useState(false);
  const then = useAfter();
  const params = { path: { name: parked.projection, stream } };
  const replay = useCommand({
    mutationFn: () => ask(() => client.POST('/projections/{name}/parked/{stream}/replay', { params })),
    onSuccess: ({ value }) => {
      if (value.outcome === 'followed') notify('good', t('parked.followed', { stream, events: number(value.events) }));
      else notify('bad', t('parked.still', { stream, reason: value.reason }));
    },
    ...then,
  });
  const discard = useCommand({
    mutationFn: () => ask(() => client.POST('/projections/{name}/parked/{stream}/discard', { params })),
    onSuccess: () => notify('good', t('parked.discarded', { stream })),
    ...then,
  });
  const busy = replay.isPending || discard.isPending;
  return (
    <div className="row">
      <button type="button" className="button small" disabled={busy} aria-label={t('parked.replayOf', { stream })} onClick={() => replay.mutate()}>{t('parked.replay')}</button>
      <button type="button" className="button small danger" disabled={busy} aria-label={t('parked.discardOf', { stream })} onClick={() => question(true)}>{t('parked.discard')}</button>
      {asking && (
        <Confirm title={t('parked.discardTitle')} text={t('parked.discardText', { stream })} action={t('parked.discard')} busy={busy} confirm={() => discard.mutate()} close={() => question(false)} />
      )}
    </div>
  );
}

/** What follows whatever was done: what went wrong is told, and what is parked is read anew. */
function useAfter() {
  const t = useWords();
  const why = useWhy();
  const queries = useQueryClient();
  return {
    onError: (thrown: Error) => notify('bad', t('system.fault', { text: why(thrown) }), thrown),
    onSettled: async () => {
      await queries.invalidateQueries({ queryKey: keys.status });
      await queries.invalidateQueries({ queryKey: keys.parked });
    },
  };
}
