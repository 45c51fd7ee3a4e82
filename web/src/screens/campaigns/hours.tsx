// The hours of a day as bars: how many calls, and of those how many conversations and successes. Each bar says its numbers.


import type { Schemas } from '../../api/client';
import { useTime } from '../../parts/time';
import { useWords } from '../../words';

interface HoursProps {
  readonly hours: readonly Schemas['ReportHourOfDay'][];
  readonly zone: string;
}

const LABELLED_EVERY = 3;

export function Hours({ hours, zone }: HoursProps) {
  const t = useWords();
  const { number } = useTime();
  const most = Math.max(1, ...hours.map(({ calls }) => calls));
  const percent = (count: number) => `${(100 * count) / most}%`;
  return (
    <figure className="hours">
      <figcaption><h2>{t('campaigns.hours', { zone })}</h2></figcaption>
      <ol>
        {hours.map(({ hour, calls, conversations, successes }) => {
          const told = t('campaigns.hour', { hour: clock(hour), calls: number(calls), talks: number(conversations), wins: number(successes) });
          return (
            <li key={hour} title={told}>
              <span className="hidden">{told}</span>
              <span className="hours-bar" aria-hidden="true">
                <i className="hours-calls" style={{ height: percent(calls) }} />
                <i className="hours-talks" style={{ height: percent(conversations) }} />
                <i className="hours-wins" style={{ height: percent(successes) }} />
              </span>
              <small aria-hidden="true">{hour % LABELLED_EVERY === 0 ? clock(hour) : ''}</small>
            </li>
          );
        })}
      </ol>
      <p className="hours-legend" aria-hidden="true">
        <span><i className="hours-calls" />{t('campaigns.series.calls')}</span>
        <span><i className="hours-talks" />{t('campaigns.series.talks')}</span>
        <span><i className="hours-wins" />{t('campaigns.series.wins')}</span>
      </p>
    </figure>
  );
}

function clock(hour: number): string {
  return `${String(hour).padStart(2, '0')}:00`;
}
