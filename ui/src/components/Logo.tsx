import styles from "./Logo.module.css";

/** The mark of the app, as in icons/icon.svg: a vault's door whose dial turns back. */
export function Logo({ size }: { size: number }) {
  return (
    <svg className={styles.logo} width={size} height={size} viewBox="0 0 512 512" aria-hidden="true">
      <rect className={styles.door} x="16" y="16" width="480" height="480" rx="112" />
      <path className={styles.dial} d="M117.6 287.9A142 142 0 1 0 180.8 135.6" />
      <path className={styles.mark} d="M133.5 98.6 124.1 208.1 228 172.5Z" />
      <path
        className={styles.mark}
        d="M256 202a42 42 0 0 1 21 78.4L288 322a10 10 0 0 1-9.7 12.5H233.7A10 10 0 0 1 224 322L235 280.4A42 42 0 0 1 256 202Z"
      />
    </svg>
  );
}
