// A text to be taken along. Where the browser does not let pages copy, as on a plain address of a network, it is selected instead.

import { useId, useRef, useState } from 'react';

import { Icon } from '../../parts/icon';
import { useWords } from '../../words';

interface CopyProps {
  readonly label: string;
  readonly text: string;
}

export function Copy({ label, text }: CopyProps) {
  const t = useWords();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [said, say] = useState('');
  const copy = async () => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(text);
      say(t('keys.copied'));
    } catch {
      say(t('keys.byHand'));
    }
  };
  return (
    <div className="one-line">
      <label htmlFor={id}>{label}</label>
      <input id={id} ref={field} className="mono" readOnly value={text} onFocus={(event) => event.target.select()} />
      <button type="button" className="button primary" onClick={() => void copy()}><Icon name="copy" />{t('keys.copy')}</button>
      <p role="status" className="soft">{said}</p>
    </div>
  );
}
