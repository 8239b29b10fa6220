import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Select } from "../../components/Select";
import { ErrorState, Skeleton } from "../../components/States";
import { TextField } from "../../components/TextField";
import type { CallError } from "../../ipc/errors";
import { shortStore } from "./stores";
import type { CopyTarget } from "./useCopyTarget";

/** A cluster whose secret is not at hand is opened on its own screen: there it is asked for, once. */
function opened(error: CallError, name: string) {
  if (error.code !== "secretNeeded") return error;
  return { message: error.message, hint: `Open ${name} once from the list at the left, then copy again.` };
}

export interface CopyToClusterFormProps {
  target: CopyTarget;
  /** Null while none is chosen. */
  connectionId: string | null;
  store: string | null;
  folder: string;
  folderProblem: string | null;
  onConnectionChange: (id: string) => void;
  onStoreChange: (store: string) => void;
  onFolderChange: (folder: string) => void;
}

/** Which cluster, which file storage of it, and which folder. */
export function CopyToClusterForm({
  target,
  connectionId,
  store,
  folder,
  folderProblem,
  onConnectionChange,
  onStoreChange,
  onFolderChange,
}: CopyToClusterFormProps) {
  const { connection, stores, error } = target;
  const own = stores?.find((each) => each.own);
  return (
    <>
      <Select
        label="Cluster"
        options={target.others.map(({ id, fields }) => ({
          value: id,
          label: fields.name,
          description: fields.readOnly
            ? "Marked read-only: nothing can be copied to it."
            : `${fields.environment}, ${fields.host}`,
          isDisabled: fields.readOnly,
        }))}
        value={connectionId}
        onChange={onConnectionChange}
      />
      {connection && error && (
        <ErrorState
          error={opened(error, connection.fields.name)}
          actions={
            error.code !== "secretNeeded" && (
              <Button size="small" onPress={target.retry}>
                Try again
              </Button>
            )
          }
        />
      )}
      {connection && !error && stores === undefined && (
        <Skeleton label={`Connecting to ${connection.fields.name}`} rows={1} rowHeight={36} />
      )}
      {stores && (
        <>
          {stores.length > 1 && (
            <Select
              label="File storage"
              options={stores.map((each) => ({
                value: each.store,
                label: each.own ? `Your files · ${shortStore(each.store)}` : shortStore(each.store),
                description: each.exists ? each.store : "Comes into being with the first file.",
              }))}
              value={store ?? own?.store ?? null}
              onChange={onStoreChange}
            />
          )}
          <TextField
            label="Folder"
            description="Leave it empty for the top. A folder that does not exist yet comes into being."
            value={folder}
            onChange={onFolderChange}
            error={folderProblem}
            mono
            optional
          />
          {connection?.fields.environment === "production" && (
            <Callout tone="attention" title={`${connection.fields.name} is a production cluster`}>
              The next step shows what would be written there. Nothing is replaced unless you say so.
            </Callout>
          )}
        </>
      )}
    </>
  );
}
