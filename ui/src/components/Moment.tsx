import { localMoment, relativeTime, utcMoment } from "../lib/time";
import styles from "./Moment.module.css";

export interface MomentProps {
  /** An ISO 8601 time or a Date. */
  value: string | Date;
  /** Where the cluster decides by the clock: UTC stands beside local time. */
  withUtc?: boolean;
  /** Where moments lie close together, or one is chosen that a button then names. */
  withSeconds?: boolean;
  /** "3 hours ago" after the time, counted from `now`. */
  withRelative?: boolean;
  now?: Date;
}

export function Moment({ value, withUtc, withSeconds, withRelative, now }: MomentProps) {
  const date = typeof value === "string" ? new Date(value) : value;
  if (Number.isNaN(date.getTime())) return <>unknown</>;
  const local = localMoment(date, withSeconds);
  const utc = utcMoment(date, withSeconds);
  return (
    <time dateTime={date.toISOString()} title={utc}>
      {local}
      {withUtc && local !== utc && <span className={styles.beside}> · {utc}</span>}
      {withRelative && <span className={styles.beside}> · {relativeTime(date, now ?? new Date())}</span>}
    </time>
  );
}
