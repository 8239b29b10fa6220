import { useMutation, useQuery } from "@tanstack/react-query";
import { commands } from "./bindings";
import { useCurrentCluster } from "./currentCluster";
import { asCallError } from "./errors";

/** Plans the deletion of these paths and starts it: what the dialog for it needs. Folders end in a slash. */
export function useDeletion(store: string | null, paths: readonly string[], onStarted: () => void) {
  const { connection } = useCurrentCluster();
  const planning = useQuery({
    queryKey: ["plan", "delete", connection.id, store, paths],
    queryFn: () => commands.planDelete(connection.id, { store, paths: [...paths] }),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const starting = useMutation({
    mutationFn: ({ plan, typed }: { plan: string; typed: string | null }) =>
      commands.startDelete(plan, typed),
    onSuccess: onStarted,
  });
  return {
    isProduction: connection.fields.environment === "production",
    plan: planning.data,
    planError: planning.error && asCallError(planning.error),
    onPlanAgain: () => void planning.refetch(),
    startError: starting.error && asCallError(starting.error),
    isStarting: starting.isPending,
    onStart: (plan: string, typed: string | null) => starting.mutate({ plan, typed }),
  };
}
