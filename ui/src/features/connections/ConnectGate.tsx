import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { Button, ButtonRow } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { Checkbox } from "../../components/Choice";
import { Content } from "../../components/Content";
import { ErrorState, useDelayed } from "../../components/States";
import { TextField } from "../../components/TextField";
import { type Connection, commands } from "../../ipc/bindings";
import { openClusterQuery } from "../../ipc/connections";
import { CurrentClusterProvider } from "../../ipc/currentCluster";
import { asCallError, type CallError } from "../../ipc/errors";
import styles from "./ConnectGate.module.css";

/** Clusters of these hosts sleep when nobody uses them, and the first login wakes them. */
function mayBeAsleep(host: string): boolean {
  return host.endsWith(".cockroachlabs.cloud");
}

function Connecting({ connection }: { connection: Connection }) {
  const isShown = useDelayed(150);
  const isSlow = useDelayed(3000);
  const { name, host } = connection.fields;
  return (
    <div className={styles.connecting} role="status" data-shown={isShown || undefined}>
      <span className={styles.spinner} aria-hidden="true" />
      <div>
        <h1>{isSlow && mayBeAsleep(host) ? `Waking up ${name}` : `Connecting to ${name}`}</h1>
        <p className={styles.muted}>
          {isSlow
            ? mayBeAsleep(host)
              ? "A cluster that nobody used for a while sleeps. Waking takes up to half a minute."
              : "This takes longer than usual. If nothing answers within half a minute, you will see why."
            : host}
        </p>
      </div>
    </div>
  );
}

/** Asks for what is not at hand, to be kept where the person says. */
function SecretForm({
  connection,
  error,
  onProvided,
}: {
  connection: Connection;
  error: CallError;
  onProvided: () => void;
}) {
  const [secret, setSecret] = useState("");
  const [remember, setRemember] = useState(false);
  const { name, user, jwt } = connection.fields;
  const kind = error.fields.clientKey ? "clientKey" : "password";
  const label = kind === "clientKey" ? "Client key" : jwt ? "Sign-in token" : "Password";
  const provide = useMutation({
    mutationFn: () => commands.provideSecret(connection.id, kind, secret, remember ? "keyring" : "memory"),
    onSuccess: onProvided,
  });
  const says = {
    secretNeeded: [error.message, error.hint].filter(Boolean).join(" "),
    keyring: `Enter it here to connect to ${name} without the keyring.`,
    auth: "If it has changed, enter the new one. It is tried once.",
  }[error.code as "secretNeeded" | "keyring" | "auth"];
  return (
    <Card title={`${label} of ${user}`}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (secret !== "") provide.mutate();
        }}
      >
        <p className={styles.muted}>{says}</p>
        <TextField
          label={label}
          type={kind === "clientKey" ? "text" : "password"}
          rows={kind === "clientKey" ? 5 : 1}
          mono={kind === "clientKey"}
          placeholder={kind === "clientKey" ? "-----BEGIN PRIVATE KEY-----" : undefined}
          value={secret}
          onChange={setSecret}
          autoFocus={error.code === "secretNeeded"}
        />
        <Checkbox
          isSelected={remember}
          onChange={setRemember}
          description="Otherwise it stays in memory until Roachvault quits."
        >
          Keep it in this computer's keyring
        </Checkbox>
        {provide.error && <ErrorState error={asCallError(provide.error)} />}
        <ButtonRow align="end">
          <Button variant="primary" type="submit" isDisabled={secret === ""} isPending={provide.isPending}>
            Connect
          </Button>
        </ButtonRow>
      </form>
    </Card>
  );
}

/** Opens the cluster when it is visited, shows what stands in the way, and only then what is behind. */
export function ConnectGate({ connection, children }: { connection: Connection; children: ReactNode }) {
  const navigate = useNavigate();
  const {
    data: cluster,
    error: thrown,
    isFetching,
    refetch,
  } = useQuery({
    ...openClusterQuery(connection.id),
    retryOnMount: false,
  });
  const retry = () => void refetch();
  if (cluster) {
    return (
      <CurrentClusterProvider value={{ connection, cluster }}>
        {cluster.product !== "cockroachDb" && (
          <div className={styles.notice}>
            <Callout tone="attention" title={`${connection.fields.name} is not a CockroachDB cluster`}>
              It says of itself: {cluster.versionText}. Files can be kept in it; backups, restores and jobs
              need CockroachDB.
            </Callout>
          </div>
        )}
        {children}
      </CurrentClusterProvider>
    );
  }
  if (isFetching || thrown === null) return <Connecting connection={connection} />;
  const error = asCallError(thrown);
  const needsSecret = error.code === "secretNeeded";
  return (
    <Content width="form">
      {!needsSecret && (
        <ErrorState
          error={error}
          alwaysRetry
          onRetry={retry}
          actions={
            <Button
              size="small"
              onPress={() =>
                navigate({
                  to: "/connections/$connectionId",
                  params: { connectionId: connection.id },
                  search: { check: true },
                })
              }
            >
              Check the connection
            </Button>
          }
        />
      )}
      {(needsSecret || error.code === "keyring" || error.code === "auth") && (
        <SecretForm connection={connection} error={error} onProvided={retry} />
      )}
    </Content>
  );
}
