import type { ReactNode } from "react";
import { useTitleFocus } from "./lastFocus";
import styles from "./PageHeader.module.css";

export interface PageHeaderProps {
  title: ReactNode;
  /** Beside the title: a badge, a switch. */
  beside?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({ title, beside, description, actions }: PageHeaderProps) {
  const heading = useTitleFocus();
  return (
    <header className={styles.header}>
      <div className={styles.words}>
        <div className={styles.titleRow}>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {beside}
        </div>
        {description && <p className={styles.description}>{description}</p>}
      </div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </header>
  );
}
