import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Content } from "../components/Content";
import { EmptyState, ErrorState, Skeleton } from "../components/States";
import type { ConnectionList } from "../ipc/bindings";
import { useConnections } from "../ipc/connections";
import { asCallError } from "../ipc/errors";
import { Page } from "./Page";

/** A page that needs the list of connections: until it is there, and when it cannot be had. */
export function WithConnections({ children }: { children: (list: ConnectionList) => ReactNode }) {
  const { data: list, error, refetch } = useConnections();
  if (list) return children(list);
  return (
    <Page>
      <Content>
        {error ? (
          <ErrorState error={asCallError(error)} alwaysRetry onRetry={() => void refetch()} />
        ) : (
          <Skeleton label="Loading the connections" />
        )}
      </Content>
    </Page>
  );
}

export function DeletedConnection() {
  return (
    <Page>
      <EmptyState
        icon="plug"
        title="This connection was deleted"
        action={<Link to="/">All connections</Link>}
      />
    </Page>
  );
}

/** A fault while a page was drawn. The rest of the window goes on. */
export function BrokenPage({ error, reset }: { error: unknown; reset: () => void }) {
  return (
    <Page>
      <Content>
        <ErrorState error={asCallError(error)} alwaysRetry onRetry={reset} />
      </Content>
    </Page>
  );
}
