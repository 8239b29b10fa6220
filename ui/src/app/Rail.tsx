import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Dot } from "../components/Badge";
import { environments } from "../components/environment";
import { Icon } from "../components/Icon";
import { Logo } from "../components/Logo";
import { MiddleEllipsis } from "../components/MiddleEllipsis";
import type { Connection } from "../ipc/bindings";
import { useConnections } from "../ipc/connections";
import { useUnendedJobs } from "../ipc/jobs";
import styles from "./Rail.module.css";

const order = ["production", "staging", "development", "practice"] as const;

/** Favourites first, then the person's own order, which is the order of the list. */
function inGroup(connections: readonly Connection[], environment: (typeof order)[number]) {
  return connections
    .filter((connection) => connection.fields.environment === environment)
    .sort((a, b) => Number(b.fields.favourite) - Number(a.fields.favourite));
}

function ConnectionLink({ connection }: { connection: Connection }) {
  const { name, favourite, environment, colour } = connection.fields;
  const whole = `${name} (${environments[environment].label.toLowerCase()}, ${connection.open ? "connected" : "not connected"})`;
  return (
    <li>
      <Link
        to="/clusters/$connectionId"
        params={{ connectionId: connection.id }}
        className={styles.item}
        title={whole}
        aria-label={whole}
      >
        <Dot tone={environments[environment].tone} colour={colour} isHollow={!connection.open} />
        <span className={styles.label}>
          <MiddleEllipsis text={name} keepEnd={6} />
        </span>
        {favourite && (
          <span className={styles.star}>
            <Icon name="star" size={11} filled />
          </span>
        )}
      </Link>
    </li>
  );
}

function FootLink({
  to,
  icon,
  label,
  children,
}: {
  to: string;
  icon: "activity" | "settings";
  label: string;
  children?: ReactNode;
}) {
  return (
    <Link to={to} className={styles.item} title={label}>
      <Icon name={icon} />
      <span className={styles.label}>{label}</span>
      {children}
    </Link>
  );
}

export function Rail() {
  const { data } = useConnections();
  const connections = data?.connections ?? [];
  const running = useUnendedJobs().filter(
    (job) => job.state !== "paused" && job.state !== "interrupted",
  ).length;
  return (
    <div className={styles.rail}>
      <Link to="/" className={styles.brand} title="All connections" activeOptions={{ exact: true }}>
        <Logo size={22} />
        <span className={styles.brandName}>Roachvault</span>
      </Link>
      <nav className={styles.connections} aria-label="Connections">
        {order.map((environment) => {
          const group = inGroup(connections, environment);
          if (group.length === 0) return null;
          return (
            <section key={environment} className={styles.group} aria-label={environments[environment].label}>
              <h2 className={styles.groupName}>{environments[environment].label}</h2>
              <ul>
                {group.map((connection) => (
                  <ConnectionLink key={connection.id} connection={connection} />
                ))}
              </ul>
            </section>
          );
        })}
        <div className={connections.length > 0 ? styles.addGroup : undefined}>
          <Link to="/connections/new" className={styles.item} title="Add connection">
            <span className={styles.icon}>
              <Icon name="plus" size={14} />
            </span>
            <span className={styles.label}>Add connection</span>
          </Link>
        </div>
      </nav>
      <nav className={styles.foot} aria-label="App">
        <FootLink to="/activity" icon="activity" label="Activity">
          {running > 0 && (
            <>
              <span className={styles.count}>{running} running</span>
              <span className={styles.countShort} aria-hidden="true">
                {running}
              </span>
            </>
          )}
        </FootLink>
        <FootLink to="/settings" icon="settings" label="Settings" />
      </nav>
    </div>
  );
}
