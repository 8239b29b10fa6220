import type { ReactNode } from "react";
import { Menu, MenuItem, MenuTrigger, Popover, Separator, Text } from "react-aria-components";
import { Button, type ButtonProps, IconButton } from "./Button";
import { Icon, type IconName } from "./Icon";
import styles from "./Menu.module.css";

export interface MenuAction {
  id: string;
  label: string;
  icon?: IconName;
  /** Why it is disabled, or what it will do. */
  description?: string;
  isDanger?: boolean;
  isDisabled?: boolean;
  onAction: () => void;
}

export interface MenuButtonProps {
  /** The accessible name; shown as well when there is no icon. */
  label: string;
  icon?: IconName;
  variant?: ButtonProps["variant"];
  size?: "normal" | "small";
  isDisabled?: boolean;
  /** Several lists are parted by a line. */
  actions: readonly MenuAction[] | readonly (readonly MenuAction[])[];
  children?: ReactNode;
}

export function MenuButton({ label, icon, variant, size, isDisabled, actions }: MenuButtonProps) {
  const groups = (Array.isArray(actions[0]) ? actions : [actions]) as readonly (readonly MenuAction[])[];
  return (
    <MenuTrigger>
      {icon ? (
        <IconButton icon={icon} label={label} size={size} isDisabled={isDisabled} />
      ) : (
        <Button variant={variant} size={size} isDisabled={isDisabled}>
          <span className={styles.withArrow}>
            {label}
            <Icon name="chevronDown" size={14} />
          </span>
        </Button>
      )}
      <Popover className={styles.popover} offset={4} placement="bottom end">
        <Menu className={styles.menu} aria-label={label}>
          {groups.flatMap((group, at) => [
            at > 0 && <Separator key={`line-${group[0]?.id}`} className={styles.separator} />,
            ...group.map((action) => (
              <MenuItem
                key={action.id}
                id={action.id}
                textValue={action.label}
                isDisabled={action.isDisabled}
                onAction={action.onAction}
                className={styles.item}
                data-danger={action.isDanger || undefined}
              >
                {action.icon && (
                  <span className={styles.tick}>
                    <Icon name={action.icon} size={14} />
                  </span>
                )}
                <span className={styles.words}>
                  <Text slot="label">{action.label}</Text>
                  {action.description && (
                    <Text slot="description" className={styles.description}>
                      {action.description}
                    </Text>
                  )}
                </span>
              </MenuItem>
            )),
          ])}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
