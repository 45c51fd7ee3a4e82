// What is done about numbers that are not to be called.

import { useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';

import { ask, client, type Schemas } from '../../api/client';
import { useCommand } from '../../api/command';
import { Confirm } from '../../parts/dialog';
import { Icon } from '../../parts/icon';
import { notify } from '../../parts/notices';
import { grouped } from '../../parts/phone';
import { useTime } from '../../parts/time';
import { Wrong } from '../../parts/wrong';
import { useWords } from '../../words';
import { forbiddenKey, type ForbiddenNumber, type Scope } from './forbidden';
import { useTold } from './told';

function written(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === 'string' ? value.trim() : '';
}

export function Checking() {
  const t = useWords();
  const id = useId();
  const check = useCommand({ mutationFn: (phone: string) => ask(() => client.GET('/auto-calling/do-not-call/check', { params: { query: { phone } } })) });
  return (
    <section className="card stack" aria-label={t('forbidden.check')}>
      <h2>{t('forbidden.check')}</h2>
      <form
        className="one-line"
        onSubmit={(event) => {
          event.preventDefault();
          check.mutate(written(event.currentTarget, 'phone'));
        }}
      >
        <label htmlFor={id}>{t('forbidden.phone')}</label>
        <input id={id} name="phone" type="tel" required placeholder="+998 90 123 45 67" autoComplete="off" />
        <button type="submit" className="button primary" disabled={check.isPending}>{t('forbidden.checkButton')}</button>
      </form>
      <div role="status">{check.data !== undefined && <Verdict of={check.data.value} />}</div>
      <Wrong thrown={check.error} say={(text) => t('settings.fault', { text })} />
    </section>
  );
}

function Verdict({ of: { phone, listed, lists } }: { readonly of: Schemas['ForbiddenOrNot'] }) {
  const t = useWords();
  const named = lists.map((list) => t(`forbidden.scopes.${list}`)).join(', ');
  return (
    <p className={listed ? 'verdict bad' : 'verdict good'}>
      <Icon name={listed ? 'warning' : 'check'} />
      <span>{listed ? t('forbidden.mayNot', { phone: grouped(phone), lists: named }) : t('forbidden.may', { phone: grouped(phone) })}</span>
    </p>
  );
}

export function Adding({ scope }: { readonly scope: Scope }) {
  const t = useWords();
  const { number } = useTime();
  const [phones, note] = [useId(), useId()];
  const queries = useQueryClient();
  const add = useCommand({
    mutationFn: (body: Schemas['NewForbiddenNumbers']) => ask(() => client.POST('/auto-calling/do-not-call', { params: { query: { scope } }, body })),
    onSuccess: ({ value: { added, alreadyThere } }) => {
      notify('good', t('forbidden.added', { added: number(added), already: number(alreadyThere) }));
      return queries.invalidateQueries({ queryKey: forbiddenKey });
    },
  });
  return (
    <section className="card stack" aria-label={t('forbidden.add')}>
      <h2>{t('forbidden.add')}</h2>
      <form
        className="fields"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const lines = written(form, 'phones').split('\n').map((line) => line.trim()).filter((line) => line !== '');
          const why = written(form, 'note');
          add.mutate({ phones: lines, ...(why === '' ? {} : { note: why }) }, { onSuccess: () => form.reset() });
        }}
      >
        <div className="field">
          <label htmlFor={phones}>{t('forbidden.addPhones')}</label>
          <textarea id={phones} name="phones" rows={3} required autoComplete="off" spellCheck={false} />
        </div>
        <div className="field">
          <label htmlFor={note}>{t('forbidden.addNote')}</label>
          <input id={note} name="note" maxLength={1_000} autoComplete="off" />
        </div>
        <div className="row"><button type="submit" className="button primary" disabled={add.isPending}>{t('forbidden.add')}</button></div>
        <Wrong thrown={add.error} say={(text) => t('settings.fault', { text })} />
      </form>
    </section>
  );
}

interface RemovingProps {
  readonly scope: Scope;
  readonly asked: ForbiddenNumber;
  readonly close: () => void;
}

export function Removing({ scope, asked, close }: RemovingProps) {
  const t = useWords();
  const told = useTold();
  const queries = useQueryClient();
  const phone = asked.phone == null ? t('forbidden.forgotten') : grouped(asked.phone);
  const remove = useCommand({
    mutationFn: () => ask(() => client.DELETE('/auto-calling/do-not-call/{id}', { params: { path: { id: asked.id }, query: { scope } } })),
    onSuccess: () => {
      notify('good', t('forbidden.removed', { phone }));
      void queries.invalidateQueries({ queryKey: forbiddenKey });
    },
    onError: told,
    onSettled: close,
  });
  return <Confirm title={t('forbidden.removeTitle')} text={t('forbidden.removeText', { phone })} action={t('forbidden.remove')} busy={remove.isPending} confirm={() => remove.mutate()} close={close} />;
}
