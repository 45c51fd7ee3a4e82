// The system: how the engine is, its screens and workers, and what could not be placed or followed.

import './system.css';

import { useNavigate, useSearch } from '@tanstack/react-router';

import { Problem } from '../../api/problem';
import { Heading } from '../../parts/heading';
import { Failed, Loading, Stale } from '../../parts/states';
import { Tabs } from '../../parts/tabs';
import { useTime } from '../../parts/time';
import { useWords } from '../../words';
import { Actors } from './actors';
import { type Status, useProgress, useQuarantine, useStatus } from './data';
import { Overview } from './overview';
import { ParkedStreams } from './parked';
import { Projections } from './projections';
import { Quarantine } from './quarantine';
import { Restored } from './restored';
import { PARTS, type Part } from './route';

export function Screen() {
  const t = useWords();
  const read = useStatus();
  useProgress();
  return (
    <div className="stack">
      <Heading>{t('system.title')}</Heading>
      {read.data === undefined
        ? read.error === null ? <Loading rows={8} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />
        : (
          <>
            {read.data.value.restored != null && <Restored of={read.data.value.restored} />}
            <Overview status={read.data.value} mark={<Stale behind={0} since={read.error === null ? undefined : read.dataUpdatedAt} />} />
            <Parts status={read.data.value} />
          </>
        )}
    </div>
  );
}

function Parts({ status }: { readonly status: Status }) {
  const t = useWords();
  const { number } = useTime();
  const { part = 'projections' } = useSearch({ from: '/system' });
  const navigate = useNavigate({ from: '/system' });
  const held = useQuarantine('held').data;
  const heldCount = held?.pages.reduce((sum, { value }) => sum + value.length, 0) ?? 0;
  const counts: Readonly<Partial<Record<Part, string>>> = {
    quarantine: heldCount === 0 ? '' : `${number(heldCount)}${held?.pages.at(-1)?.next === undefined ? '' : '+'}`,
    parked: number(status.projections.filter(({ state }) => state === 'live').reduce((sum, { parked }) => sum + parked, 0)).replace(/^0$/, ''),
  };
  const contents: Readonly<Record<Part, React.ReactNode>> = {
    projections: <Projections projections={status.projections} />,
    actors: <Actors actors={status.actors} keepers={status.keepers} />,
    quarantine: <Quarantine />,
    parked: <ParkedStreams projections={status.projections} />,
  };
  return (
    <Tabs
      label={t('system.tabs.label')}
      value={part}
      choose={(chosen) => void navigate({ search: { part: chosen }, replace: true, resetScroll: false })}
      tabs={PARTS.map((value) => ({ value, text: [t(`system.tabs.${value}`), counts[value]].filter(Boolean).join(' · '), content: contents[value] }))}
    />
  );
}
