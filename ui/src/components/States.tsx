import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { visible } from "../lib/names";
import { Mark } from "./Badge";
import { Button } from "./Button";
import { CopyButton } from "./CopyButton";
import { Icon, type IconName } from "./Icon";
import styles from "./States.module.css";

export interface EmptyStateProps {
  icon?: IconName;
  title: string;
  /** What would be here. */
  children?: ReactNode;
  /** The first thing to do. */
  action?: ReactNode;
}

export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  return (
    <div className={styles.empty}>
      {icon && (
        <span className={styles.emptyIcon} aria-hidden="true">
          <Icon name={icon} size={22} />
        </span>
      )}
      <h2>{title}</h2>
      {children && <div className={styles.emptyText}>{children}</div>}
      {action && <div className={styles.emptyAction}>{action}</div>}
    </div>
  );
}

/** The part of an error that people are shown: any value of this shape will do. */
export interface ShownError {
  message: string;
  hint?: string | null;
  /** The chain of causes, free of secrets. Never shown, only copied. */
  detail?: string | null;
  retryable?: boolean;
  code?: string;
}

/** What a place can offer about every error that is shown in it, such as a way to find its cause. */
export const ErrorHelp = createContext<(error: ShownError) => ReactNode>(() => null);

export interface ErrorStateProps {
  error: ShownError;
  /** Offered when the error says that trying again may help, or always with `alwaysRetry`. */
  onRetry?: () => void;
  alwaysRetry?: boolean;
  actions?: ReactNode;
  /** Without its frame, where what failed is marked already. */
  isCompact?: boolean;
}

/** An error stays where it happened: what, what next, and the details for whoever is asked for help. */
export function ErrorState({ error, onRetry, alwaysRetry, actions, isCompact = false }: ErrorStateProps) {
  const help = useContext(ErrorHelp);
  const details = [error.message, error.hint, error.detail].filter(Boolean).join("\n");
  return (
    <div className={styles.error} role="alert" data-compact={isCompact || undefined}>
      {!isCompact && <Mark tone="bad" size={22} />}
      <div className={styles.errorWords}>
        <p className={styles.errorMessage}>{visible(error.message)}</p>
        {error.hint && <p className={styles.errorHint}>{error.hint}</p>}
        <div className={styles.errorActions}>
          {onRetry && (alwaysRetry || error.retryable) && (
            <Button size="small" onPress={onRetry}>
              Try again
            </Button>
          )}
          {actions}
          {help(error)}
          <CopyButton text={details} label="Copy details" />
        </div>
      </div>
    </div>
  );
}

/** True once `ms` have passed: what comes quickly shows no sign of waiting. */
export function useDelayed(ms = 150): boolean {
  const [hasPassed, setPassed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setPassed(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return hasPassed;
}

export interface SkeletonProps {
  /** What is being fetched, for screen readers: "Loading the files". */
  label: string;
  rows?: number;
  rowHeight?: number;
}

/** What a place can offer to whoever waits long in it, such as asking once more. */
export const WaitingHelp = createContext<ReactNode>(null);

/** From then on a wait is explained: most answers come in less than a second. */
const LONG_MS = 10_000;

/**
 * Keeps the place of rows to come from the first frame on, and becomes visible only after 150 ms. After 10 s it says that
 * there is still no answer: nobody should look at grey bars and wonder.
 */
export function Skeleton({ label, rows = 3, rowHeight = 40 }: SkeletonProps) {
  const isShown = useDelayed();
  const isLong = useDelayed(LONG_MS);
  const help = useContext(WaitingHelp);
  return (
    <div>
      <div className={styles.skeleton} role="status" aria-label={label} data-shown={isShown || undefined}>
        {Array.from({ length: rows }, (_, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the bars have no identity
          <div key={at} className={styles.bar} style={{ height: rowHeight }}>
            <span style={{ width: `${[62, 48, 71, 55][at % 4]}%` }} />
          </div>
        ))}
      </div>
      {isLong && (
        <div className={styles.waiting} role="status">
          <p>Still waiting for an answer. Much may have to be read, or the network may have changed.</p>
          {help}
        </div>
      )}
    </div>
  );
}
