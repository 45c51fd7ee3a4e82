// From any object to what was recorded of it. Operators are not shown it, since they may not look.

import { Link } from '@tanstack/react-router';

import { usePerson } from '../app/session';
import { useWords } from '../words';
import { Icon } from './icon';

export type AuditKind = 'session' | 'call' | 'campaign' | 'contact' | 'list' | 'import' | 'user' | 'key' | 'pbx-call' | 'export';

export function AuditLink({ kind, id }: { readonly kind: AuditKind; readonly id: string }) {
  const t = useWords();
  if (usePerson().role === 'operator') return null;
  return <Link to="/audit/$kind/$id" params={{ kind, id }} className="button"><Icon name="audit" />{t('audit.link')}</Link>;
}
