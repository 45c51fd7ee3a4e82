// One of several, as the browser itself lets people choose.

import { useId } from 'react';

interface SelectProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly text: string }[];
  readonly choose: (value: T) => void;
  /** Whether the label can be seen. */
  readonly labelled?: boolean;
}

export function Select<T extends string>({ label, value, options, choose, labelled = false }: SelectProps<T>) {
  const id = useId();
  return (
    <div className="select">
      <label className={labelled ? undefined : 'hidden'} htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => choose(event.target.value as T)}>
        {options.map((option) => <option key={option.value} value={option.value}>{option.text}</option>)}
      </select>
    </div>
  );
}
