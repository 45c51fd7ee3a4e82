// What the engine is asked to do, rather than to tell: once, however often the button is pressed.

import { hashKey, useMutation, type UseMutationOptions, type UseMutationResult } from '@tanstack/react-query';
import { useCallback, useRef } from 'react';

/** No double click takes longer, and many a command is done before the second half of it. */
const TWICE_MS = 500;

type Command<Data, Given> = Omit<UseMutationResult<Data, Error, Given>, 'mutateAsync'>;

/**
 * A mutation that does not heed the same order again while it is carried out: `isPending` is known a rendering too late for that.
 * Another order is heeded, and one that was refused may be given anew at once.
 */
export function useCommand<Data, Given = void>(options: UseMutationOptions<Data, Error, Given>): Command<Data, Given> {
  const orders = useRef(new Set<string>());
  const { mutateAsync, ...rest } = useMutation(options);
  const mutate = useCallback((...given: Parameters<typeof mutateAsync>) => {
    const name = hashKey([given[0]]);
    if (orders.current.has(name)) return;
    orders.current.add(name);
    const since = Date.now();
    const done = () => void orders.current.delete(name);
    mutateAsync(...given).then(() => setTimeout(done, since + TWICE_MS - Date.now()), done);
  }, [mutateAsync]);
  return { ...rest, mutate };
}
