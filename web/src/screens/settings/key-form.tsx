// A key that is made: what it is for and what it opens, and then its text, which nobody sees again.

import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';

import { ask, client, type Schemas } from '../../api/client';
import { useCommand } from '../../api/command';
import { ROLES, type Role } from '../../app/session';
import { Dialog } from '../../parts/dialog';
import { Select } from '../../parts/select';
import { Wrong } from '../../parts/wrong';
import { useWords } from '../../words';
import { Copy } from './copy';
import { keysKey } from './keys';
import { Field } from './user-form';

type Scope = Schemas['ScopeName'];
type NewKey = Schemas['NewKey'];

const SCOPES = ['calls', 'auto-calling', 'webhook', 'read', 'admin'] as const satisfies readonly Scope[];
const NAME_MAX = 100;

export function KeyForm({ close }: { readonly close: () => void }) {
  const t = useWords();
  const form = useId();
  const [wrong, say] = useState<string | undefined>();
  const queries = useQueryClient();
  const make = useCommand({
    mutationFn: (body: NewKey) => ask(() => client.POST('/keys', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keysKey }),
  });
  const made = make.data?.value.key;
  if (typeof made === 'string') return <Made text={made} close={close} />;
  const send = (key: NewKey) => {
    say(key.scopes.length === 0 ? t('keys.noScope') : undefined);
    if (key.scopes.length > 0) make.mutate(key);
  };
  return (
    <Dialog
      title={t('keys.make')}
      close={close}
      actions={
        <>
          <button type="button" className="button" onClick={close}>{t('parts.cancel')}</button>
          <button type="submit" form={form} className="button primary" disabled={make.isPending}>{t('keys.make')}</button>
        </>
      }
    >
      <Asked id={form} send={send} wrong={wrong} refused={make.error} />
    </Dialog>
  );
}

interface AskedProps {
  readonly id: string;
  readonly send: (key: NewKey) => void;
  /** What is missing before it is sent. */
  readonly wrong: string | undefined;
  readonly refused: Error | null;
}

function Asked({ id, send, wrong, refused }: AskedProps) {
  const t = useWords();
  const [role, choose] = useState<Role>('operator');
  return (
    <form
      id={id}
      className="fields"
      onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget);
        const text = (name: string) => ((given.get(name) ?? '') as string).trim();
        const scopes = SCOPES.filter((scope) => given.getAll('scopes').includes(scope));
        const until = text('expires');
        send({ name: text('name'), role, scopes, ...(until === '' ? {} : { expiresAt: `${until}T23:59:59.000Z` }) });
      }}
    >
      <Field label={t('keys.name')} hint={t('keys.nameHint')} name="name" required maxLength={NAME_MAX} autoComplete="off" />
      <Select labelled label={t('keys.role')} value={role} options={ROLES.map((value) => ({ value, text: t(`shell.roles.${value}`) }))} choose={choose} />
      <fieldset className="choices">
        <legend>{t('keys.scopes')}</legend>
        {SCOPES.map((scope) => (
          <label key={scope} className="check">
            <input type="checkbox" name="scopes" value={scope} />
            <span><span className="mono">{scope}</span> <small className="soft">{t(`keys.explained.${scope}`)}</small></span>
          </label>
        ))}
      </fieldset>
      <Field label={t('keys.expires')} hint={t('keys.expiresHint')} name="expires" type="date" />
      {wrong === undefined ? <Wrong thrown={refused} say={(text) => t('settings.fault', { text })} /> : <p className="wrong" role="alert">{wrong}</p>}
    </form>
  );
}

function Made({ text, close }: { readonly text: string; readonly close: () => void }) {
  const t = useWords();
  return (
    <Dialog title={t('keys.made')} close={close} wide firm actions={<button type="button" className="button" onClick={close}>{t('keys.kept')}</button>}>
      <p>{t('keys.once')}</p>
      <Copy label={t('keys.text')} text={text} />
    </Dialog>
  );
}
