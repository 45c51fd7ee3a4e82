// How a workbook is taken: what becomes of a number that is known, and of rows that are not quite right.


import { Select } from '../../parts/select';
import { useTime } from '../../parts/time';
import { useWords } from '../../words';

const DUPLICATES = ['skip', 'update', 'fail'] as const;

export interface Taking {
  readonly onDuplicate: (typeof DUPLICATES)[number];
  readonly strict: boolean;
}

interface OptionsProps {
  readonly file: File;
  readonly taking: Taking;
  readonly disabled: boolean;
  readonly choose: (taking: Taking) => void;
}

export function Options({ file, taking, disabled, choose }: OptionsProps) {
  const t = useWords();
  const { number } = useTime();
  return (
    <fieldset className="options" disabled={disabled}>
      <legend>{file.name} <span className="soft">· {number(Math.ceil(file.size / 1_024))} KiB</span></legend>
      <Select labelled label={t('imports.onDuplicate')} value={taking.onDuplicate} options={DUPLICATES.map((value) => ({ value, text: t(`imports.duplicate.${value}`) }))} choose={(onDuplicate) => choose({ ...taking, onDuplicate })} />
      <label className="check">
        <input type="checkbox" checked={taking.strict} onChange={(event) => choose({ ...taking, strict: event.target.checked })} />
        {t('imports.strict')}
      </label>
    </fieldset>
  );
}
