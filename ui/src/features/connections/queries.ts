import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { type Connection, type ConnectionDraft, type ConnectionReport, commands } from "../../ipc/bindings";
import { Channel } from "../../ipc/call";
import { clusterKey, connectionsQuery } from "../../ipc/connections";

/** Asking may open the system's unlock prompt, so it is asked only where a secret is about to be kept. */
export const keyringQuery = queryOptions({
  queryKey: ["keyring"],
  queryFn: commands.getKeyringState,
  staleTime: Number.POSITIVE_INFINITY,
});

export function useSaveConnection(onSaved: (connection: Connection) => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (draft: ConnectionDraft) => commands.saveConnection(draft),
    onSuccess: async (connection) => {
      // An edited address closes what was opened at the old one.
      queryClient.removeQueries({ queryKey: clusterKey(connection.id) });
      await queryClient.invalidateQueries(connectionsQuery);
      onSaved(connection);
    },
  });
}

/** Tests a form as it stands, step by step. Each report is whole; the newest is kept. */
export function useConnectionTest() {
  const [report, setReport] = useState<ConnectionReport | null>(null);
  const [tested, setTested] = useState<ConnectionDraft | null>(null);
  // A test that was begun again, or left, does not draw over its successor.
  const current = useRef(0);
  const test = useMutation({
    mutationFn: (draft: ConnectionDraft) => {
      current.current += 1;
      const number = current.current;
      setReport(null);
      setTested(draft);
      const channel = new Channel<ConnectionReport>();
      channel.onmessage = (next) => {
        if (number === current.current) setReport(next);
      };
      return commands.testConnection(draft, channel).then((last) => {
        if (number === current.current) setReport(last);
        return last;
      });
    },
  });
  return { report, tested, test };
}
