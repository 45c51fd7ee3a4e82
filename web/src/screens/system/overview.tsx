// The engine at one glance: whether it can serve, and if not why; what it is, what it stands on, what of it is played.


import { usePerson } from '../../app/session';
import { useEnds } from '../../app/simulation';
import { Badge } from '../../parts/badge';
import { useTime } from '../../parts/time';
import { useWords } from '../../words';
import type { Status } from './data';
import { useLasted } from './lasted';

const STORES: Readonly<Record<string, string>> = { sqlite: 'SQLite', postgres: 'PostgreSQL' };

const MEGABYTE = 1_000_000;

export function Overview({ status, mark }: { readonly status: Status; readonly mark: React.ReactNode }) {
  const t = useWords();
  const { number } = useTime();
  const lasted = useLasted();
  const { journal, effects, disk } = status;
  return (
    <section className="card stack" aria-label={t('system.health.title')}>
      <div className="row">
        <h2>{t('system.health.title')}</h2>
        <Badge status={status.ready ? 'success' : 'failed'} text={t(status.ready ? 'system.health.ready' : 'system.health.notReady')} />
        {mark}
      </div>
      {!status.ready && <ul className="reasons" role="alert">{status.reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul>}
      {disk.isLow && <p role="alert">{t('system.health.roomLow')}</p>}
      <dl className="facts">
        <div><dt>{t('system.health.version')}</dt><dd>{status.version}</dd></div>
        <div><dt>{t('system.health.store')}</dt><dd>{STORES[status.store] ?? status.store}</dd></div>
        <div><dt>{t('system.health.uptime')}</dt><dd>{lasted(status.uptimeSeconds)}</dd></div>
        <div><dt>{t('system.health.position')}</dt><dd>{number(status.position)}</dd></div>
        <div><dt>{t('system.health.queue')}</dt><dd>{number(journal.queued)} / {number(journal.queueMax)}</dd></div>
        <div title={t('system.health.effectsHint')}>
          <dt>{t('system.health.effects')}</dt>
          <dd>{number(effects.ready)} / {number(effects.sent)} / {number(effects.done)}<span className="hidden"> ({t('system.health.effectsHint')})</span></dd>
        </div>
        {disk.freeBytes != null && <div><dt>{t('system.health.room')}</dt><dd>{t('system.health.megabytes', { size: number(Math.floor(disk.freeBytes / MEGABYTE)) })}</dd></div>}
        <FarEnds />
      </dl>
    </section>
  );
}

function FarEnds() {
  const t = useWords();
  const names = usePerson().simulated;
  const ends = useEnds();
  return (
    <div>
      <dt>{t('system.simulated.title')}</dt>
      <dd className="row">{names.length === 0 ? t('system.simulated.none') : names.map((name) => <span key={name} className="simulated">{ends([name])}</span>)}</dd>
    </div>
  );
}
