import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type MouseEvent,
  memo,
  type ReactNode,
  type Ref,
  useEffect,
  useId,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from "react";
import { Icon } from "./Icon";
import { returnFocusTo } from "./lastFocus";
import type { Selection } from "./selection";
import { useStable } from "./useStable";
import styles from "./VirtualGrid.module.css";
import { VisuallyHidden } from "./VisuallyHidden";

export interface GridColumn<Row> {
  id: string;
  header: string;
  /** The header is for screen readers alone: the cells speak for themselves to the eye. */
  hideHeader?: boolean;
  /** A CSS grid track: `minmax(0, 1fr)`, `110px`. */
  width: string;
  align?: "start" | "end";
  isSortable?: boolean;
  /** Left out below 960 px of window width. */
  isMinor?: boolean;
  cell: (row: Row, state: { isActive: boolean; isSelected: boolean }) => ReactNode;
}

export interface GridSort {
  column: string;
  direction: "ascending" | "descending";
}

export interface VirtualGridProps<Row> {
  label: string;
  columns: readonly GridColumn<Row>[];
  /**
   * In the order to show: whoever holds the rows sorts them. A hole is a row that was not fetched yet: its place
   * is kept, and `onRangeChange` tells when it comes into view.
   */
  rows: readonly (Row | undefined)[];
  rowKey: (row: Row) => string;
  /** Spoken for a row instead of the sum of its cells. */
  rowLabel?: (row: Row) => string;
  rowHeight?: number;
  /** How tall the list may grow before it scrolls: any CSS length. Left out, it takes what its column leaves it. */
  maxHeight?: string;
  sort?: GridSort | null;
  onSortChange?: (sort: GridSort) => void;
  /** Keys of the selected rows. Leave out for a list without selection. */
  selection?: Selection;
  onSelectionChange?: (selection: Selection) => void;
  /** A plain click adds a row or takes it away, as where each row has a box to tick. */
  clickToggles?: boolean;
  /** One row at a time, as where each row has a radio button: the keys that move choose as well. */
  isSingle?: boolean;
  /** Makes the list a tree: rows that hold others stand before them, and are unfolded with the arrow keys. */
  tree?: {
    /** 1 for the outermost. */
    levelOf: (row: Row) => number;
    /** Undefined for a row that holds no others. */
    isExpanded: (row: Row) => boolean | undefined;
    onExpand: (row: Row, isExpanded: boolean) => void;
  };
  /** Enter or a double click. */
  onOpen?: (row: Row) => void;
  /**
   * More keys, written "F2", "Alt+Enter", "Control+y" (Control is the command key where there is one). They are for
   * the selected rows; where none is, the active row is selected first.
   */
  keys?: Readonly<Record<string, (active: Row) => void>>;
  /**
   * A menu is asked for, by the right button or the keyboard, at a place in the window. It is for the selected rows:
   * a row that was not among them is selected first.
   */
  onMenu?: (place: MenuPlace) => void;
  /** A printable key: lists that filter as one types take it from here. */
  onType?: (character: string) => void;
  /** The row the keyboard is on, whenever it changes. */
  onActiveChange?: (row: Row | null) => void;
  /** The first and last row drawn, whenever they change: fetch what is missing between them. */
  onRangeChange?: (first: number, last: number) => void;
  /** Fetches rows that a selection reaches and that are not here. Needed where there are holes. */
  loadRows?: (first: number, last: number) => Promise<readonly Row[]>;
  empty?: ReactNode;
  handle?: Ref<GridHandle<Row>>;
}

export interface GridHandle<Row> {
  /**
   * What a dialog was opened for is done to the selected rows: when it has gone, the keyboard is in the list again,
   * where the first of them is or was, and on `next` as soon as it comes.
   */
  returnTo: (next?: (row: Row) => boolean) => void;
}

export interface MenuPlace {
  x: number;
  y: number;
}

const headerHeight = 34;
const usualRowHeight = 40;

/** How tall so many rows are with their head. */
export const gridHeight = (rows: number) => headerHeight + rows * usualRowHeight;

