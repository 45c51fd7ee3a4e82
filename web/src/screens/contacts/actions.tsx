// What can be done about a contact: write it anew, forbid or allow calls, take it away, forget who it was.
// Where that was done, what is left can be taken away, and nothing else.

import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { ask, client, type Schemas } from '../../api/client';
import { useCommand } from '../../api/command';
import { atLeast, usePerson } from '../../app/session';
import { Confirm } from '../../parts/dialog';
import { notify } from '../../parts/notices';
import { Select } from '../../parts/select';
import { CONTACT_STATUSES } from '../../parts/standing';
import { useWhy } from '../../parts/why';
import { useWords } from '../../words';
import { changed, type Contact, fullName } from './data';
import { Edit } from './edit';
import { Forget } from './forget';

type Status = Schemas['ContactStatus'];

export function Actions({ contact }: { readonly contact: Contact }) {
  const t = useWords();
  const person = usePerson();
  const [open, show] = useState<'edit' | 'forbid' | 'allow' | 'remove' | 'forget' | undefined>();
  const { mark, remove } = useChanges(contact, () => show(undefined));
  const close = () => show(undefined);
  const forgotten = contact.forgotten === true;
  const name = forgotten ? t('contacts.forgotten') : fullName(contact);
  const forbidden = contact.status === 'DO_NOT_CALL';
  if (!atLeast(person, 'operator')) return null;
  return (
    <div className="row">
      {!forbidden && !forgotten && (
        <Select
          label={t('contacts.status')}
          value={contact.status}
          options={CONTACT_STATUSES.filter((status) => status !== 'DO_NOT_CALL').map((value) => ({ value, text: t(`calling.contact.${value}`) }))}
          choose={(status) => mark.mutate(status)}
        />
      )}
      {!forgotten && (forbidden
        ? <button type="button" className="button" onClick={() => show('allow')}>{t('contacts.allow')}</button>
        : <button type="button" className="button" onClick={() => show('forbid')}>{t('contacts.forbid')}</button>)}
      {!forgotten && <button type="button" className="button" onClick={() => show('edit')}>{t('contacts.edit')}</button>}
      <button type="button" className="button danger" onClick={() => show('remove')}>{t('contacts.remove')}</button>
      {!forgotten && atLeast(person, 'admin') && <button type="button" className="button danger" onClick={() => show('forget')}>{t('contacts.forget.action')}</button>}
      {open === 'forget' && <Forget contact={contact} close={close} />}
      {open === 'edit' && <Edit contact={contact} close={close} />}
      {open === 'forbid' && (
        <Confirm title={t('contacts.forbidTitle')} text={t('contacts.forbidText', { name })} action={t('contacts.forbid')} busy={mark.isPending} confirm={() => mark.mutate('DO_NOT_CALL')} close={close} />
      )}
      {open === 'allow' && <Confirm title={t('contacts.allowTitle')} text={t('contacts.allowText', { name })} action={t('contacts.allow')} busy={mark.isPending} confirm={() => mark.mutate('ACTIVE')} close={close} />}
      {open === 'remove' && <Confirm title={t('contacts.removeTitle')} text={t('contacts.removeText', { name })} action={t('contacts.remove')} busy={remove.isPending} confirm={() => remove.mutate()} close={close} />}
    </div>
  );
}

function useChanges({ id }: Contact, settled: () => void) {
  const t = useWords();
  const navigate = useNavigate();
  const why = useWhy();
  const onError = (thrown: Error) => notify('bad', t('contacts.error', { text: why(thrown) }), thrown);
  const mark = useCommand({
    mutationFn: (status: Status) => ask(() => client.PATCH('/auto-calling/contacts/{id}', { params: { path: { id }, query: {} }, body: { status } })),
    onSuccess: () => {
      changed();
      notify('good', t('contacts.saved'));
    },
    onError,
    onSettled: settled,
  });
  const remove = useCommand({
    mutationFn: () => ask(() => client.DELETE('/auto-calling/contacts/{id}', { params: { path: { id } } })),
    onSuccess: async () => {
      notify('good', t('contacts.removed'));
      await navigate({ to: '/contacts', search: {} });
      changed();
    },
    onError,
    onSettled: settled,
  });
  return { mark, remove };
}
