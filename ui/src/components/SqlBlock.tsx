import { CopyButton } from "./CopyButton";
import styles from "./SqlBlock.module.css";

const words =
  /('(?:[^']|'')*')|("(?:[^"]|"")*")|(--[^\n]*)|\b(ADD|ALL|ALTER|ALWAYS|AND|AS|BACKUP|BY|CANCEL|CONNECTION|CONSTRAINT|CREATE|DATABASE|DEFAULT|DELETE|DISTINCT|DROP|EXISTS|EXTERNAL|FOR|FOREIGN|FROM|FULL|GRANT|IF|IN|INSERT|INTO|IS|JOB|JOBS|JOIN|KEY|LATEST|NOT|NULL|OF|ON|OPTIONS|OR|PAUSE|PRIVILEGES|PUBLIC|RECURRING|REFERENCES|RENAME|RESTORE|RESUME|REVOKE|SCHEDULE|SCHEDULES|SCHEMA|SELECT|SET|SHOW|SYSTEM|TABLE|TABLES|TIME|TO|UPDATE|USAGE|USE|VALUES|WHERE|WITH)\b/gi;

/** The statement word for word; keywords and strings are tinted, nothing is changed. */
function tinted(sql: string) {
  const parts = [];
  let end = 0;
  for (const match of sql.matchAll(words)) {
    if (match.index > end) parts.push(sql.slice(end, match.index));
    const kind = match[1] ? "string" : match[2] ? "name" : match[3] ? "comment" : "keyword";
    parts.push(
      <span key={match.index} className={styles[kind]}>
        {match[0]}
      </span>,
    );
    end = match.index + match[0].length;
  }
  parts.push(sql.slice(end));
  return parts;
}

export interface SqlBlockProps {
  sql: string;
  /** Names the block to a screen reader. */
  label?: string;
}

export function SqlBlock({ sql, label = "The exact statement" }: SqlBlockProps) {
  return (
    <figure className={styles.block} aria-label={label}>
      <pre className={styles.sql}>
        <code>{tinted(sql)}</code>
      </pre>
      <div className={styles.copy}>
        <CopyButton text={sql} />
      </div>
    </figure>
  );
}
