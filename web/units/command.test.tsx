// A command is carried out once; another one, or one that was refused, is not held up by that.

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import { expect, test, vi } from 'vitest';

import { useCommand } from '../src/api/command';

function given(carryOut: (order: string) => Promise<string>) {
  const sent = vi.fn(carryOut);
  const client = new QueryClient();
  const { result } = renderHook(() => useCommand({ mutationFn: sent }), { wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider> });
  /** The order that a click gives, the first of its kind or the second half of a double click. */
  const order = (name: string, detail = 1) => act(async () => {
    document.body.onclick = () => result.current.mutate(name);
    document.body.dispatchEvent(new MouseEvent('click', { detail, bubbles: true }));
    await new Promise((later) => setTimeout(later));
  });
  return { sent, order };
}

test('a double click is one order, however fast it was carried out', async () => {
  const { sent, order } = given((name) => Promise.resolve(name));
  await order('start');
  await order('start', 2);
  await order('start', 3);
  expect(sent).toHaveBeenCalledTimes(1);
});

test('the same order given anew is heeded, and so is another one at the same place', async () => {
  const { sent, order } = given((name) => Promise.resolve(name));
  await order('start');
  await order('start');
  await order('stop', 2);
  expect(sent.mock.calls.map(([name]) => name)).toEqual(['start', 'start', 'stop']);
});

test('nothing is asked for again while it is carried out', async () => {
  let end: (value: string) => void = () => undefined;
  const { sent, order } = given(() => new Promise((done) => (end = done)));
  await order('start');
  await order('start');
  expect(sent).toHaveBeenCalledTimes(1);
  end('started');
  await order('start');
  await order('start');
  expect(sent).toHaveBeenCalledTimes(2);
});

test('an order that was refused may be given anew at once', async () => {
  const { sent, order } = given(() => Promise.reject(new Error('no')));
  await order('start');
  await order('start', 2);
  expect(sent).toHaveBeenCalledTimes(2);
});