/** "Alt+Enter", "Control+y", "Delete": how a key is written in `keys`. */
function written(event: KeyboardEvent): string {
  const isLetter = event.key.length === 1;
  return [
    (event.ctrlKey || event.metaKey) && "Control",
    event.altKey && "Alt",
    event.shiftKey && "Shift",
    isLetter ? event.key.toLowerCase() : event.key,
  ]
    .filter(Boolean)
    .join("+");
}

interface GridRowProps<Row> {
  row: Row;
  id: string;
  index: number;
  start: number;
  height: number;
  columns: readonly GridColumn<Row>[];
  rowLabel: ((row: Row) => string) | undefined;
  isSelected: boolean;
  isActive: boolean;
  isSelectable: boolean;
  level: number | undefined;
  isExpanded: boolean | undefined;
  onClick: (event: MouseEvent, at: number) => void;
  onOpen: (row: Row) => void;
  onContextMenu: (event: MouseEvent, at: number) => void;
}

/** Drawn anew only when something of it changed: scrolling moves none of the rows that stay. */
function GridRowOf<Row>({
  row,
  id,
  index,
  start,
  height,
  columns,
  rowLabel,
  isSelected,
  isActive,
  isSelectable,
  level,
  isExpanded,
  onClick,
  onOpen,
  onContextMenu,
}: GridRowProps<Row>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the grid holds the focus and the keys
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelectable ? isSelected : undefined}
      aria-label={rowLabel?.(row)}
      aria-level={level}
      aria-expanded={isExpanded}
      className={styles.row}
      data-selected={isSelected || undefined}
      data-active={isActive || undefined}
      style={{ height, transform: `translateY(${start}px)` }}
      onClick={(event) => onClick(event, index)}
      onDoubleClick={() => onOpen(row)}
      onContextMenu={(event) => onContextMenu(event, index)}
    >
      {columns.map((column) => (
        // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: the grid holds the focus
        <div
          key={column.id}
          role="gridcell"
          className={styles.cell}
          data-align={column.align}
          data-minor={column.isMinor || undefined}
        >
          {column.cell(row, { isActive, isSelected })}
        </div>
      ))}
    </div>
  );
}

const GridRow = memo(GridRowOf) as typeof GridRowOf;

/**
 * A list for up to hundreds of thousands of rows: only what is in view is drawn. One tab stop; the arrows, Home,
 * End and the page keys move, Shift extends, Space and Ctrl toggle, Ctrl+A takes all, Escape lets go. What else a key
 * does is for the list that has the rows to say: `keys`.
 */
