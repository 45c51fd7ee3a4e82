// A user who is new, or another role, password or leave to sign in for one who is known.

import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';

import { ask, client } from '../../api/client';
import { useCommand } from '../../api/command';
import { ROLES, type Role } from '../../app/session';
import { AuditLink } from '../../parts/audit-link';
import { Dialog } from '../../parts/dialog';
import { notify } from '../../parts/notices';
import { Wrong } from '../../parts/wrong';
import { useWords } from '../../words';
import { type User, usersKey } from './users';

const PASSWORD_MIN = 10;
const NAME_MAX = 64;

interface UserFormProps {
  /** Left out for one who is new. */
  readonly user: User | undefined;
  readonly close: () => void;
}

interface Given {
  readonly name: string;
  readonly password: string;
  readonly role: Role;
  readonly disabled: boolean;
}

export function UserForm({ user, close }: UserFormProps) {
  const t = useWords();
  const [form, told] = [useId(), useId()];
  const [role, choose] = useState<Role>(user?.role ?? 'operator');
  const save = useSave(user, close);
  const send = (given: FormData) => {
    const text = (name: string) => (given.get(name) ?? '') as string;
    save.mutate({ name: user?.name ?? text('name').trim(), password: text('password'), role, disabled: user !== undefined && given.get('enters') === null });
  };
  return (
    <Dialog
      title={user === undefined ? t('settings.users.add') : t('settings.users.changeOf', { name: user.name })}
      close={close}
      actions={
        <>
          <button type="button" className="button" onClick={close}>{t('parts.cancel')}</button>
          <button type="submit" form={form} className="button primary" disabled={save.isPending}>{t('settings.save')}</button>
        </>
      }
    >
      <form
        id={form}
        className="fields"
        aria-describedby={told}
        onSubmit={(event) => {
          event.preventDefault();
          send(new FormData(event.currentTarget));
        }}
      >
        {user === undefined && <Field label={t('settings.users.name')} hint={t('settings.users.nameHint')} name="name" required maxLength={NAME_MAX} autoComplete="off" autoCapitalize="none" spellCheck={false} />}
        <Roles role={role} choose={choose} />
        <Field
          label={user === undefined ? t('settings.users.password') : t('settings.users.newPassword')}
          hint={user === undefined ? t('settings.users.passwordHint') : `${t('settings.users.passwordHint')}; ${t('settings.users.keepPassword')}`}
          name="password"
          type="password"
          required={user === undefined}
          minLength={PASSWORD_MIN}
          autoComplete="new-password"
        />
        {user !== undefined && (
          <>
            <label className="check"><input type="checkbox" name="enters" defaultChecked={!user.disabled} />{t('settings.users.mayEnter')}</label>
            <p className="soft">{t('settings.users.signsOut')}</p>
            <div className="row"><AuditLink kind="user" id={user.name} /></div>
          </>
        )}
        <Wrong id={told} thrown={save.error} say={(text) => t('settings.fault', { text })} />
      </form>
    </Dialog>
  );
}

function useSave(user: User | undefined, close: () => void) {
  const t = useWords();
  const queries = useQueryClient();
  return useCommand({
    mutationFn: ({ name, password, role, disabled }: Given) =>
      user === undefined
        ? ask(() => client.POST('/users', { body: { name, password, role } }))
        : ask(() => client.PATCH('/users/{name}', {
          params: { path: { name } },
          // Only what changed: a role that is said again would be an event for nothing.
          body: { ...(role === user.role ? {} : { role }), ...(disabled === user.disabled ? {} : { disabled }), ...(password === '' ? {} : { password }) },
        })),
    onSuccess: ({ value: { name } }) => {
      notify('good', user === undefined ? t('settings.users.added', { name }) : t('settings.users.changed', { name }));
      void queries.invalidateQueries({ queryKey: usersKey });
      close();
    },
  });
}

function Roles({ role, choose }: { readonly role: Role; readonly choose: (role: Role) => void }) {
  const t = useWords();
  return (
    <fieldset className="choices">
      <legend>{t('settings.users.role')}</legend>
      {ROLES.map((one) => (
        <label key={one} className="check">
          <input type="radio" name="role" value={one} checked={role === one} onChange={() => choose(one)} />
          <span>{t(`shell.roles.${one}`)} <small className="soft">{t(`settings.users.means.${one}`)}</small></span>
        </label>
      ))}
    </fieldset>
  );
}

interface FieldProps extends React.InputHTMLAttributes<HTMLInputElement> {
  readonly label: string;
  readonly hint: string;
}

export function Field({ label, hint, ...input }: FieldProps) {
  const [id, hinted] = [useId(), useId()];
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} aria-describedby={hinted} {...input} />
      <small id={hinted} className="soft">{hint}</small>
    </div>
  );
}
