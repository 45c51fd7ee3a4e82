// A workbook of contacts: looked through first, which stores nothing, and only then imported. Each time it is told what becomes of each row.

import '../../looks/details.css';
import './contacts.css';

import { useState } from 'react';

import { ask, client, form, type Schemas } from '../../api/client';
import { useCommand } from '../../api/command';
import { useLive } from '../../app/live';
import { Dialog } from '../../parts/dialog';
import { Drop } from '../../parts/drop';
import { Loading } from '../../parts/states';
import { useTime } from '../../parts/time';
import { Wrong } from '../../parts/wrong';
import { useWords } from '../../words';
import { changed } from './data';
import { Options, type Taking } from './options';
import { Rows } from './rows';
import { Undo } from './undo';

export type Imported = Schemas['Imported'];

interface ImporterProps {
  readonly title: string;
  readonly close: () => void;
  /** Hears of what was imported. */
  readonly imported?: (imported: Imported) => void;
}

const ACCEPTED = '.xlsx,.xls,.xlsb,.ods,.csv';
const COLUMNS = 'firstName, lastName, phone, dateOfBirth, customData, notes, timezone';

export function Importer({ title, close, imported }: ImporterProps) {
  const t = useWords();
  const [file, choose] = useState<File | undefined>();
  const [taking, take] = useState<Taking>({ onDuplicate: 'skip', strict: false });
  const rehearsal = useUpload(true);
  const upload = useUpload(false, imported);
  const rehearse = (chosen: File, how: Taking) => {
    choose(chosen);
    take(how);
    upload.reset();
    rehearsal.mutate({ file: chosen, ...how });
  };
  const told = upload.data?.value ?? rehearsal.data?.value;
  const stored = upload.data?.value.importId ?? undefined;
  const busy = rehearsal.isPending || upload.isPending;
  const wrong = upload.error ?? rehearsal.error;
  return (
    <Dialog wide title={title} close={close} actions={<Buttons done={upload.data !== undefined} ready={told !== undefined && wrong === null && !busy} close={close} go={() => file !== undefined && upload.mutate({ file, ...taking })} />}>
      {upload.data === undefined && <Drop label={t('imports.file')} hint={t('imports.hint', { formats: ACCEPTED.replaceAll(',', ', '), columns: COLUMNS })} accept={ACCEPTED} disabled={busy} take={(chosen) => rehearse(chosen, taking)} />}
      {file !== undefined && upload.data === undefined && <Options file={file} taking={taking} disabled={busy} choose={(how) => rehearse(file, how)} />}
      {busy && <Reading importing={upload.isPending} />}
      {wrong !== null && !busy && <Wrong thrown={wrong} say={(text) => t('imports.error', { text })} />}
      {told !== undefined && wrong === null && !busy && <Rows told={told} />}
      {stored !== undefined && <Undo id={stored} />}
    </Dialog>
  );
}

interface ButtonsProps {
  readonly done: boolean;
  readonly ready: boolean;
  readonly close: () => void;
  readonly go: () => void;
}

function Buttons({ done, ready, close, go }: ButtonsProps) {
  const t = useWords();
  if (done) return <button type="button" className="button primary" onClick={close}>{t('imports.done')}</button>;
  return (
    <>
      <button type="button" className="button" onClick={close}>{t('parts.cancel')}</button>
      <button type="button" className="button primary" disabled={!ready} onClick={go}>{t('imports.action')}</button>
    </>
  );
}

function useUpload(dryRun: boolean, imported?: (imported: Imported) => void) {
  return useCommand({
    mutationFn: ({ file, onDuplicate, strict }: Taking & { readonly file: File }) =>
      ask(() => client.POST('/auto-calling/contacts/upload-excel', { params: { query: { dryRun, onDuplicate, strict } }, body: { file: '' }, bodySerializer: () => form({ file }) })),
    onSuccess: ({ value }) => {
      if (dryRun) return;
      changed();
      imported?.(value);
    },
  });
}

/** Rows that the engine has read by now. */
function Reading({ importing }: { readonly importing: boolean }) {
  const t = useWords();
  const { number } = useTime();
  const [read, count] = useState(0);
  useLive<{ readonly kind: string; readonly rowsRead?: number | null }>('/auto-calling', 'upload-progress', (pushes) => {
    const last = pushes.findLast(({ kind, rowsRead }) => kind === 'contacts' && rowsRead != null);
    if (last?.rowsRead != null) count(last.rowsRead);
  });
  const rows = number(read);
  return (
    <>
      <p className="soft" role="status">{importing ? t('imports.importing', { rows }) : t('imports.checking', { rows })}</p>
      <Loading rows={3} />
    </>
  );
}
