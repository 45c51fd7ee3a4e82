// A table of any length: only the rows that can be seen are there. It scrolls in a box of its own, so that the page never does sideways.
// What a screen shows in it is the screen's business, down to the width of each column.

import { type ColumnDef, flexRender, getCoreRowModel, type Row, type RowData, useReactTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, useEffect, useMemo, useRef } from 'react';

import { useMedia } from './media';

declare module '@tanstack/react-table' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- the library's own parameters
  interface ColumnMeta<TData extends RowData, TValue> {
    /** As CSS grids have it, such as `minmax(8rem, 1fr)`. */
    readonly width: string;
    /** Where on a phone's card it stands: above, beside that, below or across below. Left out, it is not shown there. */
    readonly phone?: 'title' | 'side' | 'line' | 'end' | 'whole';
    readonly end?: boolean;
  }
}

/** As `looks/parts.css` has them. */
const ROW_PX = 44;
const CARD_PX = 68;
const PHONE = '(max-width: 45rem)';
const AHEAD = 12;
/** As many rows are shown without a box of their own. */
const BOX_ROWS_MAX = 14;

interface TableProps<T extends RowData> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly ColumnDef<T, never>[];
  readonly id: (row: T) => string;
  /** What a click anywhere in a row does; the row has a link or a button for those who do not click. */
  readonly open?: (row: T) => void;
  /** Called when the last rows come into sight. */
  readonly end?: () => void;
  readonly empty?: ReactNode;
  /** As high as all its rows, where they are few and none should have to be looked for. */
  readonly whole?: boolean;
}

export function Table<T extends RowData>({ label, rows, columns, id, open, end, empty, whole = false }: TableProps<T>) {
  const height = useMedia(PHONE) ? CARD_PX : ROW_PX;
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => height, overscan: AHEAD });
  useEffect(() => virtual.measure(), [virtual, height]);
  const seen = virtual.getVirtualItems();
  // Only what is seen: to have thousands of rows described anew at each push would cost more than to show them.
  const [first, last] = [seen[0]?.index ?? 0, seen.at(-1)?.index ?? -1];
  const data = useMemo(() => rows.slice(first, last + 1), [rows, first, last]);
  const table = useReactTable({ data, columns: columns as ColumnDef<T>[], getRowId: id, getCoreRowModel: getCoreRowModel(), autoResetAll: false });
  const lines = table.getRowModel().rows;
  useEffect(() => {
    if (rows.length > 0 && last >= rows.length - AHEAD) end?.();
  }, [last, rows.length, end]);
  if (rows.length === 0 && empty !== undefined) return <>{empty}</>;
  const metas = table.getAllColumns().map((column) => column.columnDef.meta);
  const tracks = metas.map((meta) => meta?.width ?? '1fr').join(' ');
  const style = { '--tracks': tracks, '--rows': whole ? rows.length : Math.min(rows.length, BOX_ROWS_MAX) } as React.CSSProperties;
  return (
    // Reached by the keyboard, since it scrolls.
    <div ref={box} className="table-box" tabIndex={0} role="group" aria-label={label} style={style}>
      <div className="table" role="table" aria-label={label} aria-rowcount={rows.length + 1}>
        <div className="table-head" role="rowgroup">
          {table.getHeaderGroups().map((group) => (
            <div key={group.id} className="table-row" role="row" aria-rowindex={1}>
              {group.headers.map((header) => (
                <div key={header.id} className={cellClass(header.column.columnDef.meta)} role="columnheader">
                  {flexRender(header.column.columnDef.header, header.getContext())}
                </div>
              ))}
            </div>
          ))}
        </div>
        <div className="table-body" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {seen.map((item, place) => {
            const row = lines[place];
            return row === undefined ? null : <Line key={row.id} row={row} data={row.original} columns={columns} start={item.start} index={item.index} open={open} />;
          })}
        </div>
      </div>
    </div>
  );
}

interface LineProps<T extends RowData> {
  readonly row: Row<T>;
  /** The same object as before where nothing changed, whatever became of the row around it. */
  readonly data: T;
  /** The row itself is the same one, whatever became of its columns. */
  readonly columns: readonly ColumnDef<T, never>[];
  readonly start: number;
  readonly index: number;
  readonly open: ((row: T) => void) | undefined;
}

const Line = memo(PlainLine, (before, after) =>
  before.data === after.data && before.start === after.start && before.index === after.index && before.open === after.open
  && before.columns === after.columns) as typeof PlainLine;

function PlainLine<T extends RowData>({ row, data, start, index, open }: LineProps<T>) {
  return (
    <div
      className={open === undefined ? 'table-row' : 'table-row opens'}
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${start}px)` }}
      onClick={(event) => {
        if (open !== undefined && !(event.target as HTMLElement).closest('a, button, input')) open(data);
      }}
    >
      {row.getVisibleCells().map((cell) => (
        <div key={cell.id} className={cellClass(cell.column.columnDef.meta)} role="cell">
          {flexRender(cell.column.columnDef.cell, cell.getContext())}
        </div>
      ))}
    </div>
  );
}

function cellClass(meta: { readonly phone?: string; readonly end?: boolean } | undefined): string {
  return ['table-cell', meta?.end === true ? 'end' : '', meta?.phone === undefined ? '' : `at-${meta.phone}`].filter(Boolean).join(' ');
}
