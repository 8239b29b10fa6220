import { skipToken, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Card, Stack } from "../../components/Card";
import { ChecksAndSql } from "../../components/ChecksAndSql";
import { Content, WithSteps } from "../../components/Content";
import { TypedNameDialog } from "../../components/Dialog";
import { checksInShort } from "../../components/PlanChecks";
import { ReadOnlyNotice } from "../../components/ReadOnlyNotice";
import { ErrorState, Skeleton } from "../../components/States";
import { type Step, StepList } from "../../components/StepList";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import { TextField } from "../../components/TextField";
import { announce } from "../../components/Toast";
import { commands, type Schedule, type ScheduleChangePlan } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { changeOf, choicesOf, type ScheduleSearch, searchOf } from "./draft";
import styles from "./NewSchedulePage.module.css";
import { schedulesQuery } from "./queries";
import { RhythmFields } from "./RhythmFields";
import { how, Runs } from "./ScheduleCheck";
import { inWords } from "./ScheduleTable";

export interface ChangeSchedulePageProps {
  /** Of the schedule. */
  id: string | undefined;
  search: ScheduleSearch;
  onSearchChange: (search: ScheduleSearch, options?: { replace: boolean }) => void;
  onDone: () => void;
}

/** Changes when a schedule runs, and its name: what is chosen, then the check. */
export function ChangeSchedulePage({ id, onDone, ...props }: ChangeSchedulePageProps) {
  const { connection } = useCurrentCluster();
  const { data, error, refetch } = useQuery(schedulesQuery(connection.id));
  const schedule = data?.schedules.find((each) => each.id === id);
  if (schedule) return <ChangeSchedule key={schedule.id} schedule={schedule} onDone={onDone} {...props} />;
  return (
    <Content>
      {error ? (
        <ErrorState error={asCallError(error)} alwaysRetry onRetry={() => void refetch()} />
      ) : data ? (
        <ErrorState
          error={{
            message: "This schedule is not there any more.",
            hint: "Somebody deleted it meanwhile. Look at the list again.",
          }}
          actions={
            <Button size="small" onPress={onDone}>
              To the schedules
            </Button>
          }
        />
      ) : (
        <Card flush>
          <Skeleton label="Looking for the schedule" rows={3} rowHeight={64} />
        </Card>
      )}
    </Content>
  );
}

function Check({
  plan,
  isProduction,
  changing,
  onBack,
  onUseName,
  onCheckAgain,
}: {
  plan: ScheduleChangePlan;
  isProduction: boolean;
  changing: { isPending: boolean; error: unknown; mutate: (typed: string | null) => void; reset: () => void };
  onBack: () => void;
  onUseName: (name: string) => void;
  onCheckAgain: () => void;
}) {
  const [isAsking, setAsking] = useState(false);
  const typed = plan.typeToConfirm;
  const error = changing.error ? asCallError(changing.error) : null;
  return (
    <>
      <Card title="When it runs next">
        {plan.runs.length > 0 ? (
          <Runs runs={plan.runs} label="The next four runs" />
        ) : (
          <p>Not before it is resumed: it is paused.</p>
        )}
      </Card>
      <ChecksAndSql checks={plan.checks} sql={plan.sql} onUseName={onUseName} />
      {error && !isAsking && (
        <ErrorState
          error={error}
          actions={
            <Button size="small" onPress={onCheckAgain}>
              Check again
            </Button>
          }
        />
      )}
      <StepFoot
        back={
          <Button variant="quiet" onPress={onBack}>
            Back
          </Button>
        }
        note={
          plan.canStart
            ? "Backups that were taken stay as they are."
            : "It cannot be changed before that is out of the way."
        }
      >
        <Button
          variant="primary"
          isDisabled={!plan.canStart}
          isPending={changing.isPending && !isAsking}
          onPress={() => (typed === null ? changing.mutate(null) : setAsking(true))}
        >
          {isProduction ? "Change the schedule…" : "Change the schedule"}
        </Button>
      </StepFoot>
      {isAsking && typed !== null && (
        <TypedNameDialog
          title={`Change ${plan.schedule.label}?`}
          isOpen
          onClose={() => {
            setAsking(false);
            changing.reset();
          }}
          confirmLabel="Change the schedule"
          name={typed}
          nameOf="connection"
          isPending={changing.isPending}
          onConfirm={() => changing.mutate(typed)}
        >
          <Stack gap={4}>
            <p>
              It backs up {plan.schedule.subject} {how(plan)} from then on.
            </p>
            {error && <ErrorState error={error} />}
          </Stack>
        </TypedNameDialog>
      )}
    </>
  );
}

