import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { MenuButton } from "../components/Menu";
import { announce } from "../components/Toast";
import { type Connection, commands } from "../ipc/bindings";
import { clusterKey, connectionsQuery } from "../ipc/connections";
import { asCallError } from "../ipc/errors";

export function ClusterMenu({ connection, isOpen }: { connection: Connection; isOpen: boolean }) {
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { name } = connection.fields;
  const disconnect = useMutation({
    mutationFn: () => commands.disconnectCluster(connection.id),
    onSuccess: async () => {
      await navigate({ to: "/" });
      queryClient.removeQueries({ queryKey: clusterKey(connection.id) });
      await queryClient.invalidateQueries(connectionsQuery);
      announce(`Disconnected from ${name}.`);
    },
    onError: (thrown) => announce(asCallError(thrown).message, { tone: "bad" }),
  });
  return (
    <MenuButton
      label={`Actions for ${name}`}
      icon="more"
      actions={[
        [
          {
            id: "edit",
            label: "Edit the connection…",
            icon: "edit",
            onAction: () =>
              void navigate({ to: "/connections/$connectionId", params: { connectionId: connection.id } }),
          },
          {
            id: "check",
            label: "Check the connection",
            icon: "activity",
            onAction: () =>
              void navigate({
                to: "/connections/$connectionId",
                params: { connectionId: connection.id },
                search: { check: true },
              }),
          },
        ],
        [
          {
            id: "disconnect",
            label: "Disconnect",
            icon: "plug",
            isDisabled: !isOpen,
            description: "Transfers of this cluster end; backups and restores go on in it.",
            onAction: () => disconnect.mutate(),
          },
        ],
      ]}
    />
  );
}
