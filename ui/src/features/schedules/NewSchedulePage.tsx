import { skipToken, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Content, WithSteps } from "../../components/Content";
import { type Step, StepList } from "../../components/StepList";
import { announce } from "../../components/Toast";
import { commands } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { type ChosenTargets, subjectOf } from "../../lib/targets";
import { choicesOf, requestOf, type ScheduleSearch } from "./draft";
import styles from "./NewSchedulePage.module.css";
import { ScheduleCheck } from "./ScheduleCheck";
import { WhatStep } from "./WhatStep";
import { WhenStep } from "./WhenStep";

export interface NewSchedulePageProps {
  search: ScheduleSearch;
  onSearchChange: (search: ScheduleSearch, options?: { replace: boolean }) => void;
  onDone: () => void;
}

function inAddress({ scope, database, tables }: ChosenTargets): ScheduleSearch {
  return {
    database,
    scope: scope === "database" ? undefined : scope,
    tables: tables === "" ? undefined : tables,
  };
}

/** Makes a schedule: what and where, then when, then the check. */
export function NewSchedulePage({ search: address, onSearchChange, onDone }: NewSchedulePageProps) {
  const { connection } = useCurrentCluster();
  const queryClient = useQueryClient();
  const isProduction = connection.fields.environment === "production";
  // The address follows a moment after each letter. A field that it alone holds would move the caret to its end.
  const [changed, setChanged] = useState<Partial<ScheduleSearch>>({});
  const search: ScheduleSearch = { ...address, ...changed };
  const change = (next: Partial<ScheduleSearch>) => {
    setChanged({ ...changed, ...next });
    onSearchChange({ ...search, ...next }, { replace: true });
  };
  // In memory only: it is part of no address.
  const [passphrase, setPassphrase] = useState("");
  const choices = choicesOf(search, isProduction);
  const request = requestOf(search, isProduction, passphrase);
  const hasWhat = choices.targets !== null && search.collection !== undefined;
  const place =
    hasWhat && search.step === "check" && request ? "check" : hasWhat && search.step ? "when" : "what";
  // A plan is asked for when the check is opened, and again when one comes back to it: it is kept for nobody else.
  const planning = useQuery({
    queryKey: ["plan", "schedule", connection.id, request],
    queryFn: place === "check" && request ? () => commands.planSchedule(connection.id, request) : skipToken,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const create = useMutation({
    mutationFn: (plan: string) => commands.createSchedule(plan),
    onSuccess: async (schedule) => {
      await queryClient.invalidateQueries({ queryKey: clusterKey(connection.id, "schedules") });
      announce(`${schedule.label} is among the schedules of ${connection.fields.name}.`, { tone: "good" });
      onDone();
    },
  });
  // Without the parameters, which tell how it is reached and not what it is.
  const [collectionName] =
    search.collection?.split("?", 1).map((uri) => uri.slice(uri.lastIndexOf("/") + 1)) ?? [];
  const steps: Step[] = [
    {
      id: "what",
      title: "What and where",
      choice: choices.targets && hasWhat ? `${subjectOf(choices.targets)}, into ${collectionName}` : null,
      state: place === "what" ? "current" : "done",
      canOpen: place !== "what",
    },
    {
      id: "when",
      title: "How often",
      choice: place === "check" ? (planning.data?.recurrence.words ?? null) : null,
      state: place === "when" ? "current" : place === "check" ? "done" : "ahead",
      canOpen: place === "check",
    },
    {
      id: "check",
      title: "Check",
      choice: place === "check" && planning.data ? `${planning.data.checks.length} checks` : null,
      state: place === "check" ? "current" : "ahead",
    },
  ];
  const open = (id: string) =>
    onSearchChange({ ...search, step: id === "when" || id === "check" ? id : undefined });
  return (
    <Content>
      <WithSteps
        steps={
          <div className={styles.steps}>
            <h1>New schedule</h1>
            <StepList label="Steps of the schedule" steps={steps} onOpen={open} />
          </div>
        }
      >
        {place === "what" && (
          <WhatStep
            search={search}
            onTargetsChange={(next) => change(inAddress(next))}
            onNext={(collection, targets) => {
              const chosen = { ...inAddress(targets), collection: collection.uri };
              setChanged({ ...changed, ...chosen });
              onSearchChange({ ...search, ...chosen, step: "when" });
            }}
          />
        )}
        {place === "when" && (
          <WhenStep
            search={search}
            choices={choices}
            passphrase={passphrase}
            isComplete={request !== null}
            onChange={change}
            onPassphraseChange={setPassphrase}
            onBack={() => open("what")}
            onNext={() => open("check")}
          />
        )}
        {place === "check" && (
          <ScheduleCheck
            planning={planning}
            isCreating={create.isPending}
            createError={create.error}
            onBack={() => open("when")}
            onUseName={(label) => change({ label })}
            onCreate={(plan) => create.mutate(plan)}
            onCheckAgain={() => {
              create.reset();
              void planning.refetch();
            }}
          />
        )}
      </WithSteps>
    </Content>
  );
}
