import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Content, WithSteps } from "../../components/Content";
import { ReadOnlyNotice } from "../../components/ReadOnlyNotice";
import { ErrorState, Skeleton } from "../../components/States";
import { type Step, StepList } from "../../components/StepList";
import { commands } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { useFollower, useJob, useJobs } from "../../ipc/jobs";
import { counted } from "../../lib/quantity";
import { localMoment } from "../../lib/time";
import { CheckStep } from "./CheckStep";
import { missingIn } from "./comparison";
import { namesInShort } from "./kinds";
import { MissingRun } from "./MissingRun";
import { MissingStep } from "./MissingStep";
import { MomentStep } from "./MomentStep";
import { ProofStep } from "./ProofStep";
import styles from "./RestorePage.module.css";
import { RunStep } from "./RunStep";
import {
  canStandAt,
  type RestoreSearch,
  type RestoreStep,
  restoreSteps,
  type StepProps,
  stepOf,
} from "./search";
import { WhatStep } from "./WhatStep";
import { WhereStep } from "./WhereStep";

const titles: Record<RestoreStep, string> = {
  moment: "Moment",
  what: "What",
  where: "Where",
  check: "Check",
  run: "Run",
  proof: "Proof",
  missing: "Missing rows",
};

function choiceIn(step: RestoreStep, search: RestoreSearch, checks: number | undefined): string | null {
  switch (step) {
    case "moment":
      return search.moment
        ? localMoment(new Date(search.moment), true)
        : search.subdirectory
          ? search.subdirectory
          : null;
    case "what":
      if (search.database === undefined) return null;
      return search.tables
        ? `${search.database} · ${namesInShort(search.tables)}`
        : `${search.database}, all of it`;
    case "where":
      if (search.into) return `into ${search.into}`;
      if (!search.as) return null;
      if (search.tables) return `into the new ${search.as}`;
      return search.as === search.database ? "under its own name" : `as ${search.as}`;
    case "check":
      return checks === undefined ? null : counted(checks, "check");
    default:
      return null;
  }
}

export interface RestorePageProps extends StepProps {
  onDone: () => void;
  onLookBack: (database?: string) => void;
  /** To all backups of the cluster. */
  onBackups: () => void;
  onUndelete: () => void;
}

