// What a call of the exchange is shown with: where it goes, its state, what came of it. Programs compare the words of the API, people read these.

import './exchange.css';


import type { CallState, Direction } from '../app/exchange';
import { useWords } from '../words';
import { Badge } from './badge';
import { Icon } from './icon';

const STATUSES = ['javob berildi', 'javobsiz', 'band', 'xatolik'] as const;

export function DirectionMark({ direction }: { readonly direction: Direction }) {
  const t = useWords();
  return (
    <span className={`direction direction-${direction}`}>
      <Icon name={direction === 'kiruvchi' ? 'incoming' : 'outgoing'} />
      {t(`live.directions.${direction}`)}
    </span>
  );
}

export function StateBadge({ state }: { readonly state: CallState }) {
  const t = useWords();
  return <Badge status={state} text={t(`live.states.${state}`)} />;
}

/** Of a call that is over; one that the engine may come to know later is shown as it is told. */
export function OutcomeBadge({ status }: { readonly status: string }) {
  const t = useWords();
  const known = STATUSES.find((one) => one === status);
  return <Badge status={status.replaceAll(' ', '_')} text={known === undefined ? status : t(`live.statuses.${known}`)} />;
}
