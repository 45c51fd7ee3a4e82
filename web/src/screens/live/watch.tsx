// Whether the exchange is watched, since when not, and a button that has its log read at once.

import { useEffect, useRef } from 'react';

import { useLost } from '../../app/live';
import { usePreferences } from '../../app/preferences';
import { atLeast, usePerson } from '../../app/session';
import { dayOf, useToday } from '../../parts/day';
import { spelled } from '../../parts/duration';
import { Icon } from '../../parts/icon';
import { notify } from '../../parts/notices';
import { Stale } from '../../parts/states';
import { useTime } from '../../parts/time';
import { useWhy } from '../../parts/why';
import { useWords } from '../../words';
import { reread, useSync, type Watch } from './data';

const GAPS_SHOWN = 5;

export function WatchState({ watch }: { readonly watch: Watch }) {
  const t = useWords();
  const { full } = useTime();
  useReread(watch);
  const known = WHYS.find((why) => why === watch.refused);
  return (
    <section className="card stack live-watch" aria-label={t('live.watch.title')}>
      <h2>{t('live.watch.title')}</h2>
      {watch.refused == null ? <Link watch={watch} /> : (
        <div className="live-alarm" role="alert">
          <strong>{t('live.watch.refusedTitle', { time: watch.refusedAt == null ? '-' : full(watch.refusedAt) })}</strong>
          <p>{known === undefined ? watch.refused : t(`live.watch.refused.${known}`)}</p>
        </div>
      )}
      {watch.trouble != null && watch.refused == null && <p className="live-trouble">{watch.trouble}</p>}
      <Facts watch={watch} />
      <Gaps watch={watch} />
      <Sync watch={watch} />
    </section>
  );
}

function Link({ watch }: { readonly watch: Watch }) {
  const t = useWords();
  if (useLost() !== undefined) return <p><Stale behind={0} /></p>;
  const state = !watch.watching ? 'elsewhere' : watch.connected ? 'connected' : 'disconnected';
  return (
    <p className={`live-link live-${state}`} role="status">
      <Icon name={state === 'disconnected' ? 'warning' : 'check'} />
      {t(`live.watch.${state}`)}
    </p>
  );
}

const WHYS = ['password', 'rights', 'certificate'] as const;
const GAP_WHYS = ['unreachable', 'refused', 'unwatched'] as const;

/** A log that was just read may tell of calls that nobody saw. */
function useReread({ lastSync }: Watch): void {
  const known = useRef(lastSync);
  useEffect(() => {
    if (known.current !== lastSync) reread();
    known.current = lastSync;
  }, [lastSync]);
}

function Facts({ watch }: { readonly watch: Watch }) {
  const t = useWords();
  const { clock, full, number } = useTime();
  const { zone } = usePreferences();
  const today = useToday(zone);
  const when = (at: string | null | undefined) => (at == null ? '-' : dayOf(new Date(at), zone) === today ? clock(at) : full(at));
  const offset = watch.clockOffsetMs;
  return (
    <dl className="live-facts">
      <div><dt>{t('live.watch.lastPoll')}</dt><dd>{when(watch.lastPoll)}</dd></div>
      <div><dt>{t('live.watch.lastSync')}</dt><dd>{when(watch.lastSync)}</dd></div>
      <div><dt>{t('live.watch.nextSync')}</dt><dd>{when(watch.nextSync)}</dd></div>
      <div><dt>{t('live.watch.offset')}</dt><dd>{offset == null ? '-' : t(offset < 0 ? 'live.watch.back' : 'live.watch.ahead', { ms: number(Math.abs(offset)) })}</dd></div>
      <div><dt>{t('live.watch.driver')}</dt><dd className="mono">{watch.driver ?? '-'}</dd></div>
      <div><dt>{t('live.watch.gaps')}</dt><dd>{watch.gapsTotal === 0 ? t('live.watch.noGaps') : number(watch.gapsTotal)}</dd></div>
    </dl>
  );
}

function Gaps({ watch }: { readonly watch: Watch }) {
  const t = useWords();
  const { full } = useTime();
  if (watch.gaps.length === 0) return null;
  return (
    <details className="live-gaps">
      <summary>{t('live.watch.latestGaps')}</summary>
      <ul>
        {watch.gaps.slice(0, GAPS_SHOWN).map(({ from, to, why }) => {
          const known = GAP_WHYS.find((one) => one === why);
          return (
            <li key={from}>
              <time dateTime={from}>{full(from)}</time>
              <span className="soft">{spelled((Date.parse(to) - Date.parse(from)) / 1_000)} · {known === undefined ? why : t(`live.watch.why.${known}`)}</span>
            </li>
          );
        })}
      </ul>
    </details>
  );
}

function Sync({ watch }: { readonly watch: Watch }) {
  const t = useWords();
  const why = useWhy();
  const { number } = useTime();
  const may = atLeast(usePerson(), 'operator');
  const sync = useSync();
  const { progress } = watch;
  const rows = number(progress?.rows ?? 0);
  if (!may) return null;
  return (
    <div className="row">
      <button
        type="button"
        className="button"
        disabled={sync.isPending || progress != null}
        onClick={() => sync.mutate(undefined, {
          onSuccess: () => notify('good', t('live.watch.asked')),
          onError: (thrown) => notify('bad', why(thrown), thrown),
        })}
      >
        <Icon name="refresh" />
        {t('live.watch.sync')}
      </button>
      {progress != null && (
        <span className="soft" role="status">{progress.total == null ? t('live.watch.syncing', { rows }) : t('live.watch.syncingOf', { rows, total: number(progress.total) })}</span>
      )}
    </div>
  );
}
