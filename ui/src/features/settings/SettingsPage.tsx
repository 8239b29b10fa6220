import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Content } from "../../components/Content";
import { CopyButton } from "../../components/CopyButton";
import { KeyValueList } from "../../components/KeyValueList";
import { PageHeader } from "../../components/PageHeader";
import { ErrorState, Skeleton } from "../../components/States";
import { commands } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import { aboutQuery, keyringQuery } from "./queries";
import styles from "./SettingsPage.module.css";
import { SpeedLimitCard } from "./SpeedLimitCard";

function KeyringCard() {
  const queryClient = useQueryClient();
  const { data: keyring, error, isFetching, refetch } = useQuery(keyringQuery);
  const retry = useMutation({
    mutationFn: commands.retryKeyring,
    onSuccess: (state) => queryClient.setQueryData(keyringQuery.queryKey, state),
  });
  const thrown = error ?? retry.error;
  return (
    <Card title="Keyring">
      <div className={styles.stack}>
        <p className={styles.muted}>
          Passwords, client keys and passphrases are kept by the operating system, one entry each.
          Roachvault's own files hold none of them.
        </p>
        {keyring ? (
          <div className={styles.row}>
            <span>{keyring.name}</span>
            {keyring.status === "ready" ? (
              <Badge tone="good">Ready</Badge>
            ) : (
              <Badge tone="attention">
                {keyring.status === "locked"
                  ? "Locked"
                  : keyring.status === "absent"
                    ? "Not there"
                    : "Failing"}
              </Badge>
            )}
          </div>
        ) : (
          <div className={styles.row}>
            <Button onPress={() => void refetch()} isPending={isFetching}>
              Ask the keyring
            </Button>
            <span className={styles.muted}>It may ask you to unlock it.</span>
          </div>
        )}
        {keyring && keyring.status !== "ready" && (
          <>
            <p>
              {keyring.message} {keyring.hint}
            </p>
            <div className={styles.row}>
              <Button onPress={() => retry.mutate()} isPending={retry.isPending}>
                Try again
              </Button>
              {keyring.detail && <CopyButton text={keyring.detail} label="Copy details" />}
            </div>
          </>
        )}
        {thrown && <ErrorState error={asCallError(thrown)} />}
      </div>
    </Card>
  );
}

function AboutCard() {
  const { data: about, error } = useQuery(aboutQuery);
  return (
    <Card title="About">
      {error ? (
        <ErrorState error={asCallError(error)} />
      ) : about ? (
        <KeyValueList
          entries={[
            ["Version", about.version],
            [
              "Data folder",
              <span key="folder" className={styles.row}>
                <code>{about.dataDir}</code>
                <CopyButton text={about.dataDir} />
              </span>,
            ],
            ["In it", "The list of connections, the journal of jobs and the practice cluster. No secrets."],
            ["Licence", "Apache-2.0. Inter and JetBrains Mono: SIL Open Font License."],
          ]}
        />
      ) : (
        <Skeleton label="Loading" rows={3} rowHeight={28} />
      )}
    </Card>
  );
}

export function SettingsPage() {
  return (
    <Content width="form">
      <PageHeader title="Settings" />
      <SpeedLimitCard />
      <KeyringCard />
      <AboutCard />
    </Content>
  );
}
