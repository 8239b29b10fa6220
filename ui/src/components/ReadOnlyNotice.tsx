import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Callout } from "./Callout";
import styles from "./ReadOnlyNotice.module.css";

/** On each page where something could be changed, were the connection not marked read-only. */
export function ReadOnlyNotice({ connectionId, children }: { connectionId: string; children: ReactNode }) {
  return (
    <Callout
      tone="attention"
      title="This connection is read-only"
      actions={
        <Link to="/connections/$connectionId" params={{ connectionId }} className={styles.link}>
          Change the connection
        </Link>
      }
    >
      {children}
    </Callout>
  );
}
