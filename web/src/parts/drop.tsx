// A place to drop a file, which is also a button to choose one.

import { useId, useState } from 'react';

import { useWords } from '../words';
import { Icon } from './icon';
import { notify } from './notices';

interface DropProps {
  readonly label: string;
  readonly hint: string;
  readonly accept: string;
  readonly disabled?: boolean;
  readonly take: (file: File) => void;
}

export function Drop({ label, hint, accept, disabled = false, take }: DropProps) {
  const t = useWords();
  const id = useId();
  const [over, hover] = useState(false);
  const first = (files: FileList | null) => {
    const file = files?.[0];
    if (file === undefined || disabled) return;
    if (files !== null && files.length > 1) notify('bad', t('parts.oneFile', { name: file.name }));
    take(file);
  };
  return (
    <div
      className={`drop ${over ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        hover(true);
      }}
      onDragLeave={() => hover(false)}
      onDrop={(event) => {
        event.preventDefault();
        hover(false);
        first(event.dataTransfer.files);
      }}
    >
      <Icon name="file" />
      <label htmlFor={id}>
        <strong>{t('parts.drop')}</strong> <span>{t('parts.choose')}</span>
      </label>
      <input
        id={id}
        type="file"
        accept={accept}
        disabled={disabled}
        aria-label={label}
        onChange={(event) => {
          first(event.target.files);
          // The same file may be chosen again after it was mended.
          event.target.value = '';
        }}
      />
      <small>{hint}</small>
    </div>
  );
}