/** From a moment in the past to proof that it is back. */
export function RestorePage({
  search,
  onSearchChange,
  onDone,
  onLookBack,
  onBackups,
  onUndelete,
}: RestorePageProps) {
  const { connection } = useCurrentCluster();
  // In memory only. A passphrase belongs to one backup: another backup asks for its own.
  const [unlocked, setUnlocked] = useState<{ subdirectory: string; passphrase: string } | null>(null);
  const passphrase =
    unlocked !== null && unlocked.subdirectory === search.subdirectory ? unlocked.passphrase : null;
  const job = useJob(search.job ?? null);
  const jobs = useJobs();
  const comparison = useFollower(search.job, "compare");
  const back = useJob(search.back ?? null);
  const isUnended = job !== undefined && !job.ended;
  const [seenRunning, setSeenRunning] = useState<string | undefined>(undefined);
  useEffect(() => {
    if (isUnended) setSeenRunning(search.job);
  }, [isUnended, search.job]);
  const step = stepOf(search, job?.ended ?? false);
  const { collection = "", subdirectory = "", database = "", moment = null } = search;

  const contents = useQuery({
    queryKey: clusterKey(connection.id, "backups", "contents", collection, subdirectory, moment, passphrase),
    queryFn: () => commands.getBackup(connection.id, collection, subdirectory, moment, passphrase),
    enabled: step === "what",
    staleTime: Number.POSITIVE_INFINITY,
  });
  const target = search.tables
    ? ({
        type: "tables",
        database,
        tables: search.tables,
        intoDatabase: search.into ?? search.as ?? null,
        isNewDatabase: search.into === undefined,
      } as const)
    : ({ type: "database", database, newName: search.as ?? null } as const);
  const request = {
    collection,
    subdirectory,
    target,
    moment,
    passphrase,
    options: search.options ?? [],
  };
  // The plan is asked for anew whenever the check is opened: what it found may have changed since.
  const planning = useQuery({
    queryKey: ["plan", "restore", connection.id, request],
    queryFn: () => commands.planRestore(connection.id, request),
    enabled: step === "check",
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });

  const at = restoreSteps.indexOf(step);
  const checks = planning.data?.checks.length;
  const isProven = job?.state === "succeeded" && job.outcome?.kind === "restore" && job.outcome.allMatch;
  const restored = job?.outcome?.kind === "restore" ? job.outcome : null;
  const compared = comparison?.outcome?.kind === "comparison" ? comparison.outcome : null;
  // A step only where there is something to do: a proof is the end for everybody else.
  const hasMissing = step === "missing" || (compared !== null && missingIn(compared) > 0);
  const hasEnded = job?.ended === true;
  const shownSteps = hasMissing ? restoreSteps : restoreSteps.filter((id) => id !== "missing");
  const steps = shownSteps.map(
    (id, index): Step => ({
      id,
      title: titles[id],
      choice: choiceIn(id, search, checks),
      state:
        index === at ? "current" : index > at ? "ahead" : id === "run" && !isProven ? "attention" : "done",
      canOpen: search.job === undefined ? canStandAt(id, search) : id === "proof" && hasEnded,
    }),
  );
  const toProof = () => onSearchChange({ ...search, step: undefined, back: undefined });
  const open = (id: string) => {
    if (id === "proof") toProof();
    else if (id === "moment") onSearchChange({ ...search, step: undefined });
    else if (id === "what" || id === "where" || id === "check") onSearchChange({ ...search, step: id });
  };
  const props = { search, onSearchChange };
  return (
    <Content>
      <WithSteps
        steps={
          <div className={styles.steps}>
            <h1>Restore</h1>
            <StepList label="Steps of the restore" steps={steps} onOpen={open} />
          </div>
        }
      >
        {connection.fields.readOnly && search.job === undefined && (
          <ReadOnlyNotice connectionId={connection.id}>
            You can look into backups here, and not restore them.
          </ReadOnlyNotice>
        )}
        {step === "moment" && <MomentStep {...props} onLookBack={onLookBack} onUndelete={onUndelete} />}
        {step === "what" && (
          <WhatStep
            {...props}
            contents={contents}
            onBackups={onBackups}
            onUnlock={(typed) => setUnlocked({ subdirectory, passphrase: typed })}
          />
        )}
        {step === "where" && <WhereStep {...props} />}
        {step === "check" && (
          <CheckStep
            {...props}
            planning={planning}
            onBackups={onBackups}
            onUnlock={() => onSearchChange({ ...search, step: "what" })}
            onStarted={(id) => onSearchChange({ ...search, job: id })}
          />
        )}
        {search.job !== undefined &&
          job === undefined &&
          (jobs.isKnown ? (
            <ErrorState
              error={{
                message: "This restore is no longer in the list of jobs.",
                hint: "The history was cleared, or it belongs to another computer. Look among the databases for its result.",
              }}
              actions={
                <Button size="small" onPress={onDone}>
                  To the overview
                </Button>
              }
            />
          ) : (
            <Card>
              <Skeleton label="Looking for the job" rows={3} />
            </Card>
          ))}
        {job && step === "run" && <RunStep job={job} isLiveSafe={search.as !== search.database} />}
        {job && step === "proof" && (
          <ProofStep
            job={job}
            database={search.database}
            tables={search.tables}
            newName={search.as ?? search.into}
            isFresh={seenRunning === job.id}
            onMissing={() => onSearchChange({ ...search, step: "missing", back: undefined })}
            onBroughtBack={({ id }) => onSearchChange({ ...search, step: "missing", back: id })}
            onDone={onDone}
            onTables={(from, tables) =>
              onSearchChange({
                collection: from.collection,
                subdirectory: from.subdirectory,
                moment: from.moment ?? undefined,
                database: from.fromDatabase,
                tables,
                into: from.fromDatabase,
                step: "check",
              })
            }
            onAgain={() => onSearchChange({ ...search, job: undefined, step: "check" })}
          />
        )}
        {step === "missing" &&
          (search.back !== undefined ? (
            back ? (
              <MissingRun job={back} onDone={onDone} onCompare={toProof} />
            ) : (
              <Card>
                <Skeleton label="Looking for the job" rows={3} />
              </Card>
            )
          ) : (
            restored && (
              <MissingStep
                comparison={comparison?.id ?? ""}
                restored={restored.database}
                live={restored.fromDatabase}
                onBack={toProof}
                onStarted={(id) => onSearchChange({ ...search, step: "missing", back: id })}
              />
            )
          ))}
      </WithSteps>
    </Content>
  );
}
