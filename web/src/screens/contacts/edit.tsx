// Writing a contact: a new one, or what is known of one from now on.

import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { ask, client } from '../../api/client';
import { useCommand } from '../../api/command';
import { Problem } from '../../api/problem';
import { Dialog } from '../../parts/dialog';
import { Field } from '../../parts/field';
import { notify } from '../../parts/notices';
import { useWhy } from '../../parts/why';
import { Wrong } from '../../parts/wrong';
import { useWords } from '../../words';
import { changed, type Contact } from './data';
import { changes, type Draft, draftOf, FIRST, written } from './draft';

const EXAMPLE = '{"totalDebt": 5420.5}';

interface EditProps {
  /** The one that is changed; none where it is new. */
  readonly contact?: Contact;
  readonly close: () => void;
}

export function Edit({ contact, close }: EditProps) {
  const t = useWords();
  const [before] = useState(contact === undefined ? FIRST : draftOf(contact));
  const [draft, write] = useState(before);
  const save = useSave(contact, before, close);
  const change = (part: Partial<Draft>) => write({ ...draft, ...part });
  const why = useWhy();
  const problem = save.error === null ? undefined : save.error instanceof SyntaxError ? undefined : Problem.from(save.error);
  const wrong = { field: problem?.field, text: problem === undefined ? undefined : why(problem), json: save.error instanceof SyntaxError };
  return (
    <Dialog title={contact === undefined ? t('contacts.create') : t('contacts.editTitle')} close={close}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(draft);
        }}
      >
        <Fields draft={draft} change={change} wrong={wrong} />
        {problem !== undefined && <Refused problem={problem} close={close} />}
        <footer>
          <button type="button" className="button" onClick={close}>{t('parts.cancel')}</button>
          <button type="submit" className="button primary" disabled={save.isPending}>{save.isPending ? t('contacts.saving') : t('contacts.save')}</button>
        </footer>
      </form>
    </Dialog>
  );
}

interface FieldsProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly wrong: { readonly field: string | undefined; readonly text: string | undefined; readonly json: boolean };
}

function Fields({ draft, change, wrong }: FieldsProps) {
  const t = useWords();
  const line = (name: 'firstName' | 'lastName' | 'phone' | 'dateOfBirth' | 'timezone', more: React.ComponentProps<'input'> = {}) => (
    <Field label={t(`contacts.${name}`)} optional={more.required !== true} wrong={wrong.field === name ? wrong.text : undefined}>
      {(given) => <input {...given} {...more} value={draft[name]} onChange={(event) => change({ [name]: event.target.value })} />}
    </Field>
  );
  return (
    <div className="form">
      {line('firstName', { required: true })}
      {line('lastName', { required: true })}
      {line('phone', { required: true, type: 'tel', placeholder: '+998 90 123 45 67' })}
      {line('dateOfBirth', { type: 'date' })}
      <div className="whole">{line('timezone', { placeholder: 'Asia/Tashkent' })}</div>
      <div className="whole">
        <Field label={t('contacts.customData')} optional wrong={wrong.json ? t('contacts.badJson', { example: EXAMPLE }) : wrong.field === 'customData' ? wrong.text : undefined}>
          {(given) => <textarea {...given} rows={4} className="mono" spellCheck={false} placeholder={EXAMPLE} value={draft.customData} onChange={(event) => change({ customData: event.target.value })} />}
        </Field>
      </div>
      <div className="whole">
        <Field label={t('contacts.notes')} optional wrong={wrong.field === 'notes' ? wrong.text : undefined}>
          {(given) => <textarea {...given} rows={2} value={draft.notes} onChange={(event) => change({ notes: event.target.value })} />}
        </Field>
      </div>
    </div>
  );
}

/** What is not said beside a field. A number that is another's leads there. */
function Refused({ problem, close }: { readonly problem: Problem; readonly close: () => void }) {
  const t = useWords();
  const other = problem.members['contactId'];
  if (problem.field !== undefined) return null;
  if (problem.code !== 'phone-taken' || typeof other !== 'string') return <Wrong thrown={problem} say={(text) => t('contacts.error', { text })} />;
  return <p className="wrong" role="alert">{t('contacts.taken')} <Link to="/contacts/$id" params={{ id: other }} search={{}} onClick={close}>{t('contacts.takenOpen')}</Link></p>;
}

function useSave(contact: Contact | undefined, before: Draft, close: () => void) {
  const t = useWords();
  const navigate = useNavigate();
  return useCommand({
    mutationFn: async (draft: Draft) => {
      // Made before anybody is asked: what cannot be written is no fault of the engine.
      if (contact !== undefined) {
        const body = changes(before, draft);
        return ask(() => client.PATCH('/auto-calling/contacts/{id}', { params: { path: { id: contact.id }, query: {} }, body }));
      }
      const body = written(draft);
      return ask(() => client.POST('/auto-calling/contacts', { params: { query: {} }, body }));
    },
    onSuccess: async ({ value }) => {
      changed();
      notify('good', t('contacts.saved'));
      close();
      if (contact === undefined) await navigate({ to: '/contacts/$id', params: { id: value.id }, search: {} });
    },
  });
}