export function VirtualGrid<Row>({
  label,
  columns,
  rows,
  rowKey,
  rowLabel,
  rowHeight = usualRowHeight,
  maxHeight,
  sort,
  onSortChange,
  selection,
  onSelectionChange,
  clickToggles = false,
  isSingle = false,
  tree,
  onOpen,
  keys,
  onMenu,
  onType,
  onActiveChange,
  onRangeChange,
  loadRows,
  empty,
  handle,
}: VirtualGridProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const [active, setActive] = useState(0);
  const anchor = useRef(0);
  const awaited = useRef<((row: Row) => boolean) | null>(null);
  const selectedAt =
    isSingle && selection !== undefined && selection.size > 0
      ? rows.findIndex((row) => row !== undefined && selection.has(rowKey(row)))
      : -1;
  // Of one choice the keyboard stands where the choice is, also when that was made elsewhere.
  const activeAt = selectedAt >= 0 ? selectedAt : Math.min(active, rows.length - 1);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollPaddingStart: headerHeight,
  });
  const items = virtualizer.getVirtualItems();
  const firstDrawn = items[0]?.index ?? -1;
  const lastDrawn = items.at(-1)?.index ?? -1;

  useEffect(() => {
    if (lastDrawn >= 0) onRangeChange?.(firstDrawn, lastDrawn);
  }, [firstDrawn, lastDrawn, onRangeChange]);

  const stand = useStable((at: number) => {
    if (at < 0) return;
    setActive(at);
    anchor.current = at;
    virtualizer.scrollToIndex(at);
  });
  const returnTo = useStable((next?: (row: Row) => boolean) => {
    stand(rows.findIndex((row) => row !== undefined && selection?.has(rowKey(row))));
    awaited.current = next ?? null;
    if (scroller.current) returnFocusTo(scroller.current);
  });
  useImperativeHandle(handle, () => ({ returnTo }), [returnTo]);
  useEffect(() => {
    const isIt = awaited.current;
    const at = isIt === null ? -1 : rows.findIndex((row) => row !== undefined && isIt(row));
    if (at < 0) return;
    awaited.current = null;
    stand(at);
  }, [rows, stand]);

  const canSelect = selection !== undefined && onSelectionChange !== undefined;

  async function selectRange(from: number, to: number) {
    const [first, last] = from < to ? [from, to] : [to, from];
    const known = rows.slice(first, last + 1);
    const loaded = loadRows && known.includes(undefined) ? await loadRows(first, last) : known;
    onSelectionChange?.(new Set(loaded.filter((row) => row !== undefined).map(rowKey)));
  }

  function moveTo(to: number, extend: boolean) {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    awaited.current = null;
    setActive(next);
    virtualizer.scrollToIndex(next);
    if (isSingle) selectOnly(next);
    else if (canSelect && extend) void selectRange(anchor.current, next);
    else anchor.current = next;
    onActiveChange?.(rows[next] ?? null);
  }

  function toggle(at: number) {
    const row = rows[at];
    if (!canSelect || row === undefined) return;
    if (isSingle) return selectOnly(at);
    const next = new Set(selection);
    const key = rowKey(row);
    if (!next.delete(key)) next.add(key);
    anchor.current = at;
    onSelectionChange(next);
  }

  /** Right unfolds, then goes in; left folds, then goes out. */
  function moveInTree(key: string): boolean {
    const row = rows[activeAt];
    if (tree === undefined || row === undefined) return false;
    const isExpanded = tree.isExpanded(row);
    if (key === "ArrowRight") {
      if (isExpanded === false) tree.onExpand(row, true);
      else if (isExpanded) moveTo(activeAt + 1, false);
      return true;
    }
    if (key !== "ArrowLeft") return false;
    if (isExpanded) {
      tree.onExpand(row, false);
      return true;
    }
    const level = tree.levelOf(row);
    for (let at = activeAt - 1; at >= 0; at--) {
      const above = rows[at];
      if (above !== undefined && tree.levelOf(above) < level) {
        moveTo(at, false);
        break;
      }
    }
    return true;
  }

  function onKeyDown(event: KeyboardEvent<HTMLDivElement>) {
    // A button or a field inside a cell has its own keys.
    if (event.target !== event.currentTarget || rows.length === 0) return;
    const page = Math.max(
      1,
      Math.floor(((scroller.current?.clientHeight ?? 0) - headerHeight) / rowHeight) - 1,
    );
    const isCommand = event.ctrlKey || event.metaKey;
    const key = written(event);
    const act = keys?.[key];
    const moves: Record<string, number> = {
      // Where nothing is chosen yet, the first is.
      ArrowDown: isSingle && selectedAt < 0 ? 0 : activeAt + 1,
      ArrowUp: activeAt - 1,
      PageDown: activeAt + page,
      PageUp: activeAt - page,
      Home: 0,
      End: rows.length - 1,
    };
    const move = moves[event.key];
    if (act) {
      const row = rows[activeAt];
      if (row === undefined) return;
      if (canSelect && selection.size === 0) selectOnly(activeAt);
      act(row);
    } else if ((key === "Shift+F10" || event.key === "ContextMenu") && onMenu) {
      const row = document.getElementById(rowId(activeAt))?.getBoundingClientRect();
      if (row === undefined) return;
      askForMenu(activeAt, { x: row.left + 32, y: row.bottom - 4 });
    } else if (move !== undefined && !event.altKey) moveTo(move, event.shiftKey);
    else if (event.key === " ") {
      if (event.shiftKey && canSelect && !isSingle) void selectRange(anchor.current, activeAt);
      else toggle(activeAt);
    } else if (event.key === "Enter") {
      const row = rows[activeAt];
      if (row !== undefined) onOpen?.(row);
    } else if (isCommand && event.key.toLowerCase() === "a" && canSelect && !isSingle) {
      void selectRange(0, rows.length - 1);
    } else if (event.key === "Escape" && canSelect && !isSingle && selection.size > 0)
      onSelectionChange(new Set());
    else if (event.key.length === 1 && !isCommand && !event.altKey && onType) onType(event.key);
    else if (event.altKey || !moveInTree(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  function onRowClick(event: MouseEvent, at: number) {
    const row = rows[at];
    if (row === undefined) return;
    awaited.current = null;
    setActive(at);
    onActiveChange?.(row);
    if (!canSelect) return;
    if (isSingle) selectOnly(at);
    else if (event.shiftKey) void selectRange(anchor.current, at);
    else if (clickToggles || event.ctrlKey || event.metaKey) toggle(at);
    else selectOnly(at);
  }

  function selectOnly(at: number) {
    const row = rows[at];
    if (row === undefined) return;
    anchor.current = at;
    onSelectionChange?.(new Set([rowKey(row)]));
  }

  function askForMenu(at: number, place: MenuPlace) {
    const row = rows[at];
    if (row === undefined || !onMenu) return;
    setActive(at);
    if (canSelect && !selection.has(rowKey(row))) selectOnly(at);
    scroller.current?.focus();
    onMenu(place);
  }

  const onClick = useStable(onRowClick);
  const openRow = useStable((row: Row) => onOpen?.(row));
  const onContextMenu = useStable((event: MouseEvent, at: number) => {
    if (!onMenu) return;
    event.preventDefault();
    askForMenu(at, { x: event.clientX, y: event.clientY });
  });

  const style = useMemo(
    () =>
      ({
        "--grid-tracks": columns.map((column) => column.width).join(" "),
        "--grid-tracks-narrow": columns
          .filter((column) => !column.isMinor)
          .map((column) => column.width)
          .join(" "),
        maxHeight,
      }) as React.CSSProperties,
    [columns, maxHeight],
  );
  const rowId = (at: number) => `${id}-row-${at}`;

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useAriaPropsSupportedByRole: its role is a grid's in either case; a table element cannot be virtual
    <div
      ref={scroller}
      className={styles.grid}
      style={style}
      data-empty={rows.length === 0 || undefined}
      role={tree ? "treegrid" : "grid"}
      aria-label={label}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      aria-multiselectable={(canSelect && !isSingle) || undefined}
      aria-activedescendant={rows.length > 0 ? rowId(activeAt) : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      {/* biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: the grid holds the focus */}
      <div className={styles.head} role="row" aria-rowindex={1}>
        {columns.map((column) => (
          // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: the grid holds the focus
          <div
            key={column.id}
            role="columnheader"
            aria-sort={sort?.column === column.id ? sort.direction : column.isSortable ? "none" : undefined}
            className={styles.headCell}
            data-align={column.align}
            data-minor={column.isMinor || undefined}
          >
            {column.isSortable && onSortChange ? (
              <button
                type="button"
                className={styles.sort}
                onClick={() =>
                  onSortChange({
                    column: column.id,
                    direction:
                      sort?.column === column.id && sort.direction === "ascending"
                        ? "descending"
                        : "ascending",
                  })
                }
              >
                {column.header}
                {sort?.column === column.id && (
                  <Icon name={sort.direction === "ascending" ? "arrowUp" : "arrowDown"} size={11} />
                )}
              </button>
            ) : column.hideHeader ? (
              <VisuallyHidden>{column.header}</VisuallyHidden>
            ) : (
              column.header
            )}
          </div>
        ))}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a table element cannot be virtual */}
      <div className={styles.body} role="rowgroup" style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) {
            return (
              <div
                key={item.index}
                className={styles.hole}
                style={{ height: item.size, transform: `translateY(${item.start}px)` }}
              />
            );
          }
          const key = rowKey(row);
          const isSelected = selection?.has(key) ?? false;
          return (
            <GridRow
              key={key}
              row={row}
              id={rowId(item.index)}
              index={item.index}
              start={item.start}
              height={item.size}
              columns={columns}
              rowLabel={rowLabel}
              isSelected={isSelected}
              isActive={item.index === activeAt}
              isSelectable={canSelect}
              level={tree?.levelOf(row)}
              isExpanded={tree?.isExpanded(row)}
              onClick={onClick}
              onOpen={openRow}
              onContextMenu={onContextMenu}
            />
          );
        })}
      </div>
      {rows.length === 0 && empty && <div className={styles.empty}>{empty}</div>}
    </div>
  );
}
