import { useQuery } from "@tanstack/react-query";
import { Button } from "../../components/Button";
import { ErrorState } from "../../components/States";
import { commands } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";
import { useCurrentCluster } from "../../ipc/currentCluster";
import type { CallError } from "../../ipc/errors";
import type { StepProps } from "./search";

export interface GoneBackupProps extends StepProps {
  error: CallError;
  onBackups: () => void;
}

/** A backup that is not where it was: the way to where it is now, if its collection was renamed, and to all others. */
export function GoneBackup({ error, search, onSearchChange, onBackups }: GoneBackupProps) {
  const { connection } = useCurrentCluster();
  const { subdirectory = "", collection } = search;
  const holding = useQuery({
    queryKey: clusterKey(connection.id, "backups", "holding", subdirectory),
    queryFn: () => commands.listCollectionsHolding(connection.id, subdirectory),
    enabled: subdirectory !== "",
  });
  const found = (holding.data ?? []).filter(({ uri }) => uri !== collection);
  const [first] = found;
  return (
    <ErrorState
      error={{
        message: error.message,
        hint: first
          ? `A backup of the same moment is in ${first.name}: the collection was renamed or copied.`
          : error.hint,
        detail: error.detail,
      }}
      actions={
        <>
          {found.map(({ uri, name }) => (
            <Button
              key={uri}
              size="small"
              variant={uri === first?.uri ? "primary" : "secondary"}
              onPress={() => onSearchChange({ ...search, collection: uri }, { replace: true })}
            >
              {`Take it from ${name}`}
            </Button>
          ))}
          <Button size="small" onPress={onBackups}>
            See all backups
          </Button>
        </>
      }
    />
  );
}
