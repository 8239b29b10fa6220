import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { type Connection, type ConnectionDraft, commands } from "../../ipc/bindings";
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
