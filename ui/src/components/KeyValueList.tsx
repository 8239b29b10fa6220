import { Fragment, type ReactNode } from "react";
import styles from "./KeyValueList.module.css";

/** Facts in two columns. Entries whose value is null are left out. */
export function KeyValueList({
  entries,
}: {
  entries: readonly (readonly [key: string, value: ReactNode | null])[];
}) {
  return (
    <dl className={styles.list}>
      {entries.map(
        ([key, value]) =>
          value !== null && (
            <Fragment key={key}>
              <dt>{key}</dt>
              <dd>{value}</dd>
            </Fragment>
          ),
      )}
    </dl>
  );
}
