// Somebody in a campaign: their name, which opens why they are called or not, and what came of their call in a line.


import { useSpelled } from '../../parts/standing';
import { useTime } from '../../parts/time';
import { useWords } from '../../words';
import type { Target } from './data';

export function useName(): (target: Pick<Target, 'contact'> | undefined) => string {
  const t = useWords();
  return (target) => (target?.contact == null ? t('campaigns.gone') : `${target.contact.firstName} ${target.contact.lastName}`.trim() || target.contact.phone);
}

export function Named({ target, explain }: { readonly target: Target; readonly explain: (contact: string) => void }) {
  const name = useName();
  return <button type="button" className="named cut" onClick={() => explain(target.contactId)}>{name(target)}</button>;
}

/** A reason says more than what the agent said; what holds somebody back says more than both. */
export function CameOf({ target }: { readonly target: Target }) {
  const t = useWords();
  const time = useTime();
  const spelled = useSpelled();
  const said = target.conversationSummary ?? '';
  const told = [
    target.rule == null ? '' : spelled.rule(target.rule),
    target.reason == null ? '' : spelled.reason(target.reason),
    said,
    target.callDuration == null || target.callDuration === 0 ? '' : t('campaigns.seconds', { seconds: time.number(target.callDuration) }),
  ].filter((text) => text !== '');
  return <span title={said} className="cut">{told.join(' · ') || '-'}</span>;
}
