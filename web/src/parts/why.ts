// What went wrong, in a sentence.

import { useTranslation } from 'react-i18next';

import { Problem, UNREACHABLE } from '../api/problem';

export function useWhy(): (thrown: unknown) => string {
  const { t } = useTranslation();
  return (thrown) => {
    const problem = Problem.from(thrown);
    return problem.code === UNREACHABLE ? t('parts.unreachable') : problem.message;
  };
}
