import { type UseQueryResult, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Checkbox } from "../../components/Choice";
import { TypedNameDialog } from "../../components/Dialog";
import { Disclosure } from "../../components/Disclosure";
import { checksInShort, PlanChecks } from "../../components/PlanChecks";
import { SqlBlock } from "../../components/SqlBlock";
import { ErrorState, Skeleton } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import { databasesQuery } from "../../ipc/backups";
import { commands, type RestoreOption, type RestorePlan } from "../../ipc/bindings";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { bytes, count } from "../../lib/quantity";
import { localMoment, relativeTime } from "../../lib/time";
import styles from "./CheckStep.module.css";
import { GoneBackup } from "./GoneBackup";
import { kindsCounted, shortName } from "./kinds";
import type { StepProps } from "./search";

const optionLabels: Record<RestoreOption, { label: string; description: string }> = {
  skipMissingForeignKeys: {
    label: "Restore without foreign keys that point outside",
    description: "The columns stay, the rule that ties them to another table does not.",
  },
  skipMissingSequences: {
    label: "Restore without sequences that are not in the backup",
    description: "Columns lose the default that took its values from them.",
  },
  skipMissingSequenceOwners: {
    label: "Restore sequences without their owners",
    description: "They no longer disappear together with the column that used them.",
  },
  skipMissingViews: {
    label: "Restore without views that need something outside",
    description: "These views are left out.",
  },
  skipMissingUdfs: {
    label: "Restore without functions that are not in the backup",
    description: "Columns lose the default that called them.",
  },
  skipLocalitiesCheck: {
    label: "Restore although the regions differ",
    description: "Data may lie elsewhere than it did.",
  },
  removeRegions: {
    label: "Restore without regions",
    description: "Every table becomes a table without regions.",
  },
  schemaOnly: {
    label: "Tables without their rows",
    description: "To look at the structure, or to rehearse.",
  },
  verifyBackupTableData: {
    label: "Read every row of the backup while at it",
    description:
      "Proves that it can be read. Together with tables without their rows, nothing else is written.",
  },
  grants: { label: "Bring grants along", description: "For roles that exist on this cluster." },
};

/** Offered here; the others come as the way out of a check. */
const offered: readonly RestoreOption[] = ["schemaOnly"];

/** Of a restore of single tables: whether their database is made for them. Null for a whole database. */
type Tables = { isNew: boolean } | null;

/** What the button does, in its own words. */
function verbOf(plan: RestorePlan, tables: Tables, isLive: boolean): string {
  if (tables !== null) return `Restore into ${tables.isNew ? "the new " : ""}${plan.newName}`;
  if (plan.newName === plan.database) return "Restore under its own name";
  return isLive ? "Restore beside the live one" : `Restore as ${plan.newName}`;
}

interface LeadProps {
  plan: RestorePlan;
  tables: Tables;
  /** There is a database of that name now. */
  isLive: boolean;
}

function Lead({ plan, tables, isLive }: LeadProps) {
  const moment = new Date(plan.moment);
  const when = (
    <span title={localMoment(moment, true)}>
      as it was on {localMoment(moment, true)} ({relativeTime(moment, new Date())})
    </span>
  );
  if (tables !== null)
    return (
      <>
        Restoring <strong>{named(plan)}</strong> of <strong>{plan.database}</strong> {when}, into{" "}
        {tables.isNew && "the new database "}
        <strong>{plan.newName}</strong>.{" "}
        {tables.isNew ? "Nothing that is there now is touched." : "Nothing in it is overwritten."}
      </>
    );
  if (plan.newName === plan.database)
    return (
      <>
        Restoring <strong>{plan.database}</strong> {when}, under its own name.
        {!isLive && " There is no database of that name now."}
      </>
    );
  if (!isLive)
    return (
      <>
        Restoring <strong>{plan.database}</strong> {when}, as <strong>{plan.newName}</strong>. There is no{" "}
        <strong>{plan.database}</strong> now.
      </>
    );
  return (
    <>
      Restoring <strong>{plan.database}</strong> {when}, beside the live one, as{" "}
      <strong>{plan.newName}</strong>. The live <strong>{plan.database}</strong> is not touched.
    </>
  );
}

/** The one table by its name, several by their number. */
function named({ tables }: RestorePlan): string {
  const [only, ...more] = tables;
  return only && more.length === 0 ? shortName(`${only.schema}.${only.name}`) : kindsCounted(tables);
}

export interface CheckStepProps extends StepProps {
  planning: UseQueryResult<RestorePlan>;
  onBackups: () => void;
  onUnlock: () => void;
  onStarted: (job: string) => void;
}

