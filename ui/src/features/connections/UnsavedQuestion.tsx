import { useBlocker } from "@tanstack/react-router";
import { useRef } from "react";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { type ConnectionForm, isEdited } from "./draft";

/** Asks before a form is left that holds something else than it started with. `letGo` is for what was saved. */
export function useUnsavedQuestion(form: ConnectionForm, start: ConnectionForm) {
  const isSaved = useRef(false);
  const blocker = useBlocker({
    shouldBlockFn: () => !isSaved.current && isEdited(form, start),
    enableBeforeUnload: false,
    withResolver: true,
  });
  const isAsked = blocker.status === "blocked";
  const stay = () => blocker.reset?.();
  return {
    letGo: () => {
      isSaved.current = true;
    },
    dialog: isAsked && (
      <Dialog
        title="Leave without saving?"
        isOpen
        onClose={stay}
        role="alertdialog"
        footer={
          <>
            <Button variant="danger" onPress={() => blocker.proceed?.()}>
              Discard the changes
            </Button>
            <Button variant="primary" onPress={stay} autoFocus>
              Keep editing
            </Button>
          </>
        }
      >
        <p>What you changed in this connection has not been saved.</p>
      </Dialog>
    ),
  };
}
