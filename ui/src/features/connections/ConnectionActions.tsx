import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Callout } from "../../components/Callout";
import { ConfirmDialog } from "../../components/Dialog";
import type { MenuAction } from "../../components/Menu";
import { ErrorState } from "../../components/States";
import { announce } from "../../components/Toast";
import { type Connection, commands, type Job } from "../../ipc/bindings";
import { clusterKey, connectionsQuery } from "../../ipc/connections";
import { asCallError } from "../../ipc/errors";
import { useUnendedJobs } from "../../ipc/jobs";
import { counted } from "../../lib/quantity";

/** What a deletion would leave behind, by name. */
function WhatRuns({ connectionId }: { connectionId: string }) {
  const jobs = useUnendedJobs(connectionId);
  const isInCluster = ({ kind }: Job) => kind === "backup" || kind === "restore";
  const [inCluster, here] = [jobs.filter(isInCluster), jobs.filter((job) => !isInCluster(job))];
  const titles = (listed: readonly Job[]) => (
    <ul>
      {listed.map(({ id, title }) => (
        <li key={id}>{title}</li>
      ))}
    </ul>
  );
  return (
    <>
      {here.length > 0 && (
        <Callout
          tone="attention"
          title={
            here.length === 1
              ? "1 transfer stops where it is"
              : `${counted(here.length, "transfer")} stop where they are`
          }
        >
          {titles(here)}
          What is paused cannot go on without the connection.
        </Callout>
      )}
      {inCluster.length > 0 && (
        <Callout tone="attention" title="Goes on in the cluster">
          {titles(inCluster)}
          Roachvault does not see any more how it ends. To cancel it, do that before you delete the
          connection.
        </Callout>
      )}
    </>
  );
}

/** What can be done with a saved connection wherever it is met: in the list of all, and in its cluster's menu. */
export function useConnectionActions() {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [deleting, setDeleting] = useState<Connection | null>(null);
  const tell = (thrown: unknown) => announce(asCallError(thrown).message, { tone: "bad" });

  const duplicate = useMutation({
    mutationFn: (id: string) => commands.duplicateConnection(id),
    onSuccess: (copy) => announce(`${copy.fields.name} was added.`),
    onError: tell,
    onSettled: () => queryClient.invalidateQueries(connectionsQuery),
  });
  const remove = useMutation({
    mutationFn: (connection: Connection) => commands.deleteConnection(connection.id),
    onSuccess: async (_, { id }) => {
      setDeleting(null);
      await navigate({ to: "/" });
      queryClient.removeQueries({ queryKey: clusterKey(id) });
    },
    onSettled: () => queryClient.invalidateQueries(connectionsQuery),
  });

  const about = ({ id, fields }: Connection): MenuAction[] => {
    const isPractice = fields.environment === "practice";
    const edit = (check: boolean) => () =>
      void navigate({
        to: "/connections/$connectionId",
        params: { connectionId: id },
        search: check ? { check } : {},
      });
    return [
      { id: "edit", label: "Edit…", icon: "edit", onAction: edit(false) },
      { id: "check", label: "Check the connection", icon: "activity", onAction: edit(true) },
      {
        id: "duplicate",
        label: "Duplicate",
        icon: "copy",
        isDisabled: isPractice,
        description: isPractice ? "There is one practice cluster." : undefined,
        onAction: () => duplicate.mutate(id),
      },
    ];
  };
  return {
    about,
    deletion: (connection: Connection): MenuAction => ({
      id: "delete",
      label: "Delete…",
      icon: "trash",
      isDanger: true,
      onAction: () => setDeleting(connection),
    }),
    dialog: (
      <ConfirmDialog
        title={`Delete the connection ${deleting?.fields.name ?? ""}?`}
        isOpen={deleting !== null}
        onClose={() => {
          remove.reset();
          setDeleting(null);
        }}
        onConfirm={() => deleting && remove.mutate(deleting)}
        confirmLabel="Delete the connection"
        isDanger
        isPending={remove.isPending}
      >
        <p>
          Roachvault forgets the address and removes its secrets from this computer's keyring. The cluster
          itself is not touched.
        </p>
        {deleting && <WhatRuns connectionId={deleting.id} />}
        {remove.error && <ErrorState error={asCallError(remove.error)} />}
      </ConfirmDialog>
    ),
  };
}
