import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { Button, ButtonRow } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { Checkbox } from "../../components/Choice";
import { Content } from "../../components/Content";
import { ErrorHelp, ErrorState, useDelayed, WaitingHelp } from "../../components/States";
import { TextField } from "../../components/TextField";
import { type Connection, commands, type SecretKind } from "../../ipc/bindings";
import { clusterKey, connectionsQuery, openClusterQuery } from "../../ipc/connections";
import { CurrentClusterProvider } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import styles from "./ConnectGate.module.css";
import { mayBeAsleep, wakingWords } from "./waking";

/** Whether the system's keyring is most likely showing its prompt: asked only while that would explain the wait. */
function useKeyringWaits({ password, clientKey }: Connection): boolean {
  const isLong = useDelayed(500);
  const { data } = useQuery({
    queryKey: ["keyring", "now"],
    queryFn: commands.getKeyringState,
    enabled: isLong && (password === "keyring" || clientKey === "keyring"),
    refetchInterval: 500,
    gcTime: 0,
  });
  return data?.status === "waiting";
}

function Connecting({ connection, onProvided }: { connection: Connection; onProvided: () => void }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const isShown = useDelayed(150);
  const isSlow = useDelayed(3000);
  const waits = useKeyringWaits(connection);
  const { name, host } = connection.fields;
  const isWaking = isSlow && mayBeAsleep(host);
  const cancel = async () => {
    await navigate({ to: "/" });
    await queryClient.cancelQueries({ queryKey: clusterKey(connection.id) });
    queryClient.removeQueries({ queryKey: clusterKey(connection.id) });
    await commands.disconnectCluster(connection.id);
  };
  const stop = (
    <Button variant="quiet" onPress={() => void cancel()}>
      Cancel
    </Button>
  );
  if (waits) {
    return (
      <Content width="form">
        <div className={styles.waiting} role="status">
          <span className={styles.spinner} aria-hidden="true" />
          <div className={styles.words}>
            <h1>Waiting for you to unlock the keyring</h1>
            <p className={styles.muted}>
              The password of {name} is in it. Answer its prompt, which may be behind this window, or go on
              without it.
            </p>
          </div>
          {stop}
        </div>
        <SecretForm connection={connection} reason="waiting" onProvided={onProvided} />
      </Content>
    );
  }
  return (
    <div className={styles.connecting} data-shown={isShown || undefined}>
      <span className={styles.spinner} aria-hidden="true" />
      <div role="status">
        <h1>{`Connecting to ${name}`}</h1>
        <p className={styles.muted}>
          {isWaking
            ? wakingWords
            : isSlow
              ? "This takes longer than usual. If nothing answers within half a minute, you will see why."
              : host}
        </p>
      </div>
      {stop}
    </div>
  );
}

/** Asks for what is not at hand, to be kept where the person says. */
function SecretForm({
  connection,
  reason,
  sentence,
  kind = "password",
  onProvided,
}: {
  connection: Connection;
  /** `waiting`: the keyring shows its prompt. */
  reason: "waiting" | "secretNeeded" | "keyring" | "auth";
  /** What the back end says about it. */
  sentence?: string;
  kind?: SecretKind;
  onProvided: () => void;
}) {
  const [secret, setSecret] = useState("");
  const kept = connection[kind];
  const [remember, setRemember] = useState(
    // A keyring that cannot be reached now is no place to propose.
    reason !== "waiting" && reason !== "keyring" && (kept === "keyring" || kept === "notGiven"),
  );
  const { name, user, jwt } = connection.fields;
  const label = kind === "clientKey" ? "Client key" : jwt ? "Sign-in token" : "Password";
  const provide = useMutation({
    mutationFn: () => commands.provideSecret(connection.id, kind, secret, remember ? "keyring" : "memory"),
    onSuccess: async () => {
      await queryClient.invalidateQueries(connectionsQuery);
      onProvided();
    },
  });
  const queryClient = useQueryClient();
  const says = {
    waiting: `Enter it here to connect to ${name} without the keyring.`,
    secretNeeded: sentence,
    keyring: `Enter it here to connect to ${name} without the keyring.`,
    auth:
      kept === "keyring"
        ? "If it has changed, enter the new one: it is tried once, and takes the place of the refused one."
        : "If it has changed, enter the new one. It is tried once.",
  }[reason];
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
          autoFocus
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

/** The doctor can say more about these than the error does. */
function isAboutConnecting(code: string | undefined): boolean {
  return code === "cannotConnect" || code === "connectionLost" || code === "tls" || code === "auth";
}

/** Opens the cluster when it is visited, shows what stands in the way, and only then what is behind. */
/** Asks once more for what a page still waits for. What was asked before may lead nowhere, so it is not waited for any longer. */
function AskAgain({ connectionId }: { connectionId: string }) {
  const queryClient = useQueryClient();
  const askAgain = async () => {
    const waiting = { queryKey: clusterKey(connectionId), type: "active" } as const;
    const keys = queryClient
      .getQueryCache()
      .findAll({ ...waiting, fetchStatus: "fetching", predicate: ({ state }) => state.data === undefined })
      .map(({ queryKey }) => queryKey);
    await Promise.all(keys.map((queryKey) => queryClient.cancelQueries({ queryKey, exact: true })));
    await Promise.all(keys.map((queryKey) => queryClient.refetchQueries({ queryKey, exact: true })));
  };
  return (
    <Button size="small" onPress={() => void askAgain()}>
      Ask again
    </Button>
  );
}

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
  const queryClient = useQueryClient();
  const retry = () => void refetch();
  /** With what was just given; an attempt that still waits for the keyring is left to itself. */
  const connectAgain = async () => {
    await queryClient.cancelQueries({ queryKey: clusterKey(connection.id, "open") });
    retry();
  };
  const edit = (check: boolean) => () =>
    void navigate({
      to: "/connections/$connectionId",
      params: { connectionId: connection.id },
      search: check ? { check } : {},
    });
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
        <WaitingHelp value={<AskAgain connectionId={connection.id} />}>
          <ErrorHelp
            value={({ code }) =>
              isAboutConnecting(code) ? (
                <Button size="small" onPress={edit(true)}>
                  Find out why
                </Button>
              ) : (
                code === "readOnly" && (
                  <Button size="small" onPress={edit(false)}>
                    Change the connection
                  </Button>
                )
              )
            }
          >
            {children}
          </ErrorHelp>
        </WaitingHelp>
      </CurrentClusterProvider>
    );
  }
  if (isFetching || thrown === null) {
    return <Connecting connection={connection} onProvided={() => void connectAgain()} />;
  }
  const error = asCallError(thrown);
  const needsSecret = error.code === "secretNeeded";
  const asks =
    error.code === "secretNeeded" || error.code === "keyring"
      ? error.code
      : error.code === "auth" && connection.password !== "none" && error.code;
  return (
    <Content width="form">
      {!needsSecret && (
        <ErrorState
          error={error}
          alwaysRetry
          onRetry={retry}
          actions={
            <>
              <Button size="small" onPress={edit(true)}>
                Find out why
              </Button>
              <Button size="small" variant="quiet" onPress={edit(false)}>
                Edit the connection
              </Button>
            </>
          }
        />
      )}
      {asks && (
        <SecretForm
          connection={connection}
          reason={asks}
          sentence={[error.message, error.hint].filter(Boolean).join(" ")}
          kind={error.fields.clientKey ? "clientKey" : "password"}
          onProvided={() => void connectAgain()}
        />
      )}
    </Content>
  );
}
