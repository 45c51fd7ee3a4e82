// Whether the journal is what was written: the last look at it, another one, and what was signed of it.

import { useQuery, useQueryClient } from '@tanstack/react-query';

import { ask, client, type Schemas } from '../../api/client';
import { useCommand } from '../../api/command';
import { Problem } from '../../api/problem';
import { usePreferences } from '../../app/preferences';
import { Badge } from '../../parts/badge';
import { Icon } from '../../parts/icon';
import { Progress } from '../../parts/progress';
import { Failed, Loading } from '../../parts/states';
import { Time, useTime } from '../../parts/time';
import { Wrong } from '../../parts/wrong';
import { useWords } from '../../words';
import { useActor } from '../../parts/actor';
import { Checkpoint } from './checkpoint';

type Verified = Schemas['JournalVerified'];

const LOOK_MS = 700;
const COLOURS = { sound: 'success', lost: 'failed', wrong: 'failed', unreadable: 'busy' } as const;

export function Soundness() {
  const t = useWords();
  const { language } = usePreferences();
  const queries = useQueryClient();
  const key = ['audit', 'verification', language];
  const read = useQuery({
    queryKey: key,
    queryFn: async ({ signal }) => (await ask(() => client.GET('/audit/verification', { signal, params: { query: { lang: language } } }))).value,
    refetchInterval: ({ state }) => (state.data?.running == null ? false : LOOK_MS),
  });
  const begin = useCommand({
    mutationFn: () => ask(() => client.POST('/audit/verification', { params: { query: { lang: language } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
  if (read.data === undefined) {
    return read.error === null ? <Loading rows={2} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />;
  }
  const { running, last, words } = read.data;
  return (
    <section className="card stack" aria-label={t('verification.title')}>
      <div className="row spread">
        <div className="row">
          <h2>{t('verification.title')}</h2>
          {last != null && <Badge status={COLOURS[last.outcome]} text={t(`verification.outcomes.${last.outcome}`)} />}
        </div>
        <button type="button" className="button primary" disabled={running != null || begin.isPending} onClick={() => begin.mutate()}><Icon name="audit" />{t('verification.verify')}</button>
      </div>
      <p className="soft">{t('verification.intro')}</p>
      <p role="status" className={running == null && last?.outcome === 'lost' ? 'wrong' : undefined}>{words}</p>
      {running != null && <Progress percent={running.head === 0 ? 100 : (100 * running.position) / running.head} label={t('verification.running')} />}
      {begin.error !== null && <Wrong thrown={begin.error} />}
      {last != null && <Last last={last} />}
      <p className="soft"><small>{t('verification.memory')}</small></p>
      <Checkpoint />
    </section>
  );
}

function Last({ last }: { readonly last: Verified }) {
  const t = useWords();
  const { number } = useTime();
  const who = useActor();
  return (
    <>
      <dl className="facts">
        <div><dt>{t('verification.finished')}</dt><dd><Time at={last.finishedAt} /></dd></div>
        <div><dt>{t('verification.position')}</dt><dd>{number(last.position)}</dd></div>
        {last.by != null && <div><dt>{t('verification.by')}</dt><dd>{who(last.by)}</dd></div>}
        {last.wrongAt != null && <div><dt>{t('verification.wrongAt')}</dt><dd className="bad">{number(last.wrongAt)}</dd></div>}
      </dl>
      {last.digest != null && <p><span className="soft">{t('verification.digest')}:</span> <code>{last.digest}</code></p>}
      {last.wrong != null && <p className="wrong">{last.wrong}</p>}
    </>
  );
}
