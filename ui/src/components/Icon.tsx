import styles from "./Icon.module.css";

/** Strokes on a 16-unit square, drawn for this app. */
const shapes = {
  activity: "M1.5 8.5h3l2-5 3 9 2-4h3",
  alert: "M8 4.2v4.6M8 11.4v.4",
  arrowDown: "M8 3v10M4 9l4 4 4-4",
  arrowLeft: "M13 8H3M7 4 3 8l4 4",
  arrowRight: "M3 8h10M9 4l4 4-4 4",
  arrowUp: "M8 13V3M4 7l4-4 4 4",
  check: "M3.5 8.5 6.5 11.5 12.5 4.8",
  chevronDown: "M4 6l4 4 4-4",
  chevronRight: "M6 4l4 4-4 4",
  clock: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.8V8l2.2 1.6",
  close: "M4 4l8 8M12 4l-8 8",
  copy: "M5.5 5.5h7v8h-7zM10.5 5.5v-3h-7v8h2",
  database:
    "M8 2c3 0 5 .9 5 2v8c0 1.1-2 2-5 2s-5-.9-5-2V4c0-1.1 2-2 5-2zM3 4c0 1.1 2 2 5 2s5-.9 5-2M3 8c0 1.1 2 2 5 2s5-.9 5-2",
  download: "M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11",
  edit: "M10.5 3 13 5.5 5.5 13H3v-2.5z",
  external: "M9.5 2.5h4v4M13.5 2.5 7 9M11 9.5v4H2.5V5h4",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z",
  eyeOff:
    "M2 2l12 12M6.3 3.8A6.3 6.3 0 0 1 8 3.5C12 3.5 14.5 8 14.5 8a11 11 0 0 1-2 2.5M4 5a11 11 0 0 0-2.5 3S4 12.5 8 12.5a6 6 0 0 0 2.6-.6",
  file: "M4 1.8h5L12.5 5.3v9H4zM9 1.8v3.5h3.5",
  folder: "M1.8 4v8.7h12.4V5.5H8L6.5 4z",
  grip: "M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01",
  info: "M8 7.2v4.3M8 4.5v.3",
  key: "M5.5 7.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM7.6 8.4 13.5 2.5M11 5l2 2",
  lock: "M3.5 7.2h9v6.5h-9zM5.5 7.2V5a2.5 2.5 0 0 1 5 0v2.2",
  minus: "M3.5 8h9",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2v9.6L12.8 8z",
  plug: "M5.5 2v3.5M10.5 2v3.5M3.5 5.5h9V8a4.5 4.5 0 0 1-9 0zM8 12.5v2",
  plus: "M8 3v10M3 8h10",
  refresh: "M13 8a5 5 0 1 1-1.5-3.5M13 2v3h-3",
  restore: "M3 8a5 5 0 1 0 1.5-3.5M3 2v3h3M8 5.5V8l2 1.5",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14",
  settings:
    "M2 4.5h7M12.5 4.5H14M2 11.5h1.5M7 11.5h7M10.8 2.8a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4zM5.2 9.8a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4z",
  star: "M8 2l1.8 3.9 4.2.5-3.1 2.9.8 4.2L8 11.4l-3.7 2.1.8-4.2L2 6.4l4.2-.5z",
  trash: "M2.5 4.2h11M6 4V2.3h4V4M4 4.2l.6 9.5h6.8l.6-9.5",
  upload: "M8 10.5V2.5M4.5 6 8 2.5 11.5 6M2.5 13.5h11",
} as const;

export type IconName = keyof typeof shapes;

/** A decoration: whatever it means is also said in words beside it, or in the label of its button. */
export function Icon({
  name,
  size = 16,
  filled = false,
}: {
  name: IconName;
  size?: number;
  filled?: boolean;
}) {
  return (
    <svg
      className={styles.icon}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      aria-hidden="true"
      data-icon={name}
      data-filled={filled || undefined}
    >
      <path d={shapes[name]} />
    </svg>
  );
}
