import { useQuery } from "@tanstack/react-query";
import { Outlet, useParams } from "@tanstack/react-router";
import { OutageStrip } from "../components/Outage";
import { ConnectGate } from "../features/connections/ConnectGate";
import type { Connection } from "../ipc/bindings";
import { openClusterQuery } from "../ipc/connections";
import { useOutage, useTryNow } from "../ipc/jobs";
import { ClusterHeader } from "./ClusterHeader";
import { ClusterMenu } from "./ClusterMenu";
import { DeletedConnection, WithConnections } from "./Fallback";
import { Page } from "./Page";

function ClusterFrame({ connection }: { connection: Connection }) {
  // Only looked at here: the gate below opens it.
  const { data: cluster } = useQuery({ ...openClusterQuery(connection.id), enabled: false });
  // A connection that is closed has nothing to be out of reach.
  const found = useOutage(connection.id);
  const outage = cluster ? found : null;
  const tryNow = useTryNow(connection.id);
  return (
    <>
      <ClusterHeader
        connection={connection}
        cluster={cluster}
        lostSince={outage?.since}
        menu={<ClusterMenu connection={connection} isOpen={cluster !== undefined} />}
      />
      {outage && (
        <OutageStrip
          name={connection.fields.name}
          outage={outage}
          isTrying={tryNow.isPending}
          onTryNow={() => tryNow.mutate()}
        />
      )}
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
