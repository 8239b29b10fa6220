import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ConfirmDialog } from "../components/Dialog";
import { type MenuAction, MenuButton } from "../components/Menu";
import { ErrorState } from "../components/States";
import { announce } from "../components/Toast";
import { useConnectionActions } from "../features/connections/ConnectionActions";
import type { Connection } from "../ipc/bindings";
import { commands } from "../ipc/bindings";
import { clusterKey, connectionsQuery } from "../ipc/connections";
import { asCallError } from "../ipc/errors";
import { BreakDialog } from "./BreakDialog";

/** What can be done about where one is, rather than in it. */
export function ClusterMenu({ connection, isOpen }: { connection: Connection; isOpen: boolean }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { about, deletion, dialog } = useConnectionActions();
  const [asksReset, setAsksReset] = useState(false);
  const [asksBreak, setAsksBreak] = useState(false);
  const { id, fields } = connection;
  const isPractice = fields.environment === "practice";

  const disconnect = useMutation({
    mutationFn: () => commands.disconnectCluster(id),
    onSuccess: async () => {
      await navigate({ to: "/" });
      queryClient.removeQueries({ queryKey: clusterKey(id) });
      await queryClient.invalidateQueries(connectionsQuery);
      announce(`Disconnected from ${fields.name}.`);
    },
    onError: (thrown) => announce(asCallError(thrown).message, { tone: "bad" }),
  });
  const reset = useMutation({
    mutationFn: commands.resetPracticeCluster,
    onSuccess: async () => {
      setAsksReset(false);
      await queryClient.invalidateQueries(connectionsQuery);
      await navigate({ to: "/clusters/$connectionId", params: { connectionId: id } });
      await queryClient.resetQueries({ queryKey: clusterKey(id) });
      announce("The practice cluster is as it was on the first day.", { tone: "good" });
    },
  });

  const isBreakable = isPractice && isOpen;
  const changes: MenuAction[] = [
    {
      id: "disconnect",
      label: "Disconnect",
      icon: "plug",
      isDisabled: !isOpen,
      description: "Transfers pause and can be resumed; backups and restores go on in the cluster.",
      onAction: () => disconnect.mutate(),
    },
    ...(isBreakable
      ? [
          {
            id: "break",
            label: "Break something…",
            description: "To rehearse getting it back.",
            onAction: () => setAsksBreak(true),
          } as const,
        ]
      : []),
    ...(isPractice
      ? [
          {
            id: "reset",
            label: "Reset the practice cluster…",
            icon: "refresh",
            isDanger: true,
            onAction: () => setAsksReset(true),
          } as const,
        ]
      : []),
  ];
  return (
    <>
      <MenuButton
        label={`Actions for ${fields.name}`}
        icon="more"
        actions={[about(connection), changes, [deletion(connection)]]}
      />
      {dialog}
      <BreakDialog connectionId={id} isOpen={asksBreak} onClose={() => setAsksBreak(false)} />
      <ConfirmDialog
        title="Reset the practice cluster?"
        isOpen={asksReset}
        onClose={() => {
          reset.reset();
          setAsksReset(false);
        }}
        onConfirm={() => reset.mutate()}
        confirmLabel="Reset the practice cluster"
        isDanger
        isPending={reset.isPending}
      >
        <p>
          The sample databases come back as they were on the first day. Everything else in it goes: your
          files, backups and restored databases. Your own clusters are not touched.
        </p>
        {reset.error && <ErrorState error={asCallError(reset.error)} />}
      </ConfirmDialog>
    </>
  );
}