/** The last look before anything is sent: every check, the exact statement, and the one button. */
export function CheckStep({
  planning,
  search,
  onSearchChange,
  onBackups,
  onUnlock,
  onStarted,
}: CheckStepProps) {
  const { connection } = useCurrentCluster();
  const [isAsking, setAsking] = useState(false);
  const plan = planning.data;
  const databases = useQuery(databasesQuery(connection.id));
  // Until it is known there is taken to be one: nothing that is there is promised away.
  const isLive = databases.data?.some(({ name }) => name === plan?.database) ?? true;
  const tables: Tables = search.tables === undefined ? null : { isNew: search.into === undefined };
  const options = search.options ?? [];
  const start = useMutation({
    mutationFn: ({ id, typed }: { id: string; typed: string | null }) => commands.startRestore(id, typed),
    onSuccess: (job) => {
      setAsking(false);
      onStarted(job);
    },
    onError: () => setAsking(false),
  });
  const choose = (chosen: readonly RestoreOption[]) =>
    onSearchChange({ ...search, options: [...chosen] }, { replace: true });
  const short = plan && checksInShort(plan.checks);
  const toChoices = () => onSearchChange({ ...search, step: "where" });
  const listed = [...new Set([...offered, ...options])];
  const size = plan
    ? [
        kindsCounted(plan.tables),
        plan.rows === null ? "" : `${count(plan.rows)} rows`,
        plan.sizeBytes === null ? "" : `about ${bytes(plan.sizeBytes)}`,
      ]
        .filter(Boolean)
        .join(", ")
    : "";
  return (
    <>
      <StepTitle
        title="Will this work?"
        aside={short && !planning.isFetching && <Badge tone={short.tone}>{short.words}</Badge>}
      >
        {plan && (
          <>
            <Lead plan={plan} tables={tables} isLive={isLive} /> {size}.
          </>
        )}
      </StepTitle>
      {planning.error && asCallError(planning.error).code === "notFound" ? (
        <GoneBackup
          error={asCallError(planning.error)}
          search={search}
          onSearchChange={onSearchChange}
          onBackups={onBackups}
        />
      ) : planning.error ? (
        <ErrorState error={asCallError(planning.error)} alwaysRetry onRetry={() => void planning.refetch()} />
      ) : plan === undefined ? (
        <Card flush>
          <Skeleton label="Checking" rows={7} rowHeight={61} />
        </Card>
      ) : (
        <>
          <Card flush>
            <PlanChecks
              checks={plan.checks}
              onUseName={(name) => onSearchChange({ ...search, as: name }, { replace: true })}
              onAskPassphrase={onUnlock}
              onAllow={(allowed) => choose([...new Set([...options, ...allowed])])}
              onBeside={(newName, without) =>
                onSearchChange(
                  {
                    ...search,
                    as: newName,
                    into: undefined,
                    options: [...new Set([...options, ...without])],
                  },
                  { replace: true },
                )
              }
              onTakeAlong={(chosen, newName) =>
                // With what they refer to, nothing needs to be left out.
                onSearchChange(
                  {
                    ...search,
                    tables: [...chosen],
                    as: newName,
                    into: undefined,
                    options: options.filter((option) => !option.startsWith("skipMissing")),
                  },
                  { replace: true },
                )
              }
              changeAt={(id) => (id === "nameFree" ? toChoices : undefined)}
            />
          </Card>
          <Card>
            <div className={styles.more}>
              <Disclosure title="The exact statement" isOpen>
                <SqlBlock sql={plan.sql} />
              </Disclosure>
              <Disclosure title="More choices" isOpen={options.length > 0}>
                <div className={styles.options}>
                  {listed.map((option) => (
                    <Checkbox
                      key={option}
                      isSelected={options.includes(option)}
                      onChange={(isOn) =>
                        choose(isOn ? [...options, option] : options.filter((each) => each !== option))
                      }
                      description={optionLabels[option].description}
                    >
                      {optionLabels[option].label}
                    </Checkbox>
                  ))}
                </div>
              </Disclosure>
            </div>
          </Card>
        </>
      )}
      {start.error && (
        <ErrorState
          error={asCallError(start.error)}
          actions={
            <Button
              size="small"
              onPress={() => {
                start.reset();
                void planning.refetch();
              }}
            >
              Check again
            </Button>
          }
        />
      )}
      <StepFoot
        back={
          <Button variant="quiet" onPress={toChoices}>
            Back
          </Button>
        }
        note={
          plan && (plan.canStart ? "You may close the window meanwhile." : "First see to what is in the way.")
        }
      >
        <Button
          variant="primary"
          isDisabled={!plan?.canStart || planning.isFetching}
          isPending={start.isPending}
          onPress={() => {
            if (!plan) return;
            if (plan.typeToConfirm !== null) setAsking(true);
            else start.mutate({ id: plan.id, typed: null });
          }}
        >
          {plan ? verbOf(plan, tables, isLive) : "Restore"}
        </Button>
      </StepFoot>
      {plan && plan.typeToConfirm !== null && (
        <TypedNameDialog
          title={`Restore on ${connection.fields.name}?`}
          isOpen={isAsking}
          onClose={() => setAsking(false)}
          name={plan.typeToConfirm}
          nameOf="database"
          confirmLabel={verbOf(plan, tables, isLive)}
          isPending={start.isPending}
          onConfirm={() => start.mutate({ id: plan.id, typed: plan.typeToConfirm })}
        >
          <p>
            <Lead plan={plan} tables={tables} isLive={isLive} />
          </p>
        </TypedNameDialog>
      )}
    </>
  );
}
