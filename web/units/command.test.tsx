// A command is carried out once; another one, or one that was refused, is not held up by that.

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { useCommand } from '../src/api/command';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function given(carryOut: (order: string) => Promise<string>) {
  const sent = vi.fn(carryOut);
  const client = new QueryClient();
  const { result } = renderHook(() => useCommand({ mutationFn: sent }), { wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider> });
  const order = (name: string) => act(() => {
    result.current.mutate(name);
    return vi.advanceTimersByTimeAsync(1);
  });
  return { sent, order };
}

test('the same order is heeded once for as long as a double click takes', async () => {
  const { sent, order } = given((name) => Promise.resolve(name));
  await order('start');
  await order('start');
  expect(sent).toHaveBeenCalledTimes(1);
  await order('stop');
  expect(sent).toHaveBeenCalledTimes(2);
  await act(() => vi.advanceTimersByTimeAsync(500));
  await order('start');
  expect(sent).toHaveBeenCalledTimes(3);
});

test('an order that was refused may be given anew at once', async () => {
  const { sent, order } = given(() => Promise.reject(new Error('no')));
  await order('start');
  await order('start');
  expect(sent).toHaveBeenCalledTimes(2);
});
