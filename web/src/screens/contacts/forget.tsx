// Forgetting the person behind a contact: what goes, what stays, that nothing brings it back, and why it is done.

import { useState } from 'react';

import { ask, client } from '../../api/client';
import { useCommand } from '../../api/command';
import { Dialog } from '../../parts/dialog';
import { Field } from '../../parts/field';
import { notify } from '../../parts/notices';
import { Wrong } from '../../parts/wrong';
import { useWords } from '../../words';
import { changed, type Contact, fullName } from './data';

/** As the API has it. */
const REASON_MAX = 500;
const PARTS = ['goes', 'stays', 'left'] as const;

interface ForgetProps {
  readonly contact: Contact;
  readonly close: () => void;
}

export function Forget({ contact, close }: ForgetProps) {
  const t = useWords();
  const [reason, write] = useState('');
  const forget = useForget(contact, close);
  return (
    <Dialog title={t('contacts.forget.title', { name: fullName(contact) })} close={close}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          forget.mutate(reason.trim());
        }}
      >
        <dl className="forgetting">
          {PARTS.map((part) => <div key={part}><dt>{t(`contacts.forget.${part}`)}</dt><dd>{t(`contacts.forget.${part}Text`)}</dd></div>)}
        </dl>
        <p><strong>{t('contacts.forget.forGood')}</strong></p>
        <Field label={t('contacts.forget.reason')}>
          {(given) => <textarea {...given} rows={2} required maxLength={REASON_MAX} placeholder={t('contacts.forget.reasonHint')} value={reason} onChange={(event) => write(event.target.value)} />}
        </Field>
        {forget.error !== null && <Wrong thrown={forget.error} say={(text) => t('contacts.error', { text })} />}
        <footer>
          <button type="button" className="button" onClick={close}>{t('parts.cancel')}</button>
          <button type="submit" className="button danger" disabled={forget.isPending || reason.trim() === ''}>{forget.isPending ? t('contacts.forget.busy') : t('contacts.forget.action')}</button>
        </footer>
      </form>
    </Dialog>
  );
}

function useForget({ id }: Contact, close: () => void) {
  const t = useWords();
  return useCommand({
    mutationFn: (reason: string) => ask(() => client.DELETE('/auto-calling/contacts/{id}/personal-data', { params: { path: { id }, query: { reason } } })),
    onSuccess: ({ value: { done } }) => {
      changed();
      // It is recorded, and goes on by itself.
      notify('good', done ? t('contacts.forget.done') : t('contacts.forget.goesOn'));
      close();
    },
  });
}
