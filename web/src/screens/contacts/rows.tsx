// What became of the rows of a workbook, or would: the numbers, and every row of which there is anything to say.

import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';

import { download } from '../../api/client';
import { Badge } from '../../parts/badge';
import { Icon } from '../../parts/icon';
import { Table } from '../../parts/table';
import { useTime } from '../../parts/time';
import { useWords, words } from '../../words';
import type { Imported } from './importer';

/** A row, and one thing about one of its fields: a row may have several lines. */
interface Line {
  readonly key: string;
  readonly row: number;
  readonly outcome: string;
  readonly note: Imported['rows'][number]['notes'][number] | undefined;
}

const COUNTS = ['total', 'created', 'updated', 'skipped', 'rejected', 'repaired', 'warnings'] as const;
const OUTCOMES = ['created', 'updated', 'skipped', 'rejected'] as const;
/** The API tells no more rows than these; the report has all. */
const TOLD_MAX = 1_000;

export function Rows({ told }: { readonly told: Imported }) {
  const t = useWords();
  const { number } = useTime();
  const { report, importId } = told;
  const lines = useMemo(() => told.rows.flatMap((row): Line[] =>
    row.notes.length === 0
      ? [{ key: String(row.row), row: row.row, outcome: row.outcome, note: undefined }]
      : row.notes.map((note, place) => ({ key: `${row.row}-${place}`, row: row.row, outcome: row.outcome, note }))), [told]);
  return (
    <section className="stack" aria-label={t('imports.report')}>
      <p className={told.dryRun ? 'soft' : 'is-good'} role="status">{told.dryRun ? t('imports.dry') : t('imports.stored')}</p>
      <h3>{told.dryRun ? t('imports.would') : t('imports.became')}</h3>
      <dl className="figures">
        {COUNTS.map((count) => <div key={count}><dt>{t(`imports.${count}`)}</dt><dd>{number(told[count])}</dd></div>)}
      </dl>
      {lines.length === 0 ? <p className="soft">{t('imports.fine')}</p> : <div className="within"><Lines lines={lines} /></div>}
      <div className="row">
        {told.rows.length >= TOLD_MAX && <span className="soft">{t('imports.first', { shown: number(told.rows.length) })}</span>}
        {report != null && (
          <button type="button" className="button small" onClick={() => void download(report, `import-${importId ?? ''}.csv`)}>
            <Icon name="download" />
            {t('imports.download')}
          </button>
        )}
      </div>
    </section>
  );
}

function Lines({ lines }: { readonly lines: readonly Line[] }) {
  const t = useWords();
  const columns = useMemo((): ColumnDef<Line, never>[] => [
    { id: 'row', header: t('imports.row'), cell: ({ row }) => row.original.row, meta: { width: '4.5rem', end: true } },
    { id: 'outcome', header: t('imports.outcome'), cell: ({ row }) => <Outcome outcome={row.original.outcome} />, meta: { width: '8rem', phone: 'side' } },
    { id: 'field', header: t('imports.field'), cell: ({ row }) => <Field line={row.original} />, meta: { width: '8rem', phone: 'title' } },
    { id: 'change', header: t('imports.change'), cell: ({ row }) => <Change line={row.original} />, meta: { width: '16rem' } },
    { id: 'reason', header: t('imports.reason'), cell: ({ row }) => <Reason line={row.original} />, meta: { width: 'minmax(8rem, 1fr)', phone: 'whole' } },
  ], [t]);
  return <Table label={t('imports.report')} rows={lines} columns={columns} id={({ key }) => key} />;
}

function Outcome({ outcome }: { readonly outcome: string }) {
  const t = useWords();
  const known = OUTCOMES.find((one) => one === outcome);
  return <Badge status={outcome} text={known === undefined ? outcome : t(`imports.outcomes.${known}`)} />;
}

/** On a phone, where rows have no column of their own, with the row. */
function Field({ line: { row, note } }: { readonly line: Line }) {
  return <><span className="line-row">{row} · </span><span className="mono">{note?.field}</span></>;
}

/** What stood there, and what was made of it. */
function Change({ line: { note } }: { readonly line: Line }) {
  const t = useWords();
  if (note === undefined) return null;
  const after = note.what === 'earlier_row' ? t('imports.earlier', { row: note.after }) : note.after;
  const told = [note.before, after].filter((text) => text !== '').join(' → ');
  return <span className="mono" title={told}>{told}</span>;
}

/** In the reader's language where it is one that is known, otherwise as the engine says it. */
function Reason({ line: { note } }: { readonly line: Line }) {
  const t = useWords();
  if (note === undefined) return null;
  const known = [`imports.what.${note.what}`, `sessions.unfit.${note.what}`].find((key) => words.exists(key));
  const told = known === undefined ? note.reason : t(known as 'imports.what.exists');
  return <span title={told}>{told}</span>;
}
