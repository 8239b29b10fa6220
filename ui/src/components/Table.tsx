import type { ReactNode } from "react";
import styles from "./Table.module.css";

export interface TableColumn<Row> {
  id: string;
  header: ReactNode;
  align?: "start" | "end";
  /** A CSS width; the rest is shared by content. */
  width?: string;
  /** Left out below 960 px of window width. */
  isMinor?: boolean;
  /** Names the row to a screen reader: one column at most. */
  isRowHeader?: boolean;
  cell: (row: Row) => ReactNode;
}

export interface TableProps<Row> {
  label: string;
  columns: readonly TableColumn<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Widths come from the columns alone: those of several tables then stand under each other. */
  isAligned?: boolean;
  /** How a row stands out, such as the one that something is dragged to. */
  rowState?: (row: Row) => "dragged" | "target" | undefined;
  /** Shown under the head when there are no rows. */
  empty?: ReactNode;
}

/** A plain table for up to a few hundred rows. Longer or selectable lists belong in a VirtualGrid. */
export function Table<Row>({
  label,
  columns,
  rows,
  rowKey,
  isAligned = false,
  rowState,
  empty,
}: TableProps<Row>) {
  return (
    <div className={styles.scroll} data-aligned={isAligned || undefined}>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                data-align={column.align}
                data-minor={column.isMinor || undefined}
                style={{ width: column.width }}
              >
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} data-row={rowKey(row)} data-state={rowState?.(row)}>
              {columns.map((column) =>
                column.isRowHeader ? (
                  <th
                    key={column.id}
                    scope="row"
                    data-align={column.align}
                    data-minor={column.isMinor || undefined}
                  >
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.id} data-align={column.align} data-minor={column.isMinor || undefined}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
          {rows.length === 0 && empty && (
            <tr>
              <td colSpan={columns.length} className={styles.empty}>
                {empty}
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
