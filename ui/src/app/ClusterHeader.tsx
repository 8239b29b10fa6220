import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Pill } from "../components/Badge";
import { environments } from "../components/environment";
import { MiddleEllipsis } from "../components/MiddleEllipsis";
import type { Connection, OpenedCluster } from "../ipc/bindings";
import { addressOf } from "../lib/address";
import { clockTime } from "../lib/time";
import styles from "./ClusterHeader.module.css";

const tabs = [
  { to: "/clusters/$connectionId", label: "Overview" },
  { to: "/clusters/$connectionId/files", label: "Files" },
  { to: "/clusters/$connectionId/backups", label: "Backups" },
  { to: "/clusters/$connectionId/restore", label: "Restore" },
  { to: "/clusters/$connectionId/schedules", label: "Schedules" },
] as const;

export interface ClusterHeaderProps {
  connection: Connection;
  /** Absent while it is not connected. */
  cluster?: OpenedCluster;
  /** Since when it does not answer. */
  lostSince?: string;
  menu?: ReactNode;
}

/** Says at all times where one is. */
export function ClusterHeader({ connection, cluster, lostSince, menu }: ClusterHeaderProps) {
  const { name, environment, user, readOnly, tls } = connection.fields;
  const who = !cluster
    ? `user ${user}, not connected`
    : lostSince
      ? `user ${cluster.user}, cannot be reached since ${clockTime(new Date(lostSince), new Date())}`
      : `signed in as ${cluster.user}`;
  const isPractice = environment === "practice";
  return (
    <header className={styles.header} data-environment={environment}>
      <div className={styles.where}>
        <Pill tone={environments[environment].tone}>{environments[environment].label}</Pill>
        {readOnly && <Pill>Read-only</Pill>}
        {tls !== "verify-full" && !isPractice && (
          <span
            className={styles.warning}
            title="Edit the connection to have the certificate and the host name checked."
          >
            <Pill tone="attention">{tls === "disable" ? "Not encrypted" : "Not fully checked"}</Pill>
          </span>
        )}
        <span className={styles.name}>
          <MiddleEllipsis text={name} isFocusable />
        </span>
        {/* From the last to go to the first: what does not fit on the line is not shown. */}
        <span className={styles.facts}>
          <span className={styles.who} title={who}>
            {who}
          </span>
          {cluster?.version && <span>{cluster.version}</span>}
          <span className={styles.address}>
            {isPractice ? (
              <span className={styles.practice}>on this computer; nothing here is real</span>
            ) : (
              <MiddleEllipsis text={addressOf(connection.fields)} keepEnd={12} isFocusable />
            )}
          </span>
        </span>
        <span className={styles.menu}>{menu}</span>
      </div>
      <nav className={styles.tabs} aria-label={`Parts of ${name}`}>
        {tabs.map((tab) => (
          <Link
            key={tab.to}
            to={tab.to}
            params={{ connectionId: connection.id }}
            activeOptions={{ exact: tab.label === "Overview" }}
            className={styles.tab}
          >
            {tab.label}
          </Link>
        ))}
      </nav>
    </header>
  );
}
