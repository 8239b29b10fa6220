import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Content, WithSteps } from "../../components/Content";
import { type Step, StepList } from "../../components/StepList";
import { type Collection, commands } from "../../ipc/bindings";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { useJob } from "../../ipc/jobs";
import { type ChosenTargets, subjectOf, targetsOf } from "../../lib/targets";
import { localMoment } from "../../lib/time";
import { BackUpCheck } from "./BackUpCheck";
import { BackUpForm, type BackUpOptions, defaultOptions } from "./BackUpForm";
import styles from "./BackUpPage.module.css";
import { BackUpRun } from "./BackUpRun";
import type { RestoreFrom } from "./BackupsPage";

/** The choices of the wizard and its place, kept in the address: a reload or a way back loses nothing. */
export interface BackUpSearch {
  /** Empty while the name of one that was dropped is asked for. */
  database?: string;
  /** Absent for a database. */
  scope?: "tables" | "cluster";
  /** As typed. */
  tables?: string;
  /** The collection's URI. A name that is only being typed is not in the address. */
  collection?: string;
  /** An earlier moment; empty while none is understood. Absent for the present. */
  asOf?: string;
  step?: "check";
  job?: string;
}

export interface BackUpPageProps {
  search: BackUpSearch;
  onSearchChange: (search: BackUpSearch, options?: { replace: boolean }) => void;
  onDone: (collection?: string) => void;
  onRestore: (from: RestoreFrom) => void;
}

function inAddress({ scope, database, tables }: ChosenTargets): BackUpSearch {
  return {
    database,
    scope: scope === "database" ? undefined : scope,
    tables: tables === "" ? undefined : tables,
  };
}

/** Takes a backup: what and where, then the check, then it runs. */
export function BackUpPage({ search, onSearchChange, onDone, onRestore }: BackUpPageProps) {
  const { connection } = useCurrentCluster();
  const [options, setOptions] = useState<BackUpOptions>(defaultOptions);
  const job = useJob(search.job ?? null);
  const { collection } = search;
  const chosen: ChosenTargets = {
    scope: search.scope ?? "database",
    database: search.database,
    tables: search.tables ?? "",
  };
  const targets = targetsOf(chosen);
  const { asOf } = search;
  const canCheck = targets !== null && collection !== undefined && asOf !== "" && search.step === "check";
  // A plan is asked for when the check is opened, and again when one comes back to it: it is kept for nobody else.
  const planning = useQuery({
    queryKey: ["plan", "backup", connection.id, targets, collection, options, asOf],
    queryFn: () =>
      commands.planBackup(connection.id, {
        targets: targets ?? { type: "cluster" },
        collection: collection ?? "",
        // What changed since the newest backup goes up to now.
        kind: asOf === undefined ? options.kind : "full",
        revisionHistory: options.revisionHistory,
        passphrase: options.passphrase === "" ? null : options.passphrase,
        asOf: asOf ?? null,
      }),
    enabled: canCheck && search.job === undefined,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const start = useMutation({
    mutationFn: (plan: string) => commands.startBackup(plan),
    onSuccess: (id) => onSearchChange({ ...search, job: id }),
  });
  const place = search.job !== undefined ? "run" : canCheck ? "check" : "what";
  const collectionName = planning.data?.collection.name ?? collection?.slice(collection.lastIndexOf("/") + 1);
  const steps: Step[] = [
    {
      id: "what",
      title: "What and where",
      choice:
        place !== "what" && targets
          ? `${subjectOf(targets)}${asOf ? ` as it was on ${localMoment(new Date(asOf), true)}` : ""}, into ${collectionName}`
          : null,
      state: place === "what" ? "current" : "done",
      canOpen: place === "check" || (place === "run" && job?.state === "failed"),
    },
    {
      id: "check",
      title: "Check",
      choice: planning.data ? `${planning.data.checks.length} checks` : null,
      state: place === "check" ? "current" : place === "run" ? "done" : "ahead",
    },
    {
      id: "run",
      title: "Run",
      choice: job?.ended ? "ended" : null,
      state: place === "run" ? "current" : "ahead",
    },
  ];
  return (
    <Content>
      <WithSteps
        steps={
          <div className={styles.steps}>
            <h1>Back up</h1>
            <StepList
              label="Steps of the backup"
              steps={steps}
              onOpen={(id) => id === "what" && onSearchChange({ ...search, step: undefined, job: undefined })}
            />
          </div>
        }
      >
        {place === "what" && (
          <BackUpForm
            targets={chosen}
            collection={collection}
            options={options}
            asOf={asOf}
            onTargetsChange={(next) => onSearchChange({ ...search, ...inAddress(next) }, { replace: true })}
            onOptionsChange={setOptions}
            onAsOfChange={(next) => onSearchChange({ ...search, asOf: next }, { replace: true })}
            onNext={(where: Collection, what: ChosenTargets) =>
              onSearchChange({ ...inAddress(what), collection: where.uri, asOf, step: "check" })
            }
          />
        )}
        {place === "check" && (
          <BackUpCheck
            subject={targets ? subjectOf(targets) : ""}
            asOf={asOf}
            planning={planning}
            isStarting={start.isPending}
            startError={start.error}
            onBack={() => onSearchChange({ ...search, step: undefined })}
            onStart={(plan) => start.mutate(plan)}
          />
        )}
        {place === "run" && (
          <BackUpRun
            job={job}
            isPast={asOf !== undefined}
            onDone={() => onDone(collection)}
            onRestore={onRestore}
            onAgain={() => onSearchChange({ ...search, job: undefined, step: "check" })}
          />
        )}
      </WithSteps>
    </Content>
  );
}
