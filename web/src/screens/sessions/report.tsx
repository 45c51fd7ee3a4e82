// What became of the rows of a list that was uploaded.

import type { ColumnDef } from '@tanstack/react-table';
import { useMemo } from 'react';

import { download, type Schemas } from '../../api/client';
import { Icon } from '../../parts/icon';
import { Table } from '../../parts/table';
import { useTime } from '../../parts/time';
import { useWords, words } from '../../words';
import type { Uploaded } from './starter';

type Invalid = Schemas['InvalidRow'];

export function Report({ list }: { readonly list: Uploaded }) {
  const t = useWords();
  const time = useTime();
  const told = [
    { text: t('sessions.report.numbers'), count: list.totalNumbers },
    { text: t('sessions.report.repaired'), count: list.repaired },
    { text: t('sessions.report.duplicates'), count: list.duplicates },
    { text: t('sessions.report.invalid'), count: list.invalidCount },
  ];
  return (
    <div className="stack report">
      <h2>{t('sessions.report.title')}</h2>
      <dl className="figures">
        {told.map(({ text, count }) => <div key={text}><dt>{text}</dt><dd>{time.number(count)}</dd></div>)}
      </dl>
      {list.invalid.length === 0 ? <p className="soft">{t('sessions.report.fine')}</p> : <Rows rows={list.invalid} />}
      <div className="row">
        {list.invalidCount > list.invalid.length && <span className="soft">{t('sessions.report.first', { shown: time.number(list.invalid.length) })}</span>}
        <button type="button" className="button small" onClick={() => void download(list.report, `report-${list.uploadId}.csv`)}>
          <Icon name="download" />
          {t('sessions.report.download')}
        </button>
      </div>
    </div>
  );
}

function Rows({ rows }: { readonly rows: readonly Invalid[] }) {
  const t = useWords();
  const columns = useMemo((): ColumnDef<Invalid, never>[] => [
    { id: 'line', header: t('sessions.report.line'), cell: ({ row }) => row.original.line, meta: { width: '5rem', end: true, phone: 'side' } },
    { id: 'value', header: t('sessions.report.value'), cell: ({ row }) => <span className="mono">{row.original.value}</span>, meta: { width: 'minmax(7rem, 14rem)', phone: 'title' } },
    { id: 'reason', header: t('sessions.report.reason'), cell: ({ row }) => <Reason row={row.original} />, meta: { width: 'minmax(10rem, 1fr)', phone: 'whole' } },
  ], [t]);
  return <Table label={t('sessions.report.title')} rows={rows} columns={columns} id={({ line }) => String(line)} />;
}

/** In the reader's language where it is one that is known, otherwise as the engine says it. */
function Reason({ row }: { readonly row: Invalid }) {
  const t = useWords();
  const key = `sessions.unfit.${row.code}`;
  return <span title={row.reason}>{words.exists(key) ? t(key as 'sessions.unfit.empty') : row.reason}</span>;
}
