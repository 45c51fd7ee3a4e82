// What went wrong, in a sentence, in the language of now: by the problem's code, and by what it says of rows, fields and roles.

import { PAGE, Problem, UNREACHABLE } from '../api/problem';
import { ROLES } from '../app/session';
import { type Translate, useWords, words } from '../words';

export function useWhy(): (thrown: unknown) => string {
  const t = useWords();
  return (thrown) => {
    const problem = Problem.from(thrown);
    return particular(problem, t) ?? general(problem, t);
  };
}

/** Codes whose `detail` tells more than their words do: which of many reasons it was, or figures. */
const TELLING: readonly string[] = [
  PAGE, 'bad-request', 'bad-json', 'bad-field', 'bad-parameter', 'bad-sheet', 'token-invalid', 'signature-invalid', 'scope-missing', 'campaign-spent', 'not-ready',
  'quarantine-unreadable', 'remote-unreachable', 'not-stopped', 'recording-unfit', 'too-large',
];

/** The engine's own English, where it adds something to the words. */
export function detailOf(problem: Problem): string | undefined {
  return TELLING.includes(problem.code) && problem.message !== '' && unfit(problem) === undefined ? problem.message : undefined;
}

function general({ code, status, message }: Problem, t: Translate): string {
  if (code === UNREACHABLE) return t('parts.unreachable');
  if (code === PAGE) return t('wrong.page');
  if (words.exists(`problems.${code}`)) return t(`problems.${code}` as 'problems.internal');
  // A proxy in between, or an engine that is newer than this page.
  return code === `http-${status}` ? t('wrong.answered', { status }) : message;
}

function particular(problem: Problem, t: Translate): string | undefined {
  const { code, field, members: { row, earlierRow }, message } = problem;
  if (code === 'duplicate-row' && row !== undefined) {
    return earlierRow === undefined ? t('wrong.rowTaken', { row }) : t('wrong.rowTwice', { row, earlier: earlierRow });
  }
  const role = ROLES.find((known) => message.endsWith(` role ${known}`));
  if (code === 'role-too-low' && role !== undefined) return t('wrong.role', { role: t(`shell.roles.${role}`) });
  if ((code !== 'bad-field' && code !== 'bad-parameter') || field === undefined) return undefined;
  const [name, reason] = [spelled(field, t), unfit(problem)];
  return reason === undefined ? t('wrong.value', { field: name }) : t('wrong.unfit', { field: name, reason: t(reason) });
}

/** `settings.concurrency` as its label, `phones[0]` as the first row. */
function spelled(field: string, t: Translate): string {
  const at = /\[(\d+)\]$/.exec(field)?.[1];
  if (at !== undefined) return t('wrong.row', { row: Number(at) + 1 });
  const key = `wrong.fields.${field.slice(field.lastIndexOf('.') + 1)}`;
  return words.exists(key) ? t(key as 'wrong.fields.phone') : field;
}

/** Why something is no number to call: the engine puts the reason's own code into brackets. */
function unfit({ code, message }: Problem): 'sessions.unfit.invalid' | undefined {
  const key = `sessions.unfit.${/\((\w+)\)$/.exec(message)?.[1] ?? ''}`;
  return (code === 'bad-field' || code === 'bad-parameter') && words.exists(key) ? key as 'sessions.unfit.invalid' : undefined;
}
