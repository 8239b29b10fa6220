import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { Checkbox } from "../../components/Choice";
import { TypedNameDialog } from "../../components/Dialog";
import { Disclosure } from "../../components/Disclosure";
import { Moment } from "../../components/Moment";
import { SqlBlock } from "../../components/SqlBlock";
import { ErrorState, Skeleton } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import { Table } from "../../components/Table";
import { type BringBackPlan, commands, type PlannedReturn } from "../../ipc/bindings";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { count, counted } from "../../lib/quantity";
import { joined, listed, namesInShort, shortName } from "./kinds";
import styles from "./MissingStep.module.css";

/** More statements than that are for a script, not for a screen. */
const shownAtMost = 50;

const rowsOf = (tables: readonly PlannedReturn[]) => tables.reduce((sum, { rows }) => sum + rows, 0);

/** What is to be known before the rows of a table are taken along. */
function Remarks({ table, live }: { table: PlannedReturn; live: string }) {
  const { changed, notes, obstacle } = table;
  return (
    <>
      {obstacle && (
        <div className={styles.obstacle}>
          <p>Cannot come back. {obstacle.text}</p>
          {obstacle.sql && (
            <Disclosure title="Show the grant">
              <SqlBlock sql={obstacle.sql} label={`Grant for ${shortName(table.table)}`} />
            </Disclosure>
          )}
        </div>
      )}
      {changed > 0 && (
        <p className={styles.remark}>
          {counted(changed, "row")} with other values {changed === 1 ? "stays" : "stay"} as {live} has{" "}
          {changed === 1 ? "it" : "them"}.
        </p>
      )}
      {notes.map((note) => (
        <p key={note} className={styles.remark}>
          {note}
        </p>
      ))}
    </>
  );
}

/** Tables that chosen ones refer to, and that are left out although they lack rows as well. */
function leftBehind(plan: BringBackPlan, chosen: readonly PlannedReturn[]): string[] {
  const taken = new Set(chosen.map(({ table }) => table));
  const can = new Set(plan.tables.filter(({ obstacle }) => obstacle === null).map(({ table }) => table));
  return [...new Set(chosen.flatMap(({ needs }) => needs))].filter(
    (name) => !taken.has(name) && can.has(name),
  );
}

