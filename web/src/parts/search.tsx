// A field that looks for something once whoever types pauses.

import { useEffect, useId, useState } from 'react';

import { Icon } from './icon';

const PAUSE_MS = 250;

interface SearchProps {
  readonly label: string;
  readonly value: string;
  readonly look: (text: string) => void;
}

export function Search({ label, value, look }: SearchProps) {
  const id = useId();
  const [typed, type] = useState(value);
  const [known, know] = useState(value);
  // Another value from outside, such as the address of before, wins over what was typed.
  if (known !== value) {
    know(value);
    type(value);
  }
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => look(typed.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only typing begins a wait
  }, [typed]);
  return (
    <div className="search">
      <Icon name="search" />
      <label className="hidden" htmlFor={id}>{label}</label>
      <input id={id} type="search" placeholder={label} value={typed} onChange={(event) => type(event.target.value)} />
    </div>
  );
}