function ChangeSchedule({
  schedule,
  search: address,
  onSearchChange,
  onDone,
}: Omit<ChangeSchedulePageProps, "id"> & { schedule: Schedule }) {
  const { connection } = useCurrentCluster();
  const { readOnly, environment } = connection.fields;
  const queryClient = useQueryClient();
  const [wasPressed, setPressed] = useState(false);
  // The address follows a moment after each letter. A field that it alone holds would move the caret to its end.
  const [changed, setChanged] = useState<Partial<ScheduleSearch>>({});
  const search: ScheduleSearch = { ...searchOf(schedule), ...defined(address), ...changed };
  const change = (next: Partial<ScheduleSearch>) => {
    setChanged({ ...changed, ...next });
    onSearchChange({ ...search, ...next }, { replace: true });
  };
  const choices = choicesOf(search, false);
  const request = changeOf(search);
  const place = search.step === "check" && request ? "check" : "when";
  const planning = useQuery({
    queryKey: ["plan", "change schedule", connection.id, schedule.id, request],
    queryFn:
      place === "check" && request
        ? () => commands.planChangeSchedule(connection.id, schedule.id, request)
        : skipToken,
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const plan = planning.data;
  const changing = useMutation({
    mutationFn: (typed: string | null) => commands.changeSchedule(plan?.plan ?? "", typed),
    onSuccess: async (after) => {
      await queryClient.invalidateQueries({ queryKey: clusterKey(connection.id, "schedules") });
      announce(`${after.label} was changed. The cluster lists it so.`, { tone: "good" });
      onDone();
    },
  });
  const short = plan && checksInShort(plan.checks);
  const open = (step: "check" | undefined) => onSearchChange({ ...search, step });
  const steps: Step[] = [
    {
      id: "when",
      title: "How often",
      choice: place === "check" ? (plan?.recurrence.words ?? null) : null,
      state: place === "when" ? "current" : "done",
      canOpen: place === "check",
    },
    {
      id: "check",
      title: "Check",
      choice: plan ? `${plan.checks.length} checks` : null,
      state: place === "check" ? "current" : "ahead",
    },
  ];
  return (
    <Content>
      <WithSteps
        steps={
          <div className={styles.steps}>
            <h1>Change a schedule</h1>
            <StepList label="Steps of the change" steps={steps} onOpen={() => open(undefined)} />
          </div>
        }
      >
        {readOnly && (
          <ReadOnlyNotice connectionId={connection.id}>No schedule can be changed through it.</ReadOnlyNotice>
        )}
        {place === "when" ? (
          <form
            className={styles.step}
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              setPressed(true);
              if (request) open("check");
            }}
          >
            <StepTitle title={`When shall ${schedule.label} run?`}>
              Now: {inWords(schedule.recurrence).replace(/^./, (first) => first.toLowerCase())}. What it backs
              up and where cannot be changed; make another schedule for that.
            </StepTitle>
            <Card>
              <div className={styles.fields}>
                <RhythmFields
                  choices={choices}
                  wasPressed={wasPressed}
                  onChange={change}
                  fullNow={schedule.fullRecurrence ? inWords(schedule.fullRecurrence) : undefined}
                />
                <TextField
                  label="Name of the schedule"
                  value={choices.label}
                  onChange={(label) => change({ label })}
                  error={wasPressed && choices.label.trim() === "" ? "Give it a name." : null}
                />
              </div>
            </Card>
            <StepFoot
              back={
                <Button variant="quiet" onPress={onDone}>
                  Back
                </Button>
              }
              note="Nothing changes yet."
            >
              <Button variant="primary" type="submit">
                Check it
              </Button>
            </StepFoot>
          </form>
        ) : (
          <>
            <StepTitle
              title="Will this work?"
              aside={short && <Badge tone={short.tone}>{short.words}</Badge>}
            >
              {plan && (
                <>
                  <strong>{plan.label}</strong> backs up <strong>{plan.schedule.subject}</strong> into{" "}
                  <strong>{plan.schedule.collectionName}</strong>: {how(plan)}.
                </>
              )}
            </StepTitle>
            {planning.error ? (
              <ErrorState
                error={asCallError(planning.error)}
                onRetry={() => void planning.refetch()}
                actions={
                  // What was chosen is refused: only another choice helps.
                  <Button size="small" onPress={() => open(undefined)}>
                    Choose something else
                  </Button>
                }
              />
            ) : plan ? (
              <Check
                plan={plan}
                isProduction={environment === "production"}
                changing={changing}
                onBack={() => open(undefined)}
                onUseName={(label) => change({ label })}
                onCheckAgain={() => {
                  changing.reset();
                  void planning.refetch();
                }}
              />
            ) : (
              <Card flush>
                <Skeleton label="Checking" rows={4} rowHeight={60} />
              </Card>
            )}
          </>
        )}
      </WithSteps>
    </Content>
  );
}

/** What the address does not tell does not hide what the schedule does. */
function defined(search: ScheduleSearch): Partial<ScheduleSearch> {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined));
}
