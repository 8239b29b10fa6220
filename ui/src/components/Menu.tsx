import { type ReactNode, useRef } from "react";
import { Keyboard, Menu, MenuItem, MenuTrigger, Popover, Separator, Text } from "react-aria-components";
import { createPortal } from "react-dom";
import { Button, type ButtonProps, IconButton } from "./Button";
import { Icon, type IconName } from "./Icon";
import styles from "./Menu.module.css";

export interface MenuAction {
  id: string;
  label: string;
  icon?: IconName;
  /** Why it is disabled, or what it will do. */
  description?: string;
  /** The keys that do the same where the menu is not open: "F2". */
  keys?: string;
  isDanger?: boolean;
  isDisabled?: boolean;
  onAction: () => void;
}

type Groups = readonly (readonly MenuAction[])[];

/** Several lists are parted by a line. */
function groupsOf(actions: readonly MenuAction[] | Groups): Groups {
  return (Array.isArray(actions[0]) ? actions : [actions]) as Groups;
}

function Actions({ label, groups, autoFocus }: { label: string; groups: Groups; autoFocus?: "first" }) {
  return (
    <Menu className={styles.menu} aria-label={label} autoFocus={autoFocus}>
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
            {action.keys && <Keyboard className={styles.keys}>{action.keys}</Keyboard>}
          </MenuItem>
        )),
      ])}
    </Menu>
  );
}

export interface ContextMenuProps {
  label: string;
  /** Where in the window it was asked for. */
  place: { x: number; y: number };
  actions: readonly MenuAction[] | Groups;
  onClose: () => void;
}

/** What can be done with what the pointer or the keyboard is on. Closed, the focus is where it was. */
export function ContextMenu({ label, place, actions, onClose }: ContextMenuProps) {
  const anchor = useRef<HTMLSpanElement>(null);
  // What opens a dialog opens it over the page, not over a menu that is going.
  const groups = groupsOf(actions).map((group) =>
    group.map((action) => ({
      ...action,
      onAction: () => {
        onClose();
        requestAnimationFrame(() => requestAnimationFrame(action.onAction));
      },
    })),
  );
  return (
    <>
      {createPortal(
        <span ref={anchor} className={styles.anchor} style={{ left: place.x, top: place.y }} />,
        document.body,
      )}
      <Popover
        className={styles.popover}
        triggerRef={anchor}
        isOpen
        onOpenChange={(isOpen) => !isOpen && onClose()}
        offset={0}
        placement="bottom start"
        aria-label={label}
      >
        <Actions label={label} groups={groups} autoFocus="first" />
      </Popover>
    </>
  );
}

export interface MenuButtonProps {
  /** The accessible name; shown as well when there is no icon. */
  label: string;
  icon?: IconName;
  variant?: ButtonProps["variant"];
  size?: "normal" | "small";
  isDisabled?: boolean;
  /** Several lists are parted by a line. */
  actions: readonly MenuAction[] | Groups;
  children?: ReactNode;
}

export function MenuButton({ label, icon, variant, size, isDisabled, actions }: MenuButtonProps) {
  const groups = groupsOf(actions);
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
        <Actions label={label} groups={groups} />
      </Popover>
    </MenuTrigger>
  );
}
