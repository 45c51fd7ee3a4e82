// What the engine is asked to do, rather than to tell: once, however often the button is pressed.

import { hashKey, useMutation, type UseMutationOptions, type UseMutationResult } from '@tanstack/react-query';
import { useCallback, useRef } from 'react';

/** Whether the click that is heard now belongs to the one before, by the browser's own measure of a double click. */
let again = false;
addEventListener('click', ({ detail }) => {
  again = detail > 1;
  setTimeout(() => (again = false));
}, { capture: true });

type Command<Data, Given> = Omit<UseMutationResult<Data, Error, Given>, 'mutateAsync'>;

/**
 * A mutation that does not heed the same order again while it is carried out, since `isPending` is known a rendering too late for that,
 * nor by the second half of a double click, before which many a command is done. Another order is heeded, and one that was refused may
 * be given anew at once.
 */
export function useCommand<Data, Given = void>(options: UseMutationOptions<Data, Error, Given>): Command<Data, Given> {
  const underWay = useRef(new Set<string>());
  const done = useRef<string>(undefined);
  const { mutateAsync, ...rest } = useMutation(options);
  const mutate = useCallback((...given: Parameters<typeof mutateAsync>) => {
    const name = hashKey([given[0]]);
    if (underWay.current.has(name) || (again && done.current === name)) return;
    underWay.current.add(name);
    done.current = undefined;
    const ended = () => void underWay.current.delete(name);
    mutateAsync(...given).then(() => {
      done.current = name;
      ended();
    }, ended);
  }, [mutateAsync]);
  return { ...rest, mutate };
}
