import { useQuery } from "@tanstack/react-query";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { ErrorState } from "../../components/States";
import { databasesQuery } from "../../ipc/backups";
import { asCallError } from "../../ipc/errors";

/** After an ending that nobody saw: look before anything is repeated. */
export function LookForIt({ connectionId, name }: { connectionId: string; name: string }) {
  const { data, error, isFetching, isFetchedAfterMount, refetch } = useQuery({
    ...databasesQuery(connectionId),
    enabled: false,
  });
  if (error) return <ErrorState error={asCallError(error)} alwaysRetry onRetry={() => void refetch()} />;
  const isThere = isFetchedAfterMount && data?.some((database) => database.name === name);
  return (
    <Callout
      tone={isThere ? "attention" : "info"}
      title={
        !isFetchedAfterMount || data === undefined
          ? `Is there a ${name}?`
          : isThere
            ? `${name} exists`
            : `${name} does not exist`
      }
      actions={
        <Button size="small" isPending={isFetching} onPress={() => void refetch()}>
          {isFetchedAfterMount ? "Look again" : "Look"}
        </Button>
      }
    >
      {isFetchedAfterMount && data !== undefined
        ? isThere
          ? "Whether it is complete was not checked. Compare it before you use it."
          : "The restore left nothing behind, or has not got that far."
        : "One statement tells."}
    </Callout>
  );
}
