// Why a contact is or is not called in a campaign, rule by rule, as the engine tells it at this moment.

import '../looks/explanation.css';

import { useQuery } from '@tanstack/react-query';

import { ask, client, type Schemas } from '../api/client';
import { Problem } from '../api/problem';
import { usePreferences } from '../app/preferences';
import { useWords } from '../words';
import { useFigures } from './figures';
import { Icon } from './icon';
import { Failed, Loading } from './states';
import { useTime } from './time';

type Told = Schemas['Explanation'];
type Rule = Schemas['RuleView'];

/** It is as of now: nothing of it is worth keeping. */
const AGAIN_MS = 15_000;
const NOT_IN = 'contact-unknown';
const VERDICTS = ['pass', 'defer', 'suppress', 'untried'] as const;

interface ExplanationProps {
  readonly contact: string;
  readonly campaign: string;
}

export function Explanation({ contact, campaign }: ExplanationProps) {
  const t = useWords();
  const { language } = usePreferences();
  const read = useQuery({
    queryKey: ['explanations', contact, campaign, language],
    queryFn: ({ signal }) => ask(() => client.GET('/auto-calling/contacts/{id}/explain', { signal, params: { path: { id: contact }, query: { campaign, lang: language } } })),
    staleTime: 0,
    refetchInterval: AGAIN_MS,
  });
  if (read.data !== undefined) return <Explained told={read.data.value} />;
  if (read.error === null) return <Loading rows={6} />;
  const problem = Problem.from(read.error);
  // Nothing is wrong: it was asked of a campaign that this contact is not in.
  return problem.code === NOT_IN ? <p className="soft" role="status">{t('calling.explain.notIn')}</p> : <Failed problem={problem} retry={() => void read.refetch()} />;
}

function Explained({ told }: { readonly told: Told }) {
  const t = useWords();
  const summary = useSummary(told);
  return (
    <section className="stack explanation" aria-label={t('calling.explain.title')}>
      <div className={`explanation-summary ${told.eligible || told.phase !== 'waiting' ? '' : 'waits'}`}>
        <strong>{summary}</strong>
        <span className="soft">{t('calling.explain.pack', { name: told.rulesPack })}</span>
      </div>
      <div className="explanation-rules" role="table" aria-label={t('calling.explain.title')}>
        <div className="explanation-head" role="row">
          <span role="columnheader">{t('calling.explain.rule')}</span>
          <span role="columnheader">{t('calling.explain.verdict')}</span>
          <span role="columnheader">{t('calling.explain.figures')}</span>
        </div>
        {told.rules.map((rule) => <Tried key={rule.rule} rule={rule} decides={told.rule === rule.rule} />)}
      </div>
    </section>
  );
}

function Tried({ rule, decides }: { readonly rule: Rule; readonly decides: boolean }) {
  const t = useWords();
  const time = useTime();
  const figures = useFigures();
  const verdict = VERDICTS.find((known) => known === rule.verdict) ?? 'untried';
  const seen = figures(rule.figures);
  const until = rule.until == null ? '' : time.full(rule.until);
  // Figures may hold the same moment.
  const told = [seen, until === '' || seen.includes(until) ? '' : t('calling.explain.until', { time: until })].filter((text) => text !== '');
  return (
    <div className={`explanation-rule ${verdict} ${decides ? 'decides' : ''}`} role="row" data-rule={rule.rule}>
      <span role="cell">{rule.description}</span>
      <span role="cell" className="explanation-verdict">
        <Icon name={verdict === 'pass' ? 'check' : verdict === 'suppress' ? 'close' : 'warning'} />
        {t(`calling.verdict.${verdict}`)}
      </span>
      <span role="cell" className="soft">{told.join('; ')}</span>
    </div>
  );
}

function useSummary(told: Told): string {
  const t = useWords();
  const time = useTime();
  if (told.phase === 'over') return t('calling.explain.over');
  if (told.phase === 'calling') return t('calling.explain.underWay');
  if (told.eligible) return t('calling.explain.now');
  const why = told.rules.find(({ rule }) => rule === told.rule)?.verdict;
  if (why === 'suppress' || told.eligibleAt == null) return t('calling.explain.never');
  return t('calling.explain.notBefore', { time: time.full(told.eligibleAt) });
}
