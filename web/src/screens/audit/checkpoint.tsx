// The newest signed checkpoint: up to where, since when, by which key; to be kept elsewhere, and the command that compares with it later.

import { useQuery } from '@tanstack/react-query';

import { ask, client, download, type Schemas } from '../../api/client';
import { Problem } from '../../api/problem';
import { Icon } from '../../parts/icon';
import { Failed, Loading } from '../../parts/states';
import { Time, useTime } from '../../parts/time';
import { useWords } from '../../words';

type Signed = Schemas['JournalCheckpoint'];

const LOOK_MS = 30_000;
/** What is kept is this very answer. */
const NEWEST = '/audit/checkpoints?limit=1';
/** They are signed to the microsecond. */
const MICROS = 1_000;

export function Checkpoint() {
  const t = useWords();
  const read = useQuery({
    queryKey: ['audit', 'checkpoint'],
    queryFn: async ({ signal }) => (await ask(() => client.GET('/audit/checkpoints', { signal, params: { query: { limit: 1 } } }))).value.checkpoints,
    refetchInterval: LOOK_MS,
  });
  const [newest] = read.data ?? [];
  return (
    <section className="stack" aria-label={t('verification.checkpoint')}>
      <h3>{t('verification.checkpoint')}</h3>
      {read.data === undefined
        ? read.error === null ? <Loading rows={2} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />
        : newest === undefined ? <p className="soft">{t('verification.unsigned')}</p> : <Newest signed={newest} />}
    </section>
  );
}

function Newest({ signed: { number, position, signedAt, key } }: { readonly signed: Signed }) {
  const t = useWords();
  const time = useTime();
  const file = `checkpoint-${number}.json`;
  return (
    <>
      <dl className="facts">
        <div><dt>{t('verification.signed')}</dt><dd><Time at={new Date(signedAt / MICROS).toISOString()} /></dd></div>
        <div><dt>{t('verification.position')}</dt><dd>{time.number(position)}</dd></div>
        <div><dt>{t('verification.number')}</dt><dd>{time.number(number)}</dd></div>
      </dl>
      <p><span className="soft">{t('verification.key')}:</span> <code>{key}</code></p>
      <div className="row spread">
        <p className="soft">{t('verification.keepText')} <code>karnay verify --checkpoint {file}</code></p>
        <button type="button" className="button" onClick={() => void download(NEWEST, file)}><Icon name="download" />{t('verification.keep')}</button>
      </div>
    </>
  );
}
