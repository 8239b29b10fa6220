import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Moment } from "../../components/Moment";
import { StepFoot } from "../../components/StepTitle";
import { Table } from "../../components/Table";
import { VisuallyHidden } from "../../components/VisuallyHidden";
import type { Database } from "../../ipc/bindings";

export interface WhichDatabaseProps {
  /** Those that have a backup. */
  databases: readonly Database[];
  onChoose: (database: string) => void;
  onAny: () => void;
  /** Goes to where an earlier moment is backed up; absent where nothing may be. */
  onLookBack?: () => void;
}

/** Where several databases were backed up, one begins with the one that is wanted; it may be gone. */
export function WhichDatabase({ databases, onChoose, onAny, onLookBack }: WhichDatabaseProps) {
  return (
    <>
      <Card flush>
        <Table
          label="Databases with backups"
          rows={databases}
          rowKey={({ name }) => name}
          columns={[
            {
              id: "name",
              header: "Database",
              isRowHeader: true,
              cell: ({ name }) => <MiddleEllipsis text={name} isFocusable={name.length > 40} />,
            },
            {
              id: "state",
              header: "Now",
              cell: ({ isGone }) =>
                isGone ? <Badge tone="attention">not on the cluster</Badge> : "on the cluster",
            },
            {
              id: "newest",
              header: "Newest backup",
              cell: ({ newestBackup }) =>
                newestBackup && <Moment value={newestBackup.endTime} withRelative />,
            },
            {
              id: "choose",
              header: <VisuallyHidden>Actions</VisuallyHidden>,
              align: "end",
              cell: ({ name }) => (
                <Button size="small" aria-label={`Moments of ${name}`} onPress={() => onChoose(name)}>
                  Moments
                </Button>
              ),
            },
          ]}
        />
      </Card>
      {onLookBack && (
        <Callout
          title="Not in the list, or the newest backup is too old?"
          actions={
            <Button size="small" onPress={onLookBack}>
              Back up an earlier moment…
            </Button>
          }
        >
          The cluster itself keeps what was changed, deleted or dropped for some hours. A backup of the moment
          before can be taken now, and then restored.
        </Callout>
      )}
      <StepFoot>
        <Button variant="quiet" onPress={onAny}>
          Look through all backups
        </Button>
      </StepFoot>
    </>
  );
}
