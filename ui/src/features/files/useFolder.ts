import { keepPreviousData, queryOptions, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { commands, type FolderPage, type UserfileEntry, type UserfileSort } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";
import { asCallError, type CallError } from "../../ipc/errors";

export interface FolderView {
  /** Null for the user's own. */
  store: string | null;
  folder: string;
  sort: UserfileSort;
  descending: boolean;
  filter: string;
}

/** Rows asked for at once: some ten screens, and small enough to arrive within a frame or two. */
const pageSize = 500;
/** While the cluster is still being read, the listing grows: how often to look. */
const growingMs = 400;
/** A listing older than this is read again when one comes to it… */
const agedMs = 60_000;
/** …unless it is long: then it costs the cluster many statements, says how old it is, and is read when asked for. */
const mostReadAgain = 5_000;

function pageQuery(connectionId: string, view: FolderView, page: number) {
  return queryOptions({
    queryKey: clusterKey(connectionId, "files", "page", view, page),
    queryFn: () => fetchPage(connectionId, view, page, false),
    refetchInterval: ({ state }) => (state.data?.complete === false ? growingMs : false),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function fetchPage(connectionId: string, view: FolderView, page: number, refresh: boolean) {
  return commands.listUserfiles(connectionId, {
    ...view,
    filter: view.filter === "" ? null : view.filter,
    offset: page * pageSize,
    limit: pageSize,
    refresh,
  });
}

export interface Folder {
  /** The first page, for totals; undefined while nothing is known. */
  summary: FolderPage | undefined;
  /** As many as there are; holes where a page has not come yet. */
  rows: readonly (UserfileEntry | undefined)[];
  error: CallError | null;
  /** What is shown is of the view before, until this one's rows come. */
  isStale: boolean;
  isRefreshing: boolean;
  show: (first: number, last: number) => void;
  load: (first: number, last: number) => Promise<readonly UserfileEntry[]>;
  refresh: () => Promise<void>;
}

/** One folder's rows, of which only those in view are fetched. */
export function useFolder(connectionId: string, view: FolderView): Folder {
  const queryClient = useQueryClient();
  const [range, setRange] = useState({ first: 0, last: 0 });
  const [isRefreshing, setRefreshing] = useState(false);
  const first = useQuery({ ...pageQuery(connectionId, view, 0), placeholderData: keepPreviousData });
  const total = first.data?.totalEntries ?? 0;
  const lastPage = Math.max(0, Math.ceil(total / pageSize) - 1);
  const wanted: number[] = [];
  for (let page = Math.max(1, range.first); page <= Math.min(lastPage, range.last); page += 1)
    wanted.push(page);
  const others = useQueries({ queries: wanted.map((page) => pageQuery(connectionId, view, page)) });

  const pages = [first.data, ...others.map((query) => query.data)];
  // The list of pages is new at every render; its stamp changes only when their rows do.
  const stamp = [total, ...wanted, first.dataUpdatedAt, ...others.map((query) => query.dataUpdatedAt)].join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  const rows = useMemo(() => {
    const all: (UserfileEntry | undefined)[] = new Array(total).fill(undefined);
    for (const page of pages) {
      page?.entries.forEach((entry, at) => {
        if (page.offset + at < total) all[page.offset + at] = entry;
      });
    }
    return all;
  }, [stamp, view, first.isPlaceholderData]);

  const show = useCallback((from: number, to: number) => {
    const next = { first: Math.floor(from / pageSize), last: Math.floor(to / pageSize) };
    setRange((known) => (known.first === next.first && known.last === next.last ? known : next));
  }, []);

  const load = useCallback(
    async (from: number, to: number) => {
      const found: UserfileEntry[] = [];
      for (let page = Math.floor(from / pageSize); page <= Math.floor(to / pageSize); page += 1) {
        const { entries, offset } = await queryClient.fetchQuery(pageQuery(connectionId, view, page));
        found.push(...entries.slice(Math.max(0, from - offset), Math.max(0, to + 1 - offset)));
      }
      return found;
    },
    [queryClient, connectionId, view],
  );

  const refresh = useCallback(async () => {
    setRefreshing(true);
    try {
      const page = await fetchPage(connectionId, view, 0, true);
      // What other views hold was read before: they ask again when they are shown.
      await queryClient.invalidateQueries({
        queryKey: clusterKey(connectionId, "files"),
        refetchType: "none",
      });
      queryClient.setQueryData(pageQuery(connectionId, view, 0).queryKey, page);
      void queryClient.invalidateQueries({ queryKey: clusterKey(connectionId, "stores") });
    } catch {
      // The query of the page itself shows why.
      await first.refetch();
    } finally {
      setRefreshing(false);
    }
  }, [connectionId, view, queryClient, first.refetch]);

  const isAged =
    first.data?.complete === true &&
    first.data.files <= mostReadAgain &&
    Date.now() - Date.parse(first.data.listedAt) > agedMs;
  const isNew = useRef(true);
  useEffect(() => {
    if (first.data === undefined || !isNew.current) return;
    isNew.current = false;
    if (isAged) void refresh();
  }, [first.data, isAged, refresh]);

  const error = first.error ?? others.find((query) => query.error)?.error ?? null;
  return {
    summary: first.data,
    rows,
    error: error && asCallError(error),
    isStale: first.isPlaceholderData,
    isRefreshing,
    show,
    load,
    refresh,
  };
}
