import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { AbilityList } from "../../components/AbilityList";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { KeyValueList } from "../../components/KeyValueList";
import { ErrorState, Skeleton } from "../../components/States";
import type { Plan } from "../../ipc/bindings";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import styles from "./OverviewPage.module.css";
import { capabilitiesQuery } from "./queries";

const plans: Record<Plan, string> = {
  basicOrStandard: "CockroachDB Cloud, Basic or Standard",
  advanced: "CockroachDB Cloud, Advanced",
  selfHosted: "Self-hosted",
};

/** What this user may do here, with the statement to ask an administrator for where it may not. */
export function CapabilitiesCard() {
  const { connection, cluster } = useCurrentCluster();
  const [isAsked, setAsked] = useState(false);
  const { data, error, refetch } = useQuery({ ...capabilitiesQuery(connection.id), enabled: isAsked });
  return (
    <Card flush title="What can I do here?">
      {!isAsked && (
        <div className={styles.ask}>
          <p className={styles.muted}>
            Which of backups, restores, files and schedules {cluster.user} may use.
          </p>
          <Button size="small" onPress={() => setAsked(true)}>
            Look it up
          </Button>
        </div>
      )}
      {isAsked && !data && !error && <Skeleton label="Looking at the grants" rows={4} />}
      {error && (
        <div className={styles.ask}>
          <ErrorState error={asCallError(error)} alwaysRetry onRetry={() => void refetch()} />
        </div>
      )}
      {data && (
        <>
          <div className={styles.facts}>
            <KeyValueList
              entries={[
                ["User", data.admin ? `${data.user}, administrator` : data.user],
                ["Database", data.database],
                ["Version", cluster.versionText],
                ["Plan", data.plan && plans[data.plan]],
              ]}
            />
          </div>
          <AbilityList abilities={data.abilities} />
        </>
      )}
    </Card>
  );
}
