// From any object to what was recorded of it. Operators are not shown it, since they may not look.

import { Link } from '@tanstack/react-router';

import { usePerson } from '../app/session';
import { useWords } from '../words';
import { Icon } from './icon';

export type AuditKind = 'session' | 'call' | 'campaign' | 'contact' | 'list' | 'import' | 'user' | 'key' | 'pbx-call' | 'number' | 'quarantine' | 'denied' | 'webhook-endpoint' | 'settings' | 'export';

interface AuditLinkProps {
  readonly kind: AuditKind;
  readonly id: string;
  /** What the object is called where many stand in a list: the link is a sign there, and says this to whoever does not see it. */
  readonly named?: string;
}

export function AuditLink({ kind, id, named }: AuditLinkProps) {
  const t = useWords();
  if (usePerson().role === 'operator') return null;
  const sign = <Icon name="audit" />;
  const text = t('audit.link');
  if (named !== undefined) return <Link to="/audit/$kind/$id" params={{ kind, id }} className="sign" aria-label={`${text}: ${named}`} title={text}>{sign}</Link>;
  return <Link to="/audit/$kind/$id" params={{ kind, id }} className="button">{sign}{text}</Link>;
}
