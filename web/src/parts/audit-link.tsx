// From any object to what was recorded of it. Operators are not shown it, since they may not look.

import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

import { usePerson } from '../app/session';
import { Icon } from './icon';

export type AuditKind = 'session' | 'call' | 'campaign' | 'contact' | 'list' | 'import' | 'user' | 'key' | 'pbx-call' | 'export';

export function AuditLink({ kind, id }: { readonly kind: AuditKind; readonly id: string }) {
  const { t } = useTranslation();
  if (usePerson().role === 'operator') return null;
  return <Link to="/audit/$kind/$id" params={{ kind, id }} className="button"><Icon name="audit" />{t('audit.link')}</Link>;
}
