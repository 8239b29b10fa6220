import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { RadioGroup } from "../components/Choice";
import { ConfirmDialog } from "../components/Dialog";
import { ErrorState } from "../components/States";
import { announce } from "../components/Toast";
import { type Accident, commands } from "../ipc/bindings";
import { clusterKey } from "../ipc/connections";
import { asCallError } from "../ipc/errors";

const happened: Record<Accident, string> = {
  rowsDeleted: "Rows of the table transactions of bank are deleted.",
  tableDropped: "The table transactions of bank is dropped.",
  databaseDropped: "The database bank is dropped.",
};

export interface BreakDialogProps {
  /** Of the practice cluster: no other one is broken, whatever is given here. */
  connectionId: string;
  isOpen: boolean;
  onClose: () => void;
}

/** A mistake on purpose, to rehearse getting over it before one has to. */
export function BreakDialog({ connectionId, isOpen, onClose }: BreakDialogProps) {
  const queryClient = useQueryClient();
  const [accident, setAccident] = useState<Accident>("rowsDeleted");
  const breaking = useMutation({
    mutationFn: () => commands.breakPracticeCluster(accident),
    onSuccess: async () => {
      close();
      await queryClient.invalidateQueries({ queryKey: clusterKey(connectionId) });
      announce(`${happened[accident]} Get it back with Restore…`);
    },
  });
  const close = () => {
    breaking.reset();
    onClose();
  };
  return (
    <ConfirmDialog
      title="Break something?"
      isOpen={isOpen}
      onClose={close}
      onConfirm={() => breaking.mutate()}
      confirmLabel="Break it"
      isDanger
      isPending={breaking.isPending}
    >
      <p>
        A mistake as it happens to people, made in the practice cluster only. Then get back what is lost with
        Restore…, with a backup or without one.
      </p>
      <RadioGroup
        label="What happens"
        value={accident}
        onChange={setAccident}
        options={[
          {
            value: "rowsDeleted",
            label: "Rows are deleted",
            description: "A DELETE with the wrong condition, in the table transactions of bank.",
          },
          {
            value: "tableDropped",
            label: "A table is dropped",
            description: "The table transactions of bank.",
          },
          { value: "databaseDropped", label: "A database is dropped", description: "All of bank." },
        ]}
      />
      {breaking.error && <ErrorState error={asCallError(breaking.error)} />}
    </ConfirmDialog>
  );
}
