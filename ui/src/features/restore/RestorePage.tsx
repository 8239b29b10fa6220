import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Content, WithSteps } from "../../components/Content";
import { ReadOnlyNotice } from "../../components/ReadOnlyNotice";
import { ErrorState, Skeleton } from "../../components/States";
import { type Step, StepList } from "../../components/StepList";
import { commands } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { useJob, useJobs } from "../../ipc/jobs";
import { counted } from "../../lib/quantity";
import { localMoment } from "../../lib/time";
import { CheckStep } from "./CheckStep";
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
        ? `${search.database} · ${counted(search.tables.length, "table")}`
        : `${search.database}, all of it`;
    case "where":
      return search.as ? `beside, as ${search.as}` : search.into ? `into ${search.into}` : null;
    case "check":
      return checks === undefined ? null : counted(checks, "check");
    default:
      return null;
  }
}

export interface RestorePageProps extends StepProps {
  onDone: () => void;
  onBackUp: () => void;
}

/** From a moment in the past to proof that it is back. */
export function RestorePage({ search, onSearchChange, onDone, onBackUp }: RestorePageProps) {
  const { connection } = useCurrentCluster();
  // In memory only. A passphrase belongs to one backup: another backup asks for its own.
  const [unlocked, setUnlocked] = useState<{ subdirectory: string; passphrase: string } | null>(null);
  const passphrase =
    unlocked !== null && unlocked.subdirectory === search.subdirectory ? unlocked.passphrase : null;
  const job = useJob(search.job ?? null);
  const jobs = useJobs();
  const step = stepOf(search, job?.ended ?? false);
  const { collection = "", subdirectory = "", database = "" } = search;

  const contents = useQuery({
    queryKey: clusterKey(connection.id, "backups", "contents", collection, subdirectory, passphrase),
    queryFn: () => commands.getBackup(connection.id, collection, subdirectory, passphrase),
    enabled: step === "what",
    staleTime: Number.POSITIVE_INFINITY,
  });
  const target = search.tables
    ? ({ type: "tables", database, tables: search.tables, intoDatabase: search.into ?? "" } as const)
    : ({ type: "database", database, newName: search.as ?? null } as const);
  const request = {
    collection,
    subdirectory,
    target,
    moment: search.moment ?? null,
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
  const steps = restoreSteps.map(
    (id, index): Step => ({
      id,
      title: titles[id],
      choice: choiceIn(id, search, checks),
      state:
        index === at ? "current" : index > at ? "ahead" : id === "run" && !isProven ? "attention" : "done",
      canOpen: search.job === undefined && canStandAt(id, search),
    }),
  );
  const open = (id: string) => {
    if (id === "moment") onSearchChange({ ...search, step: undefined });
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
        {step === "moment" && <MomentStep {...props} onBackUp={onBackUp} />}
        {step === "what" && (
          <WhatStep
            {...props}
            contents={contents}
            onUnlock={(typed) => setUnlocked({ subdirectory, passphrase: typed })}
          />
        )}
        {step === "where" && <WhereStep {...props} />}
        {step === "check" && (
          <CheckStep
            {...props}
            planning={planning}
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
                hint: "It was dismissed, or belongs to another computer. Look among the databases for its result.",
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
            newName={search.as ?? search.into}
            onDone={onDone}
            onAgain={() => onSearchChange({ ...search, job: undefined, step: "check" })}
          />
        )}
      </WithSteps>
    </Content>
  );
}
