// One campaign: how far it is and what can be done about it; below, what happens now, who is next, and what came of it.

import '../../looks/details.css';
import './campaigns.css';

import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';

import { Problem } from '../../api/problem';
import { AuditLink } from '../../parts/audit-link';
import { Heading } from '../../parts/heading';
import { Icon } from '../../parts/icon';
import { notify } from '../../parts/notices';
import { Progress } from '../../parts/progress';
import { CampaignBadge, useSpelled } from '../../parts/standing';
import { Failed, Loading, Stale } from '../../parts/states';
import { Tabs } from '../../parts/tabs';
import { Time, useTime } from '../../parts/time';
import { useWords } from '../../words';
import { Actions } from './actions';
import { Board } from './board';
import { type Campaign, useBoardNews, useCampaign } from './data';
import { percent } from './percent';
import { Queue } from './queue';
import { Report } from './report';
import { stopped } from './stopped';

export function CampaignScreen() {
  const t = useWords();
  const { id } = useParams({ from: '/campaigns/$id' });
  const read = useCampaign(id);
  useBoardNews(id, () => notify('good', t('campaigns.completeNotice')));
  return (
    <div className="stack">
      <Link to="/campaigns" className="back"><Icon name="back" />{t('campaigns.back')}</Link>
      {read.data === undefined
        ? read.error === null ? <Loading rows={8} /> : <Failed problem={Problem.from(read.error)} retry={() => void read.refetch()} />
        : <Shown campaign={read.data.value} mark={<Stale behind={read.data.behind} since={read.error === null ? undefined : read.dataUpdatedAt} />} />}
    </div>
  );
}

function Shown({ campaign, mark }: { readonly campaign: Campaign; readonly mark: React.ReactNode }) {
  const t = useWords();
  const search = useSearch({ from: '/campaigns/$id' });
  const navigate = useNavigate({ from: '/campaigns/$id' });
  const spelled = useSpelled();
  return (
    <>
      <header className="row spread">
        <div className="stack close">
          <div className="row">
            <Heading>{campaign.name}</Heading>
            <CampaignBadge status={campaign.status} />
            {mark}
          </div>
          <p className="soft">{spelled.type(campaign.campaignType)}{campaign.description != null && campaign.description !== '' && ` · ${campaign.description}`}</p>
        </div>
        <div className="row">
          <AuditLink kind="campaign" id={campaign.id} />
          <Actions campaign={campaign} />
        </div>
      </header>
      <section className="card stack">
        <Progress percent={percent(campaign)} status={campaign.status} label={t('campaigns.columns.progress')} />
        <Figures campaign={campaign} />
        <Why campaign={campaign} />
      </section>
      <Tabs
        label={t('campaigns.tabs.label')}
        value={search.part ?? 'board'}
        choose={(part) => void navigate({ search: part === 'board' ? {} : { part }, replace: true, resetScroll: false })}
        tabs={[
          { value: 'board', text: t('campaigns.tabs.board'), content: <Board campaign={campaign} /> },
          { value: 'queue', text: t('campaigns.tabs.queue'), content: <Queue campaign={campaign} /> },
          { value: 'report', text: t('campaigns.tabs.report'), content: <Report campaign={campaign} /> },
        ]}
      />
    </>
  );
}

function Figures({ campaign }: { readonly campaign: Campaign }) {
  const t = useWords();
  const { number } = useTime();
  return (
    <dl className="figures" aria-label={t('campaigns.columns.counts')}>
      <div><dt>{t('campaigns.total')}</dt><dd>{number(campaign.totalContacts)}</dd></div>
      <div><dt>{t('campaigns.called')}</dt><dd>{number(campaign.calledContacts)}</dd></div>
      <div><dt>{t('campaigns.successful')}</dt><dd className="is-good">{number(campaign.successfulCalls)}</dd></div>
      <div><dt>{t('campaigns.failed')}</dt><dd className="is-bad">{number(campaign.failedCalls)}</dd></div>
      {campaign.callbackRequested > 0 && <div><dt>{t('campaigns.callbacks')}</dt><dd>{number(campaign.callbackRequested)}</dd></div>}
      {campaign.skippedContacts > 0 && <div><dt>{t('campaigns.skipped')}</dt><dd>{number(campaign.skippedContacts)}</dd></div>}
      <div><dt>{t('campaigns.calling')}</dt><dd>{number(campaign.calling)}</dd></div>
      <div><dt>{t('campaigns.attempts')}</dt><dd>{number(campaign.attempts)}</dd></div>
      <div>
        <dt>{t('campaigns.started')}</dt>
        <dd className="small">{campaign.startedAt == null ? t('campaigns.notStarted') : <Time at={campaign.startedAt} />}</dd>
      </div>
      {campaign.completedAt != null && <div><dt>{t('campaigns.completed')}</dt><dd className="small"><Time at={campaign.completedAt} /></dd></div>}
    </dl>
  );
}

/** Why it stands still, where nobody asked for it. */
function Why({ campaign }: { readonly campaign: Campaign }) {
  const t = useWords();
  const why = stopped(campaign.why);
  if (why === undefined) return null;
  const told = why.kind === 'breaker' ? t('campaigns.whyBreaker', why.figures)
    : t(why.kind === 'budget' ? 'campaigns.whyBudget' : 'campaigns.whyRestored', { text: why.text });
  return <p className="warned" role="status"><Icon name="warning" />{told}</p>;
}
