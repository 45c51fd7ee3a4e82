// What a rule looked at, in words. The engine tells it as an object whose one key says what it is.


import { type Translate, useWords } from '../words';
import { useSpelledStanding } from './standing';
import { type Formats, useTime } from './time';

type Told = Readonly<Record<string, unknown>>;

export function useFigures(): (figures: unknown) => string {
  const t = useWords();
  const time = useTime();
  const standing = useSpelledStanding();
  return (figures) => {
    const [kind, told] = Object.entries(object(figures))[0] ?? [];
    if (kind === undefined) return '';
    const of = object(told);
    const full = (name: string) => moment(time, of[name]);
    switch (kind) {
      case 'contact': return standing(text(told));
      case 'list': return text(told) === 'global' ? t('calling.figures.globalList') : t('calling.figures.organizationList');
      case 'clock': return t('calling.figures.zone', { zone: text(of['zone']), by: t(`calling.figures.by.${source(of['by'])}`) });
      case 'live': return t('calling.figures.since', { time: full('since') });
      case 'due': return t('calling.figures.due', { time: full('at') });
      case 'silence': return t('calling.figures.silence', { time: full('spokeAt'), span: span(t, text(of['afterConversation'])) });
      case 'cap': return cap(t, of);
      case 'wall': return t('calling.figures.wall', { time: text(of['time']).slice(11, 16), zone: text(of['zone']) });
      case 'holiday': return time.day(`${text(of['date'])}T12:00:00Z`);
      case 'budget': return budget(t, of);
      case 'failures': case 'breaker': return t('calling.figures.failures', { row: text(of['inARow']), failed: text(of['failed']), last: text(of['ofLast']) });
      case 'lines': return t('calling.figures.lines', { live: text(of['live']), most: text(of['atMost']) });
      case 'rate': return t('calling.figures.rate', { rate: text(of['callsPerSecond']) });
      default: return JSON.stringify(figures);
    }
  };
}

function cap(t: Translate, told: Told): string {
  const limit = object(told['cap']);
  const said = { span: span(t, text(limit['within'])), found: text(told['found']), most: text(limit['atMost']) };
  return limit['count'] === 'conversations' ? t('calling.figures.conversations', said) : t('calling.figures.attempts', said);
}

function budget(t: Translate, told: Told): string {
  const [most, spent] = [object(told['budget']), object(told['spent'])];
  const said: string[] = [];
  if (most['calls'] != null) said.push(t('calling.figures.budgetCalls', { spent: text(spent['calls']), most: text(most['calls']) }));
  if (most['talkMins'] != null) said.push(t('calling.figures.budgetTalk', { spent: String(Math.floor(Number(spent['talkSecs']) / 60)), most: text(most['talkMins']) }));
  return said.length === 0 ? t('calling.figures.unlimited', { calls: text(spent['calls']) }) : said.join('; ');
}

/** `1h30m` in words. */
function span(t: Translate, written: string): string {
  return [...written.matchAll(/(\d+)([dhms])/g)].map(([, n, unit]) => t(`calling.units.${unit as 'd' | 'h' | 'm' | 's'}`, { n })).join(' ');
}

function source(by: unknown): 'contact' | 'country' | 'campaign' {
  return by === 'contact' || by === 'campaign' ? by : 'country';
}

function moment(time: Formats, at: unknown): string {
  return typeof at === 'string' ? time.full(at) : '-';
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function object(value: unknown): Told {
  return typeof value === 'object' && value !== null ? (value as Told) : {};
}
