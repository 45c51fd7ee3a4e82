// Menus that keyboards and screen readers know. They do not take the page away: what they would need for that, the page's policy forbids.

import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';

import { Icon } from './icon';

interface MenuProps {
  readonly trigger: ReactNode;
  readonly children: ReactNode;
  readonly side?: 'top' | 'bottom';
  readonly align?: 'start' | 'end';
}

export function Menu({ trigger, children, side = 'bottom', align = 'start' }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" side={side} align={align} sideOffset={6} collisionPadding={8}>
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** Around a link or a text with the class `menu-item`. */
export function Item({ children, onSelect }: { readonly children: ReactNode; readonly onSelect?: () => void }) {
  return <DropdownMenu.Item asChild {...(onSelect === undefined ? {} : { onSelect })}>{children}</DropdownMenu.Item>;
}

export function Label({ children }: { readonly children: ReactNode }) {
  return <DropdownMenu.Label className="menu-label">{children}</DropdownMenu.Label>;
}

export function Separator() {
  return <DropdownMenu.Separator className="menu-separator" />;
}

interface Option<T extends string> {
  readonly value: T;
  readonly text: string;
  readonly lang?: string;
}

interface ChoiceProps<T extends string> {
  readonly value: T;
  readonly options: readonly Option<T>[];
  readonly choose: (value: T) => void;
}

/** One of several. The menu stays, so that what was chosen can be seen. */
export function Choice<T extends string>({ value, options, choose }: ChoiceProps<T>) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={(chosen) => choose(chosen as T)}>
      {options.map((option) => (
        <DropdownMenu.RadioItem key={option.value} value={option.value} className="menu-item" lang={option.lang} onSelect={(event) => event.preventDefault()}>
          <span className="menu-mark"><DropdownMenu.ItemIndicator><Icon name="check" /></DropdownMenu.ItemIndicator></span>
          {option.text}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}