function Plan({
  plan,
  onBack,
  onStarted,
}: { plan: BringBackPlan } & Pick<MissingStepProps, "onBack" | "onStarted">) {
  const { connection } = useCurrentCluster();
  const { liveDatabase: live } = plan;
  const possible = plan.tables.filter(({ obstacle }) => obstacle === null);
  // On production nothing is chosen beforehand.
  const [selection, setSelection] = useState<ReadonlySet<string>>(
    () => new Set(plan.typeToConfirm === null ? possible.map(({ table }) => table) : []),
  );
  const [isAsking, setAsking] = useState(false);
  const chosen = possible.filter(({ table }) => selection.has(table));
  const behind = leftBehind(plan, chosen);
  const choose = (tables: readonly string[], isOn: boolean) => {
    const next = new Set(selection);
    for (const table of tables) {
      if (isOn) next.add(table);
      else next.delete(table);
    }
    setSelection(next);
  };
  const start = useMutation({
    mutationFn: (typed: string | null) =>
      commands.startBringBack(
        plan.id,
        chosen.map(({ table }) => table),
        typed,
      ),
    onSuccess: (job) => {
      setAsking(false);
      onStarted(job);
    },
    onError: () => setAsking(false),
  });
  const rows = rowsOf(chosen);
  const verb = chosen.length === 0 ? "Bring rows back" : `Bring ${counted(rows, "row")} back into ${live}`;
  const inParts = chosen.some(({ parts }) => parts > 1);
  const changed = chosen.reduce((sum, table) => sum + table.changed, 0);
  const hasRemarks = plan.tables.some(
    (table) => table.obstacle || table.changed > 0 || table.notes.length > 0,
  );
  return (
    <>
      <Card flush>
        <Table
          label="Tables that lack rows"
          rows={plan.tables}
          rowKey={({ table }) => table}
          columns={[
            {
              id: "table",
              // A name is read whole, and what is to be known of it beside it.
              width: hasRemarks ? "38%" : undefined,
              header:
                possible.length > 1 ? (
                  <Checkbox
                    isSelected={chosen.length === possible.length}
                    isIndeterminate={chosen.length > 0 && chosen.length < possible.length}
                    onChange={(isOn) =>
                      choose(
                        possible.map(({ table }) => table),
                        isOn,
                      )
                    }
                  >
                    All tables
                  </Checkbox>
                ) : (
                  "Table"
                ),
              isRowHeader: true,
              cell: (table) => (
                <Checkbox
                  isSelected={selection.has(table.table)}
                  isDisabled={table.obstacle !== null}
                  onChange={(isOn) => choose([table.table], isOn)}
                >
                  {shortName(table.table)}
                </Checkbox>
              ),
            },
            ...(hasRemarks
              ? [
                  {
                    id: "remarks",
                    header: "To know",
                    cell: (table: PlannedReturn) => <Remarks table={table} live={live} />,
                  },
                ]
              : []),
            {
              id: "rows",
              header: `Rows missing in ${live}`,
              align: "end",
              cell: ({ rows: missing }) => <strong>{count(missing)}</strong>,
            },
          ]}
        />
      </Card>
      {behind.length > 0 && (
        <Callout
          tone="attention"
          title={`${listed(behind.map(shortName))} ${behind.length === 1 ? "lacks" : "lack"} rows too`}
          actions={
            <Button size="small" onPress={() => choose(behind, true)}>
              {`Take ${namesInShort(behind)} along`}
            </Button>
          }
        >
          Rows that refer to what is not in {live} stay out.
        </Callout>
      )}
      {possible.length > 0 && (
        <Callout tone="attention" title="Rows that were deleted on purpose come back too">
          Nothing tells these from the ones that were lost: every row of {plan.database} that {live} lacks is
          inserted again.
        </Callout>
      )}
      {chosen.length > 0 && (
        <Card>
          <ul className={styles.facts}>
            <li>
              <strong>{counted(rows, "row")}</strong> of {plan.database} {rows === 1 ? "is" : "are"} inserted.
            </li>
            <li>
              Rows that {live} has stay as they are
              {changed > 0 && `, also the ${count(changed)} with other values`}. Nothing is deleted.
            </li>
            <li>It can be stopped and run again at any time. Afterwards both are counted again.</li>
          </ul>
          <Disclosure title={chosen.length === 1 ? "The exact statement" : "The exact statements"}>
            {inParts && (
              <p className={styles.remark}>
                Sent in parts of up to 1,000 rows, one stretch of the primary key after the other: each part
                with where it begins and ends.
              </p>
            )}
            {chosen.length > shownAtMost && (
              <p className={styles.remark}>
                Of the first {shownAtMost} tables; {count(chosen.length - shownAtMost)} more are of the same
                kind.
              </p>
            )}
            <SqlBlock
              sql={joined(chosen.slice(0, shownAtMost).map(({ sql }) => sql))}
              label="Statements to bring rows back"
            />
          </Disclosure>
        </Card>
      )}
      {start.error && <ErrorState error={asCallError(start.error)} />}
      <StepFoot
        back={
          <Button variant="quiet" onPress={onBack}>
            Back
          </Button>
        }
        note={
          connection.fields.readOnly
            ? "This connection is marked read-only."
            : chosen.length === 0
              ? plan.typeToConfirm === null
                ? "Choose at least one table."
                : "Choose first. On production no table is chosen beforehand."
              : "Keep the app open meanwhile."
        }
      >
        <Button
          variant="primary"
          isDisabled={chosen.length === 0 || connection.fields.readOnly}
          isPending={start.isPending}
          onPress={() => (plan.typeToConfirm === null ? start.mutate(null) : setAsking(true))}
        >
          {verb}
        </Button>
      </StepFoot>
      {plan.typeToConfirm !== null && (
        <TypedNameDialog
          title={`Write into ${live} on ${connection.fields.name}?`}
          isOpen={isAsking}
          onClose={() => setAsking(false)}
          name={plan.typeToConfirm}
          nameOf="database"
          confirmLabel={verb}
          isPending={start.isPending}
          onConfirm={() => start.mutate(plan.typeToConfirm)}
        >
          <p>
            {counted(rows, "row")} of <strong>{plan.database}</strong> {rows === 1 ? "is" : "are"} inserted
            into {namesInShort(chosen.map(({ table }) => table))} of the live <strong>{live}</strong>. Nothing
            that is there is changed.
          </p>
        </TypedNameDialog>
      )}
    </>
  );
}

export interface MissingStepProps {
  /** The job that found them. */
  comparison: string;
  restored: string;
  live: string;
  onBack: () => void;
  onStarted: (job: string) => void;
}

/** Which of the missing rows come back, and what exactly is sent for it. */
export function MissingStep({ comparison, restored, live, onBack, onStarted }: MissingStepProps) {
  const planning = useQuery({
    queryKey: ["plan", "bringBack", comparison],
    queryFn: () => commands.planBringBack(comparison),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const plan = planning.data;
  return (
    <>
      <StepTitle title={`Bring missing rows back into ${live}?`}>
        Rows of <strong>{restored}</strong> that the live <strong>{live}</strong> lacks are copied into it
        {plan?.countedAt && (
          <>
            , as counted <Moment value={plan.countedAt} withSeconds />
          </>
        )}
        .
      </StepTitle>
      {planning.error ? (
        <ErrorState
          error={asCallError(planning.error)}
          alwaysRetry
          onRetry={() => void planning.refetch()}
          actions={
            <Button size="small" variant="quiet" onPress={onBack}>
              Back to the comparison
            </Button>
          }
        />
      ) : plan ? (
        <Plan key={plan.id} plan={plan} onBack={onBack} onStarted={onStarted} />
      ) : (
        <Card flush>
          <Skeleton label="Planning" rows={4} rowHeight={48} />
        </Card>
      )}
    </>
  );
}
