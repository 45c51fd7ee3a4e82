// Somebody in the campaign, over the board: how they stand, what was said last, and why they are called or not, rule by rule.

import { Link } from '@tanstack/react-router';

import { Dialog } from '../../parts/dialog';
import { Explanation } from '../../parts/explanation';
import { Phone } from '../../parts/phone';
import { TargetBadge } from '../../parts/standing';
import { useTime } from '../../parts/time';
import { useContact } from '../contacts/data';
import { useWords } from '../../words';
import { type Campaign, useTargets } from './data';
import { CameOf, useName } from './target';

interface ExplainedProps {
  readonly campaign: Campaign;
  readonly contact: string;
  /** What the list is narrowed to. */
  readonly status: string | undefined;
  readonly close: () => void;
}

export function Explained({ campaign, contact, status, close }: ExplainedProps) {
  const t = useWords();
  const time = useTime();
  const name = useName();
  const known = useContact(contact).data?.value;
  // Whoever is explained was clicked on in this list; by an address alone the explanation does without it.
  const target = useTargets(campaign.id, status).rows?.find(({ contactId }) => contactId === contact);
  return (
    <Dialog wide title={known === undefined ? t('calling.explain.title') : name({ contact: known })} close={close}>
      <div className="stack close">
        <div className="row">
          {target !== undefined && <TargetBadge status={target.callStatus} reason={target.reason} />}
          {known !== undefined && <Phone number={known.phone} />}
          {target?.nextAttemptAt != null && <span className="soft">{t('campaigns.nextAt', { time: time.full(target.nextAttemptAt) })}</span>}
          <Link to="/contacts/$id" params={{ id: contact }} search={{ campaign: campaign.id }}>{t('campaigns.openContact')}</Link>
        </div>
        {target !== undefined && <p className="wrapped"><CameOf target={target} /></p>}
      </div>
      <Explanation contact={contact} campaign={campaign.id} />
    </Dialog>
  );
}
