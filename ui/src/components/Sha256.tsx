import { CopyButton } from "./CopyButton";
import styles from "./Sha256.module.css";

/** A digest in hex, with a way to take it along. */
export function Sha256({ value }: { value: string }) {
  return (
    <span className={styles.digest}>
      <code>{value}</code>
      <CopyButton text={value} label="Copy the digest" />
    </span>
  );
}
