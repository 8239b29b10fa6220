import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useParams } from "@tanstack/react-router";
import { EmptyState, ErrorState, Skeleton } from "../components/States";
import { ConnectGate } from "../features/connections/ConnectGate";
import { openClusterQuery, useConnections } from "../ipc/connections";
import { asCallError } from "../ipc/errors";
import { ClusterHeader } from "./ClusterHeader";
import { ClusterMenu } from "./ClusterMenu";
import { Page } from "./Page";

export function ClusterPage() {
  const { connectionId } = useParams({ from: "/clusters/$connectionId" });
  const { data: list, error } = useConnections();
  const { data: cluster } = useQuery({ ...openClusterQuery(connectionId), enabled: false });
  const connection = list?.connections.find(({ id }) => id === connectionId);
  if (connection) {
    return (
      <>
        <ClusterHeader
          connection={connection}
          cluster={cluster}
          menu={<ClusterMenu connection={connection} isOpen={cluster !== undefined} />}
        />
        <Page>
          <ConnectGate key={connectionId} connection={connection}>
            <Outlet />
          </ConnectGate>
        </Page>
      </>
    );
  }
  return (
    <Page>
      {error ? (
        <ErrorState error={asCallError(error)} />
      ) : list ? (
        <EmptyState
          icon="plug"
          title="This connection was deleted"
          action={<Link to="/">All connections</Link>}
        />
      ) : (
        <Skeleton label="Loading the connections" />
      )}
    </Page>
  );
}
