// A value that changes often, taken in now and then: for what is costly to draw and looked at for its shape.

import { useEffect, useRef, useState } from 'react';

export function useCalm<T>(value: T, everyMs: number): T {
  const [taken, take] = useState(value);
  const latest = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    latest.current = value;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      take(latest.current);
    }, everyMs);
  }, [value, everyMs]);
  useEffect(() => () => {
    clearTimeout(timer.current);
    timer.current = undefined;
  }, []);
  return taken;
}
