// What went wrong with something that was asked of the engine, as a sentence.


import { Problem } from '../../api/problem';
import { notify } from '../../parts/notices';
import { useWords } from '../../words';

export function useFault(): (why: Error) => string {
  const t = useWords();
  return (why) => t('settings.fault', { text: Problem.from(why).message || t('parts.unreachable') });
}

/** Said beside the page, where there is no form that it belongs to. */
export function useTold(): (why: Error) => void {
  const fault = useFault();
  return (why) => notify('bad', fault(why));
}
