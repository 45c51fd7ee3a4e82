// What went wrong, beside what it went wrong with.

import { Link } from '@tanstack/react-router';

import { Problem } from '../api/problem';
import { useWords } from '../words';
import { detailOf, useWhy } from './why';

interface WrongProps {
  /** What was thrown; nothing where nothing was, and then it waits to be read out. */
  readonly thrown: unknown;
  readonly id?: string;
  /** Puts the sentence into another. */
  readonly say?: (text: string) => string;
}

export function Wrong({ thrown, id, say = (text) => text }: WrongProps) {
  const why = useWhy();
  if (thrown === null || thrown === undefined) return <div id={id} className="wrong" role="alert" />;
  return <div id={id} className="wrong" role="alert"><p>{say(why(thrown))}</p><Beyond problem={Problem.from(thrown)} /></div>;
}

/** Codes that name a session other than the one that is looked at. */
const LEADING: readonly string[] = ['remote-in-use', 'start-unconfirmed', 'remote-unreachable', 'journal-unavailable'];

/** Beside the words: the way to the session that is meant, and what the engine says in its own language. */
export function Beyond({ problem }: { readonly problem: Problem }) {
  const t = useWords();
  const detail = detailOf(problem);
  const session = problem.members['sessionId'];
  return (
    <>
      {LEADING.includes(problem.code) && typeof session === 'string' && <p><Link to="/sessions/$id" params={{ id: session }}>{t('wrong.open')}</Link></p>}
      {detail !== undefined && <small className="soft" lang="en">{detail}</small>}
    </>
  );
}
