// What went wrong with something that was asked of the engine, as a sentence.


import { notify } from '../../parts/notices';
import { useWhy } from '../../parts/why';
import { useWords } from '../../words';

function useFault(): (thrown: Error) => string {
  const t = useWords();
  const why = useWhy();
  return (thrown) => t('settings.fault', { text: why(thrown) });
}

/** Said beside the page, where there is no form that it belongs to. */
export function useTold(): (thrown: Error) => void {
  const fault = useFault();
  return (thrown) => notify('bad', fault(thrown), thrown);
}
