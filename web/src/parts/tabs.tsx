// Several views of one thing, one of them shown.

import { Tabs as Radix } from 'radix-ui';
import { type ReactNode, useEffect, useRef } from 'react';

/** Of the tab before the active one, so that it is seen that there is one. */
const EDGE_PX = 24;

interface Tab<T extends string> {
  readonly value: T;
  readonly text: string;
  readonly content: ReactNode;
}

interface TabsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly choose: (value: T) => void;
  readonly tabs: readonly Tab<T>[];
}

export function Tabs<T extends string>({ label, value, choose, tabs }: TabsProps<T>) {
  const list = useRef<HTMLDivElement>(null);
  // On a phone the row of tabs is longer than the page is wide.
  useEffect(() => {
    const active = list.current?.querySelector<HTMLElement>('[data-state="active"]');
    list.current?.scrollTo({ left: (active?.offsetLeft ?? 0) - list.current.offsetLeft - EDGE_PX });
  }, [value]);
  return (
    <Radix.Root value={value} onValueChange={(chosen) => choose(chosen as T)}>
      <Radix.List ref={list} className="tabs" aria-label={label}>
        {tabs.map((tab) => <Radix.Trigger key={tab.value} value={tab.value} className="tab">{tab.text}</Radix.Trigger>)}
      </Radix.List>
      {tabs.map((tab) => <Radix.Content key={tab.value} value={tab.value}>{tab.content}</Radix.Content>)}
    </Radix.Root>
  );
}
