import type { ReactNode, Ref } from "react";
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  ProgressBar,
  Tooltip,
  TooltipTrigger,
} from "react-aria-components";
import styles from "./Button.module.css";
import { Icon, type IconName } from "./Icon";
import tooltipStyles from "./Tooltip.module.css";

export interface ButtonProps extends Omit<AriaButtonProps, "className" | "style" | "children"> {
  /** `primary` is filled: one a screen. `danger` is outlined in red and leads to a plan or a question. */
  variant?: "primary" | "secondary" | "quiet" | "danger";
  size?: "normal" | "small";
  icon?: IconName;
  ref?: Ref<HTMLButtonElement>;
  children: ReactNode;
}

/** While `isPending` it keeps its width and its focus, ignores presses and says so to a screen reader. */
export function Button({ variant = "secondary", size = "normal", icon, children, ...props }: ButtonProps) {
  return (
    <AriaButton {...props} className={styles.button} data-variant={variant} data-size={size}>
      {({ isPending }) => (
        <>
          {isPending ? (
            <ProgressBar aria-label="under way" isIndeterminate className={styles.spinner} />
          ) : (
            icon && <Icon name={icon} />
          )}
          <span className={styles.label}>{children}</span>
        </>
      )}
    </AriaButton>
  );
}

export interface IconButtonProps
  extends Omit<AriaButtonProps, "className" | "style" | "children" | "aria-label"> {
  icon: IconName;
  /** The accessible name, also shown as a tooltip. */
  label: string;
  size?: "normal" | "small";
  filled?: boolean;
}

export function IconButton({ icon, label, size = "normal", filled = false, ...props }: IconButtonProps) {
  return (
    <TooltipTrigger delay={500}>
      <AriaButton {...props} aria-label={label} className={styles.iconButton} data-size={size}>
        <Icon name={icon} filled={filled} />
      </AriaButton>
      <Tooltip className={tooltipStyles.tooltip} offset={6}>
        {label}
      </Tooltip>
    </TooltipTrigger>
  );
}

/** A row of buttons: `end` for the foot of a wizard or a form. */
export function ButtonRow({
  align = "start",
  children,
}: {
  align?: "start" | "end" | "between";
  children: ReactNode;
}) {
  return (
    <div className={styles.row} data-align={align}>
      {children}
    </div>
  );
}
