// A field of a form with its name above it, and beneath it what is wrong with it.

import '../looks/field.css';

import { type ReactNode, useId } from 'react';
import { useWords } from '../words';

interface FieldProps {
  readonly label: string;
  readonly optional?: boolean;
  readonly wrong?: string | undefined;
  /** The input, with the id that the label needs and whether it is wrong. */
  readonly children: (given: { readonly id: string; readonly 'aria-invalid': boolean; readonly 'aria-describedby': string }) => ReactNode;
}

export function Field({ label, optional = false, wrong, children }: FieldProps) {
  const t = useWords();
  const id = useId();
  const why = `${id}-why`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}{optional && <small className="soft"> · {t('parts.optional')}</small>}</label>
      {children({ id, 'aria-invalid': wrong !== undefined, 'aria-describedby': why })}
      <p id={why} className="field-wrong" role={wrong === undefined ? undefined : 'alert'}>{wrong}</p>
    </div>
  );
}
