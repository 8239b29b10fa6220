import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Content } from "../../components/Content";
import { TypedNameDialog } from "../../components/Dialog";
import { PageHeader } from "../../components/PageHeader";
import { ReadOnlyNotice } from "../../components/ReadOnlyNotice";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import { announce } from "../../components/Toast";
import { commands, type Schedule } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";
import { useCurrentCluster, useNameToType } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { DropDialog } from "./DropDialog";
import { schedulesQuery } from "./queries";
import { ScheduleTable } from "./ScheduleTable";
import { SqlDialog } from "./SqlDialog";

/** A run that was asked for begins within a minute. Until it has ended the list is looked at again. */
const watchedFor = 3 * 60_000;
const lookEvery = 2_000;

type Asked = { schedule: Schedule } & (
  | { what: "pause"; typed: string | null }
  | { what: "resume" }
  | { what: "run"; full: boolean }
);

interface Watched {
  id: string;
  /** When the run before it began. */
  before: string | null;
  until: number;
}

/** A run has ended that is newer than the one before. */
function hasRun(schedule: Schedule | undefined, before: string | null): boolean {
  const last = schedule?.lastRun;
  return (
    schedule === undefined ||
    (schedule.running === 0 && last != null && last.state !== "running" && last.startedAt !== before)
  );
}

function ask(connectionId: string, asked: Asked): Promise<unknown> {
  const { id } = asked.schedule;
  if (asked.what === "pause") return commands.pauseSchedule(connectionId, id, asked.typed);
  if (asked.what === "resume") return commands.resumeSchedule(connectionId, id);
  return commands.runSchedule(connectionId, id, asked.full);
}

function told({ schedule, ...asked }: Asked): string {
  if (asked.what === "pause") return `${schedule.label} is paused. It takes no backups until it is resumed.`;
  if (asked.what === "resume") return `${schedule.label} goes on at its next time.`;
  return `The cluster starts ${schedule.label} within a minute.`;
}

export interface SchedulesPageProps {
  onNew: () => void;
  onChange: (id: string) => void;
  onBackups: (collection: string) => void;
}

/** What the cluster backs up by itself, and when. */
export function SchedulesPage({ onNew, onChange, onBackups }: SchedulesPageProps) {
  const { connection } = useCurrentCluster();
  const { readOnly } = connection.fields;
  const nameToType = useNameToType();
  const queryClient = useQueryClient();
  const [watched, setWatched] = useState<Watched | null>(null);
  const [pausing, setPausing] = useState<Schedule | null>(null);
  const [dropping, setDropping] = useState<Schedule | null>(null);
  const [shown, setShown] = useState<Schedule | null>(null);
  const [isRefreshing, setRefreshing] = useState(false);
  const query = useQuery({
    ...schedulesQuery(connection.id),
    refetchInterval: ({ state }) =>
      watched !== null || state.data?.schedules.some(({ running }) => running > 0) ? lookEvery : false,
  });
  const { data, error, refetch, dataUpdatedAt } = query;
  useEffect(() => {
    if (watched === null || dataUpdatedAt === 0) return;
    const found = data?.schedules.find(({ id }) => id === watched.id);
    if (!hasRun(found, watched.before) && Date.now() < watched.until) return;
    setWatched(null);
    void queryClient.invalidateQueries({ queryKey: clusterKey(connection.id, "backups") });
    void queryClient.invalidateQueries({ queryKey: clusterKey(connection.id, "overview") });
  }, [watched, data, dataUpdatedAt, queryClient, connection.id]);
  const changed = () => queryClient.invalidateQueries({ queryKey: clusterKey(connection.id, "schedules") });
  const asking = useMutation({
    mutationFn: (asked: Asked) => ask(connection.id, asked),
    onSuccess: (_, asked) => {
      setPausing(null);
      if (asked.what === "run")
        setWatched({
          id: asked.schedule.id,
          before: asked.schedule.lastRun?.startedAt ?? null,
          until: Date.now() + watchedFor,
        });
      announce(told(asked));
    },
    onSettled: changed,
  });
  const refresh = async () => {
    setRefreshing(true);
    await changed();
    setRefreshing(false);
  };
  const schedules = data?.schedules;
  const isEmpty = schedules?.length === 0;
  const create = (
    <Button variant="primary" isDisabled={readOnly} onPress={onNew}>
      New schedule…
    </Button>
  );
  return (
    <Content>
      <PageHeader
        title="Schedules"
        description="The cluster takes these backups by itself, by its own clock in UTC, whether or not Roachvault is open."
        actions={
          <>
            <Button variant="quiet" icon="refresh" isPending={isRefreshing} onPress={() => void refresh()}>
              Refresh
            </Button>
            {schedules && !isEmpty && create}
          </>
        }
      />
      {readOnly && (
        <ReadOnlyNotice connectionId={connection.id}>
          Schedules can be looked at, and none made, changed, paused, run or deleted.
        </ReadOnlyNotice>
      )}
      {asking.error && pausing === null && (
        <ErrorState
          error={asCallError(asking.error)}
          actions={
            <Button size="small" variant="quiet" onPress={asking.reset}>
              Close
            </Button>
          }
        />
      )}
      {error ? (
        <ErrorState error={asCallError(error)} alwaysRetry onRetry={() => void refetch()} />
      ) : schedules === undefined ? (
        <Card flush>
          <Skeleton label="Looking for schedules" rows={3} rowHeight={64} />
        </Card>
      ) : isEmpty ? (
        <Card flush>
          <EmptyState icon="clock" title="No schedules yet" action={create}>
            A schedule has the cluster take a backup again and again: every hour, every day or every week. It
            goes on when this computer is switched off.
          </EmptyState>
        </Card>
      ) : (
        <Card flush>
          <ScheduleTable
            schedules={schedules}
            canRunNow={data?.canRunNow ?? false}
            isReadOnly={readOnly}
            waitingFor={watched?.id ?? null}
            onRun={(schedule, full) => asking.mutate({ what: "run", schedule, full })}
            onPause={(schedule) => {
              asking.reset();
              if (nameToType === null) asking.mutate({ what: "pause", schedule, typed: null });
              else setPausing(schedule);
            }}
            onResume={(schedule) => asking.mutate({ what: "resume", schedule })}
            onShow={setShown}
            onChange={({ id }) => onChange(id)}
            onBackups={onBackups}
            onDrop={setDropping}
          />
        </Card>
      )}
      {pausing && nameToType !== null && (
        <TypedNameDialog
          title={`Pause ${pausing.label}?`}
          isOpen
          onClose={() => {
            setPausing(null);
            asking.reset();
          }}
          confirmLabel="Pause the schedule"
          name={nameToType}
          nameOf="connection"
          isPending={asking.isPending}
          onConfirm={() => asking.mutate({ what: "pause", schedule: pausing, typed: nameToType })}
        >
          <p>
            No backups of {pausing.subject} are taken by it until it is resumed. What is missed meanwhile is
            not made up for.
          </p>
          {asking.error && <ErrorState error={asCallError(asking.error)} />}
        </TypedNameDialog>
      )}
      {dropping && (
        <DropDialog
          connectionId={connection.id}
          schedule={dropping}
          onClose={() => setDropping(null)}
          onDropped={() => {
            setDropping(null);
            announce(`${dropping.label} is deleted. Its backups are still there.`);
            void changed();
          }}
        />
      )}
      {shown && <SqlDialog connectionId={connection.id} schedule={shown} onClose={() => setShown(null)} />}
    </Content>
  );
}
