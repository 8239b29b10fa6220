import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Table } from "../../components/Table";
import { VisuallyHidden } from "../../components/VisuallyHidden";
import type { Chain } from "../../ipc/bindings";

/** Backups whose moments are not known: encrypted ones, unreadable ones, and those of a list too long to look into each. */
export function ClosedChains({
  chains,
  onOpen,
}: {
  chains: readonly Chain[];
  onOpen: (chain: Chain) => void;
}) {
  return (
    <Card flush title="Not looked into">
      <Table
        label="Backups that were not looked into"
        rows={chains}
        rowKey={({ subdirectory }) => subdirectory}
        columns={[
          {
            id: "subdirectory",
            header: "Backup",
            isRowHeader: true,
            cell: ({ subdirectory }) => <code>{subdirectory}</code>,
          },
          {
            id: "why",
            header: "Why",
            cell: ({ encrypted, problem }) =>
              encrypted ? (
                <Badge icon="lock">encrypted</Badge>
              ) : problem ? (
                [problem.message, problem.hint].filter(Boolean).join(" ")
              ) : (
                "There are many."
              ),
          },
          {
            id: "open",
            header: <VisuallyHidden>Actions</VisuallyHidden>,
            align: "end",
            cell: (chain) =>
              (chain.encrypted || chain.problem === null) && (
                <Button size="small" aria-label={`Open ${chain.subdirectory}`} onPress={() => onOpen(chain)}>
                  {chain.encrypted ? "Open with its passphrase…" : "Open"}
                </Button>
              ),
          },
        ]}
      />
    </Card>
  );
}
