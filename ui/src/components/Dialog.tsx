import { type FormEvent, type ReactNode, useEffect } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Button, ButtonRow } from "./Button";
import { Stack } from "./Card";
import styles from "./Dialog.module.css";
import { returnFocus } from "./lastFocus";
import { ProductionGuard, useProductionGuard } from "./ProductionGuard";

export interface DialogProps {
  title: ReactNode;
  isOpen: boolean;
  onClose: () => void;
  size?: "normal" | "wide";
  /** `alertdialog` for a question that must be answered: a click outside does not close it. */
  role?: "dialog" | "alertdialog";
  /** The buttons, at the end of the foot. The answer that changes something comes last. */
  footer?: ReactNode;
  /** Makes the whole dialog a form: Enter in a field submits it. */
  onSubmit?: () => void;
  children: ReactNode;
}

/** Focus moves in, stays in, and returns to where it was. Escape closes. */
export function Dialog({
  title,
  isOpen,
  onClose,
  size = "normal",
  role = "dialog",
  footer,
  onSubmit,
  children,
}: DialogProps) {
  useEffect(() => {
    if (isOpen) return returnFocus;
  }, [isOpen]);
  const inner = (
    <>
      <div className={styles.body}>{children}</div>
      {footer && (
        <div className={styles.foot}>
          <ButtonRow align="end">{footer}</ButtonRow>
        </div>
      )}
    </>
  );
  return (
    <ModalOverlay
      className={styles.overlay}
      isOpen={isOpen}
      isDismissable={role === "dialog" && !onSubmit}
      onOpenChange={(open) => !open && onClose()}
    >
      <Modal className={styles.modal} data-size={size}>
        <AriaDialog className={styles.dialog} role={role}>
          <Heading slot="title" className={styles.title}>
            {title}
          </Heading>
          {onSubmit ? (
            <form
              className={styles.form}
              onSubmit={(event: FormEvent) => {
                event.preventDefault();
                event.stopPropagation();
                onSubmit();
              }}
            >
              {inner}
            </form>
          ) : (
            inner
          )}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export interface ConfirmDialogProps {
  /** The question. */
  title: ReactNode;
  isOpen: boolean;
  onClose: () => void;
  onConfirm: () => void;
  /** Says what it does: "Delete 2 files". */
  confirmLabel: string;
  /** Says what happens without it, where "Cancel" would be mistaken for the deed. */
  cancelLabel?: string;
  isDanger?: boolean;
  /** While true the question stays and the answer shows that it is under way. */
  isPending?: boolean;
  children: ReactNode;
}

export function ConfirmDialog({
  title,
  isOpen,
  onClose,
  onConfirm,
  confirmLabel,
  cancelLabel = "Cancel",
  isDanger,
  isPending,
  children,
}: ConfirmDialogProps) {
  return (
    <Dialog
      title={title}
      isOpen={isOpen}
      onClose={onClose}
      role="alertdialog"
      footer={
        <>
          <Button variant="quiet" onPress={onClose} autoFocus={isDanger}>
            {cancelLabel}
          </Button>
          <Button
            variant={isDanger ? "danger" : "primary"}
            onPress={onConfirm}
            isPending={isPending}
            autoFocus={!isDanger}
          >
            {confirmLabel}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}

export interface TypedNameDialogProps extends Omit<ConfirmDialogProps, "isDanger" | "cancelLabel"> {
  /** What must be typed, letter by letter. */
  name: string;
  /** What the name is of: "database", "connection". */
  nameOf: "connection" | "database" | "collection";
  /** Of a collection, whose path is asked for on every cluster. */
  isProduction?: boolean;
}

/** For what cannot be taken back on a production cluster: the answer works only once the name was typed. */
export function TypedNameDialog({
  name,
  nameOf,
  isProduction,
  title,
  isOpen,
  onClose,
  onConfirm,
  confirmLabel,
  isPending,
  children,
}: TypedNameDialogProps) {
  const guard = useProductionGuard(name);
  const { setText } = guard;
  useEffect(() => {
    if (isOpen) setText("");
  }, [isOpen, setText]);
  return (
    <Dialog
      title={title}
      isOpen={isOpen}
      onClose={onClose}
      role="alertdialog"
      onSubmit={() => guard.isPassed && !isPending && onConfirm()}
      footer={
        <>
          <Button variant="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button variant="danger" type="submit" isDisabled={!guard.isPassed} isPending={isPending}>
            {confirmLabel}
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        {children}
        <ProductionGuard
          guard={guard}
          what={nameOf === "collection" ? "Backups are at stake." : "This is a production cluster."}
          nameOf={nameOf}
          isProduction={isProduction}
          autoFocus
        />
      </Stack>
    </Dialog>
  );
}
