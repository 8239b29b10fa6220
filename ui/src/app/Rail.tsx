import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Dot } from "../components/Badge";
import { environments } from "../components/environment";
import { Icon } from "../components/Icon";
import { Logo } from "../components/Logo";
import { MiddleEllipsis } from "../components/MiddleEllipsis";
import type { Connection } from "../ipc/bindings";
import { useConnections } from "../ipc/connections";
import { useOutage, useUnendedJobs } from "../ipc/jobs";
import styles from "./Rail.module.css";

const order = ["production", "staging", "development", "practice"] as const;

/**
 * Those of an environment by their group, those without one first. In each, favourites first, then the person's own
 * order, which is the order of the list.
 */
function groupsOf(connections: readonly Connection[], environment: (typeof order)[number]) {
  const groups = new Map<string | null, Connection[]>();
  for (const connection of connections) {
    if (connection.fields.environment !== environment) continue;
    const { group } = connection.fields;
    groups.set(group, [...(groups.get(group) ?? []), connection]);
  }
  return [...groups.entries()]
    .sort(([a], [b]) => (a ?? "").localeCompare(b ?? ""))
    .map(([name, members]) => ({
      name,
      members: members.sort((a, b) => Number(b.fields.favourite) - Number(a.fields.favourite)),
    }));
}

/** Two letters that tell a connection from its neighbours where there is room for no more. */
export function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const [first = "", second] = words;
  const letters =
    second === undefined ? Array.from(first).slice(0, 2) : [first, second].map((word) => Array.from(word)[0]);
  return letters.join("").toUpperCase();
}

function ConnectionLink({ connection }: { connection: Connection }) {
  const { name, favourite, environment, colour } = connection.fields;
  const outage = useOutage(connection.id);
  const state = !connection.open ? "not connected" : outage ? "cannot be reached" : "connected";
  const whole = `${name} (${environments[environment].label.toLowerCase()}, ${state})`;
  return (
    <li>
      <Link
        to="/clusters/$connectionId"
        params={{ connectionId: connection.id }}
        className={styles.item}
        title={whole}
        aria-label={whole}
      >
        <Dot tone={environments[environment].tone} colour={colour} isHollow={state !== "connected"} />
        <span className={styles.initials} aria-hidden="true">
          {initials(name)}
        </span>
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

function RailLink({
  to,
  icon,
  label,
  children,
}: {
  to: string;
  icon: "activity" | "settings" | "plus" | "database";
  label: string;
  children?: ReactNode;
}) {
  return (
    <Link to={to} className={styles.item} title={label} activeOptions={{ exact: true }}>
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
        <RailLink to="/" icon="database" label="All connections" />
        {order.map((environment) => {
          const groups = groupsOf(connections, environment);
          if (groups.length === 0) return null;
          return (
            <section key={environment} className={styles.group} aria-label={environments[environment].label}>
              <h2 className={styles.groupName}>{environments[environment].label}</h2>
              {groups.map(({ name, members }) => (
                <div key={name ?? ""}>
                  {name !== null && <h3 className={styles.subgroup}>{name}</h3>}
                  <ul>
                    {members.map((connection) => (
                      <ConnectionLink key={connection.id} connection={connection} />
                    ))}
                  </ul>
                </div>
              ))}
            </section>
          );
        })}
      </nav>
      <div className={styles.add}>
        <RailLink to="/connections/new" icon="plus" label="Add connection" />
      </div>
      <nav className={styles.foot} aria-label="App">
        <RailLink to="/activity" icon="activity" label="Activity">
          {running > 0 && (
            <>
              <span className={styles.count}>{running} running</span>
              <span className={styles.countShort} aria-hidden="true">
                {running}
              </span>
            </>
          )}
        </RailLink>
        <RailLink to="/settings" icon="settings" label="Settings" />
      </nav>
    </div>
  );
}
