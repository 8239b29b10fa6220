import { useQuery } from "@tanstack/react-query";
import { Outlet, useParams } from "@tanstack/react-router";
import { ConnectGate } from "../features/connections/ConnectGate";
import type { Connection } from "../ipc/bindings";
import { openClusterQuery, useIsLost } from "../ipc/connections";
import { ClusterHeader } from "./ClusterHeader";
import { ClusterMenu } from "./ClusterMenu";
import { DeletedConnection, WithConnections } from "./Fallback";
import { Page } from "./Page";

function ClusterFrame({ connection }: { connection: Connection }) {
  // Only looked at here: the gate below opens it.
  const { data: cluster } = useQuery({ ...openClusterQuery(connection.id), enabled: false });
  const isLost = useIsLost(connection.id);
  return (
    <>
      <ClusterHeader
        connection={connection}
        cluster={cluster}
        isLost={isLost}
        menu={<ClusterMenu connection={connection} isOpen={cluster !== undefined} />}
      />
      <Page>
        <ConnectGate key={connection.id} connection={connection}>
          <Outlet />
        </ConnectGate>
      </Page>
    </>
  );
}

export function ClusterPage() {
  const { connectionId } = useParams({ from: "/clusters/$connectionId" });
  return (
    <WithConnections>
      {(list) => {
        const connection = list.connections.find(({ id }) => id === connectionId);
        return connection ? <ClusterFrame connection={connection} /> : <DeletedConnection />;
      }}
    </WithConnections>
  );
}
