// Several views of one thing, one of them shown.

import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

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
  return (
    <Radix.Root value={value} onValueChange={(chosen) => choose(chosen as T)}>
      <Radix.List className="tabs" aria-label={label}>
        {tabs.map((tab) => <Radix.Trigger key={tab.value} value={tab.value} className="tab">{tab.text}</Radix.Trigger>)}
      </Radix.List>
      {tabs.map((tab) => <Radix.Content key={tab.value} value={tab.value}>{tab.content}</Radix.Content>)}
    </Radix.Root>
  );
}
