// Why a contact is called in a campaign, or is not. The API tells it of one campaign at a time, and does not say which it is in:
// the one that called it last is looked at first, and any other can be chosen.

import { useNavigate, useSearch } from '@tanstack/react-router';

import { kept } from '../../app/search';
import { Explanation } from '../../parts/explanation';
import { Select } from '../../parts/select';
import { useCampaigns } from '../campaigns/data';
import { useWords } from '../../words';
import { type Contact, useCalls } from './data';

export function InCampaign({ contact }: { readonly contact: Contact }) {
  const t = useWords();
  const search = useSearch({ from: '/contacts/$id' });
  const navigate = useNavigate({ from: '/contacts/$id' });
  const campaigns = useCampaigns({}).rows ?? [];
  const last = useCalls(contact.phone).data?.value.find(({ campaignId }) => campaignId != null)?.campaignId;
  const chosen = search.campaign ?? last ?? '';
  return (
    <section className="card stack" aria-label={t('contacts.explain')}>
      <div className="row spread">
        <h2>{t('contacts.explain')}</h2>
        {campaigns.length > 0 && (
          <Select
            label={t('contacts.campaign')}
            value={chosen}
            options={[{ value: '', text: t('contacts.chooseCampaign') }, ...campaigns.map(({ id, name }) => ({ value: id, text: name }))]}
            choose={(campaign) => void navigate({ search: kept({ campaign }), replace: true, resetScroll: false })}
          />
        )}
      </div>
      {campaigns.length === 0 && <p className="soft">{t('contacts.noCampaigns')}</p>}
      {chosen !== '' && <Explanation contact={contact.id} campaign={chosen} />}
    </section>
  );
}
