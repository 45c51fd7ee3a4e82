// A new campaign: what it is called and for, and how fast it may go. Who is called in it is said next, on its own page.

import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { ask, client, type Schemas } from '../../api/client';
import { useCommand } from '../../api/command';
import { Problem } from '../../api/problem';
import { queries } from '../../api/queries';
import { Dialog } from '../../parts/dialog';
import { Field } from '../../parts/field';
import { CAMPAIGN_TYPES } from '../../parts/standing';
import { useWhy } from '../../parts/why';
import { Wrong } from '../../parts/wrong';
import { useWords } from '../../words';
import { keys } from './data';

interface Draft {
  readonly name: string;
  readonly description: string;
  readonly campaignType: Schemas['CampaignType'];
  /** Empty where the engine decides. */
  readonly lines: string;
  readonly rate: string;
}

const FIRST: Draft = { name: '', description: '', campaignType: 'GENERAL', lines: '', rate: '' };
const NAME_MAX = 200;

export function Create({ close }: { readonly close: () => void }) {
  const t = useWords();
  const [draft, write] = useState(FIRST);
  const create = useCreate(close);
  const why = useWhy();
  const problem = create.error === null ? undefined : Problem.from(create.error);
  return (
    <Dialog title={t('campaigns.create')} close={close}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate(draft);
        }}
      >
        <Fields draft={draft} change={(part) => write({ ...draft, ...part })} wrong={(field) => (problem?.field === field ? why(problem) : undefined)} />
        {problem !== undefined && <Wrong thrown={problem} say={(text) => t('campaigns.error', { text })} />}
        <footer>
          <button type="button" className="button" onClick={close}>{t('parts.cancel')}</button>
          <button type="submit" className="button primary" disabled={create.isPending}>{create.isPending ? t('campaigns.creating') : t('campaigns.createAction')}</button>
        </footer>
      </form>
    </Dialog>
  );
}

interface FieldsProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly wrong: (field: string) => string | undefined;
}

function Fields({ draft, change, wrong }: FieldsProps) {
  const t = useWords();
  return (
    <div className="form">
      <div className="whole">
        <Field label={t('campaigns.name')} wrong={wrong('name')}>
          {(given) => <input {...given} required maxLength={NAME_MAX} value={draft.name} onChange={(event) => change({ name: event.target.value })} />}
        </Field>
      </div>
      <div className="whole">
        <Field label={t('campaigns.type')}>
          {(given) => (
            <select {...given} value={draft.campaignType} onChange={(event) => change({ campaignType: event.target.value as Draft['campaignType'] })}>
              {CAMPAIGN_TYPES.map((type) => <option key={type} value={type}>{t(`calling.type.${type}`)}</option>)}
            </select>
          )}
        </Field>
      </div>
      <div className="whole">
        <Field label={t('campaigns.description')} optional>
          {(given) => <textarea {...given} rows={2} value={draft.description} onChange={(event) => change({ description: event.target.value })} />}
        </Field>
      </div>
      <Field label={t('campaigns.lines')} optional wrong={wrong('settings.concurrency')}>
        {(given) => <input {...given} type="number" min={1} step={1} placeholder="10" value={draft.lines} onChange={(event) => change({ lines: event.target.value })} />}
      </Field>
      <Field label={t('campaigns.rate')} optional wrong={wrong('settings.callsPerSecond')}>
        {(given) => <input {...given} type="number" min={0.001} step="any" value={draft.rate} onChange={(event) => change({ rate: event.target.value })} />}
      </Field>
    </div>
  );
}

function useCreate(close: () => void) {
  const navigate = useNavigate();
  return useCommand({
    mutationFn: ({ name, description, campaignType, lines, rate }: Draft) => {
      const settings = { ...(lines === '' ? {} : { concurrency: Number(lines) }), ...(rate === '' ? {} : { callsPerSecond: Number(rate) }) };
      const body = { name: name.trim(), campaignType, ...(description.trim() === '' ? {} : { description: description.trim() }), settings };
      return ask(() => client.POST('/auto-calling/campaigns', { params: { query: {} }, body }));
    },
    onSuccess: async ({ value }) => {
      void queries.invalidateQueries({ queryKey: keys.lists });
      close();
      await navigate({ to: '/campaigns/$id', params: { id: value.id } });
    },
  });
}
