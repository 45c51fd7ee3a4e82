// What went wrong, in a sentence.


import { Problem, UNREACHABLE } from '../api/problem';
import { useWords } from '../words';

export function useWhy(): (thrown: unknown) => string {
  const t = useWords();
  return (thrown) => {
    const problem = Problem.from(thrown);
    return problem.code === UNREACHABLE ? t('parts.unreachable') : problem.message;
  };
}
