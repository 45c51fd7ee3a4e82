// A status as a word on its colour. Classes and colours are the documented ones (`badge-running`), whoever restyles them finds them by those names.


import type { Schemas } from '../api/client';
import { useWords } from '../words';

export type SessionStatus = Schemas['SessionStatus'];
export type CallStatus = Schemas['CallStatus'];

interface BadgeProps {
  /** As the API spells it. */
  readonly status: string;
  readonly text: string;
  /** A longer explanation. */
  readonly title?: string;
}

export function Badge({ status, text, title }: BadgeProps) {
  return <span className={`badge badge-${status.toLowerCase()}`} title={title}>{text}</span>;
}

export function SessionBadge({ status }: { readonly status: SessionStatus }) {
  const t = useWords();
  return <Badge status={status} text={t(`parts.session.${status}`)} />;
}

export function CallBadge({ status }: { readonly status: CallStatus }) {
  const t = useWords();
  return <Badge status={status} text={t(`parts.call.${status}`)} title={t(`parts.explained.${status}`)} />;
}

/** Marks what rings nobody. */
export function Simulated() {
  const t = useWords();
  return <span className="simulated">{t('parts.simulated')}</span>;
}
