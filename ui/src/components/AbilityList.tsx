import styles from "./AbilityList.module.css";
import { type Check, CheckList, worstFirst } from "./CheckList";
import { CopyButton } from "./CopyButton";

/** Something a person may want to do, whether this user may, and the statement for an administrator where not. */
export interface ShownAbility {
  action: string;
  permission: "allowed" | "notGranted" | "unknown";
  grant: string | null;
}

const titles: Record<string, string> = {
  backUpCluster: "Back up the whole cluster",
  backUpDatabase: "Back up this database",
  restoreCluster: "Restore a whole cluster",
  restoreDatabase: "Restore a database",
  restoreTable: "Restore single tables",
  useFiles: "Keep files in the cluster",
  makeSchedules: "Make backup schedules",
  makeExternalConnections: "Make external connections",
  seeAllJobs: "See the jobs of others",
};

function check({ action, permission, grant }: ShownAbility): Check {
  const title = titles[action] ?? action;
  if (permission === "allowed") return { id: action, state: "ok", title };
  return {
    id: action,
    state: permission === "unknown" ? "info" : "attention",
    title,
    detail: (
      <>
        {permission === "unknown"
          ? "Could not be found out; it may work. If not, an administrator can run "
          : "Not granted to this user itself. An administrator can run "}
        <code className={styles.grant}>{grant}</code>
      </>
    ),
    action: grant ? <CopyButton text={grant} label="Copy" /> : undefined,
  };
}

export function AbilityList({ abilities }: { abilities: readonly ShownAbility[] }) {
  return <CheckList label="What can I do here?" checks={worstFirst(abilities.map(check))} />;
}
