import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Badge, Dot } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { Content } from "../../components/Content";
import { environments } from "../../components/environment";
import { Icon } from "../../components/Icon";
import { MenuButton } from "../../components/Menu";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Moment } from "../../components/Moment";
import { PageHeader } from "../../components/PageHeader";
import { EmptyState, ErrorState } from "../../components/States";
import { Table } from "../../components/Table";
import { SearchField } from "../../components/TextField";
import { VisuallyHidden } from "../../components/VisuallyHidden";
import { type Connection, type ConnectionList, commands } from "../../ipc/bindings";
import { connectionsQuery } from "../../ipc/connections";
import { asCallError } from "../../ipc/errors";
import { addressOf } from "../../lib/address";
import { counted } from "../../lib/quantity";
import { useConnectionActions } from "./ConnectionActions";
import styles from "./ConnectionsPage.module.css";
import { ExportDialog } from "./ExportDialog";
import { useImportConnections } from "./ImportDialog";
import { matching, moved, ungrouped } from "./search";
import { useReorder } from "./useReorder";

function useConnectionChange<Argument>(change: (argument: Argument) => Promise<unknown>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (argument: Argument) => change(argument),
    onSettled: () => queryClient.invalidateQueries(connectionsQuery),
  });
}

/** All saved connections: find, order, copy, delete. */
export function ConnectionsPage({ list }: { list: ConnectionList }) {
  const navigate = useNavigate();
  const [search, setSearch] = useState("");
  const { about, deletion, dialog } = useConnectionActions();
  const { connections, healed } = list;
  const shown = matching(connections, search);
  const groups = [...new Set(shown.map(({ fields }) => fields.group ?? ungrouped))].sort((a, b) =>
    a === ungrouped ? 1 : b === ungrouped ? -1 : a.localeCompare(b),
  );

  const reorder = useConnectionChange(commands.reorderConnections);
  const { grip, rowState } = useReorder(connections, reorder.mutate);
  const favour = useConnectionChange(({ id, fields }: Connection) =>
    commands.saveConnection({
      id,
      fields: { ...fields, favourite: !fields.favourite },
      password: { kind: "unchanged" },
      clientKey: { kind: "unchanged" },
    }),
  );
  const practice = useConnectionChange(async () => {
    const { id } = await commands.startPracticeCluster();
    await navigate({ to: "/clusters/$connectionId", params: { connectionId: id } });
  });
  const [isExporting, setExporting] = useState(false);
  const importing = useImportConnections();
  const exportable = connections.filter(({ fields }) => fields.environment !== "practice");
  const thrown = practice.error ?? reorder.error ?? favour.error;

  const actions = (connection: Connection) => {
    const { id, fields } = connection;
    const [up, down] = [moved(connections, id, -1), moved(connections, id, 1)];
    return [
      [
        ...about(connection),
        {
          id: "favourite",
          label: fields.favourite ? "No longer a favourite" : "Make it a favourite",
          icon: "star",
          onAction: () => favour.mutate(connection),
        },
      ],
      [
        {
          id: "up",
          label: "Move up",
          icon: "arrowUp",
          isDisabled: up === null,
          onAction: () => up && reorder.mutate(up),
        },
        {
          id: "down",
          label: "Move down",
          icon: "arrowDown",
          isDisabled: down === null,
          onAction: () => down && reorder.mutate(down),
        },
      ],
      [deletion(connection)],
    ] as const;
  };

  return (
    <Content>
      <PageHeader
        title="Connections"
        actions={
          <>
            <MenuButton
              label="More for connections"
              icon="more"
              actions={[
                { id: "import", label: "Import a file…", icon: "download", onAction: importing.begin },
                {
                  id: "export",
                  label: "Export…",
                  icon: "upload",
                  isDisabled: exportable.length === 0,
                  onAction: () => setExporting(true),
                },
              ]}
            />
            {!connections.some(({ fields }) => fields.environment === "practice") && (
              <Button onPress={() => practice.mutate(undefined)} isPending={practice.isPending}>
                Start practice cluster
              </Button>
            )}
            <Button variant="primary" onPress={() => navigate({ to: "/connections/new" })}>
              Add connection
            </Button>
          </>
        }
      />
      {healed && (
        <Callout tone="attention" title="The list of connections was damaged and has been mended">
          {counted(healed.recovered, "connection")} could be read
          {healed.lost ? `, ${healed.lost} could not` : ""}. The damaged file is kept as {healed.keptAside}.
        </Callout>
      )}
      {connections.length > 4 && (
        <div className={styles.search}>
          <SearchField label="Search connections" value={search} onChange={setSearch} />
        </div>
      )}
      {thrown && <ErrorState error={asCallError(thrown)} />}
      {shown.length === 0 && (
        <Card flush>
          <EmptyState
            icon="search"
            title="No connection matches"
            action={<Button onPress={() => setSearch("")}>Show all</Button>}
          >
            Nothing is called “{search}”, nor has it in its host, user, group or note.
          </EmptyState>
        </Card>
      )}
      {groups.map((group) => (
        <Card key={group} flush title={groups.length > 1 || group !== ungrouped ? group : undefined}>
          <Table
            label={group === ungrouped ? "Connections" : `Connections of ${group}`}
            rows={shown.filter(({ fields }) => (fields.group ?? ungrouped) === group)}
            rowKey={({ id }) => id}
            isAligned
            rowState={rowState}
            columns={[
              {
                id: "name",
                header: "Name",
                isRowHeader: true,
                cell: (connection) => (
                  <div className={styles.name}>
                    <span className={styles.called}>
                      {grip(connection)}
                      <Dot
                        tone={environments[connection.fields.environment].tone}
                        colour={connection.fields.colour}
                        isHollow={!connection.open}
                      />
                      <Link
                        to="/clusters/$connectionId"
                        params={{ connectionId: connection.id }}
                        className={styles.link}
                      >
                        <MiddleEllipsis text={connection.fields.name} />
                      </Link>
                      {connection.fields.favourite && (
                        <span className={styles.star}>
                          <Icon name="star" size={11} filled />
                          <VisuallyHidden>Favourite</VisuallyHidden>
                        </span>
                      )}
                    </span>
                    {connection.open && <Badge tone="accent">Connected</Badge>}
                    {connection.fields.readOnly && <Badge icon="lock">Read-only</Badge>}
                  </div>
                ),
              },
              {
                id: "environment",
                header: "Environment",
                width: "120px",
                cell: ({ fields }) => environments[fields.environment].label,
              },
              {
                id: "host",
                header: "Host",
                width: "31%",
                cell: ({ fields }) => (
                  <div className={styles.host}>
                    <MiddleEllipsis text={addressOf(fields)} keepEnd={16} />
                    {fields.note && <span className={styles.note}>{fields.note}</span>}
                  </div>
                ),
              },
              {
                id: "used",
                header: "Last used",
                isMinor: true,
                width: "190px",
                cell: ({ lastUsedAt }) =>
                  lastUsedAt ? <Moment value={lastUsedAt} /> : <span className={styles.note}>never</span>,
              },
              {
                id: "actions",
                header: <VisuallyHidden>Actions</VisuallyHidden>,
                align: "end",
                width: "64px",
                cell: (connection) => (
                  <MenuButton
                    icon="more"
                    label={`Actions for ${connection.fields.name}`}
                    actions={actions(connection)}
                  />
                ),
              },
            ]}
          />
        </Card>
      ))}
      {importing.dialog}
      {isExporting && <ExportDialog connections={exportable} onClose={() => setExporting(false)} />}
      {dialog}
    </Content>
  );
}
