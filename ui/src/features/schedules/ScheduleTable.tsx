import { Badge } from "../../components/Badge";
import { type MenuAction, MenuButton } from "../../components/Menu";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Moment } from "../../components/Moment";
import { Table } from "../../components/Table";
import { VisuallyHidden } from "../../components/VisuallyHidden";
import type { Recurring, Schedule } from "../../ipc/bindings";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { clockHere, relativeTime } from "../../lib/time";
import styles from "./ScheduleTable.module.css";

function here({ toldBy }: Recurring): string | null {
  return toldBy === null ? null : clockHere(new Date(toldBy));
}

/** "Every day at 02:00 UTC (03:00 here)". */
export function inWords(recurring: Recurring): string {
  const clock = here(recurring);
  return clock === null ? recurring.words : `${recurring.words} (${clock})`;
}

/** "every Sunday" where the full backup comes at the time of the others, else "every Sunday at 04:00 UTC (05:00 here)". */
export function fullInWords(full: Recurring, others: Recurring): string {
  const time = / at [\d:]+ UTC$/.exec(others.words)?.[0];
  const words =
    time !== undefined && full.words.endsWith(time) ? full.words.slice(0, -time.length) : inWords(full);
  return words.charAt(0).toLowerCase() + words.slice(1);
}

function State({ schedule }: { schedule: Schedule }) {
  if (schedule.state === "active")
    return (
      <Badge tone="accent" icon="play">
        Active
      </Badge>
    );
  // Nothing is backed up meanwhile.
  if (schedule.state === "paused")
    return (
      <Badge tone="attention" icon="pause">
        Paused
      </Badge>
    );
  return <Badge tone="attention">Partly paused</Badge>;
}

function HowOften({ schedule: { recurrence, fullRecurrence } }: { schedule: Schedule }) {
  const full = fullRecurrence ? `full ${fullInWords(fullRecurrence, recurrence)}` : "full each time";
  return (
    <div className={styles.cell}>
      <span>{recurrence.words}</span>
      <span className={styles.beside}>{[here(recurrence), full].filter(Boolean).join(" · ")}</span>
    </div>
  );
}

function NextRun({ schedule: { state, nextRun, waitsForFull, running } }: { schedule: Schedule }) {
  if (state === "paused") return <span className={styles.beside}>Not before it is resumed</span>;
  if (nextRun === null) return <span className={styles.beside}>Not known</span>;
  return (
    <div className={styles.cell}>
      <span className={styles.time}>
        <Moment value={nextRun} />
      </span>
      <span className={styles.beside}>
        {relativeTime(new Date(nextRun), new Date())}
        {waitsForFull && running === 0 && " · the first one, full"}
      </span>
    </div>
  );
}

function LastRun({ schedule, isAwaited }: { schedule: Schedule; isAwaited: boolean }) {
  const { lastRun, running, note } = schedule;
  if (running > 0 || lastRun?.state === "running")
    return (
      <Badge tone="accent" icon="activity">
        Running now
      </Badge>
    );
  if (isAwaited) return <Badge icon="clock">About to run</Badge>;
  const ended = lastRun?.endedAt ?? lastRun?.startedAt;
  const why = lastRun?.state === "failed" ? (lastRun.error ?? note) : note;
  return (
    <div className={styles.cell}>
      {lastRun === null ? (
        note === null && <span className={styles.beside}>None yet</span>
      ) : (
        <span className={styles.run}>
          {lastRun.state === "succeeded" && <Badge icon="check">Completed</Badge>}
          {lastRun.state === "failed" && <Badge tone="bad">Failed</Badge>}
          {lastRun.state === "paused" && <Badge tone="attention">Paused</Badge>}
          {lastRun.state === "cancelled" && <Badge icon="close">Cancelled</Badge>}
          {lastRun.state === "unknown" && <Badge>Unknown</Badge>}
        </span>
      )}
      {ended && (
        <span className={`${styles.beside} ${styles.time}`}>
          <Moment value={ended} />
        </span>
      )}
      {why && (
        <span className={styles.why} title={why}>
          {why}
        </span>
      )}
    </div>
  );
}

export interface ScheduleTableProps {
  schedules: readonly Schedule[];
  canRunNow: boolean;
  isReadOnly: boolean;
  /** A run of this one was asked for and has not been seen yet. */
  waitingFor: string | null;
  onRun: (schedule: Schedule, full: boolean) => void;
  onPause: (schedule: Schedule) => void;
  onResume: (schedule: Schedule) => void;
  onShow: (schedule: Schedule) => void;
  onChange: (schedule: Schedule) => void;
  onBackups: (collection: string) => void;
  onDrop: (schedule: Schedule) => void;
}

export function ScheduleTable({
  schedules,
  canRunNow,
  isReadOnly,
  waitingFor,
  onRun,
  onPause,
  onResume,
  onShow,
  onChange,
  onBackups,
  onDrop,
}: ScheduleTableProps) {
  const { cluster } = useCurrentCluster();
  const actionsOf = (schedule: Schedule): MenuAction[][] => {
    const isPaused = schedule.state === "paused";
    const isBusy = schedule.running > 0 || schedule.id === waitingFor;
    const whyNot = !canRunNow
      ? "From v24.1 on; take a backup under Backups instead"
      : isPaused
        ? "Resume it first"
        : isBusy
          ? "A run is under way"
          : undefined;
    const isPair = schedule.fullRecurrence !== null && !schedule.waitsForFull;
    const run = (full: boolean): MenuAction => ({
      id: full ? "run-full" : "run",
      label: full ? "Run a full backup now" : "Run now",
      icon: "play",
      description: whyNot ?? (isPair && !full ? "What changed since the backup before" : undefined),
      isDisabled: isReadOnly || whyNot !== undefined,
      onAction: () => onRun(schedule, full || !isPair),
    });
    const pause: MenuAction = {
      id: "pause",
      label: "Pause",
      icon: "pause",
      isDisabled: isReadOnly,
      onAction: () => onPause(schedule),
    };
    const resume: MenuAction = {
      id: "resume",
      label: "Resume",
      icon: "play",
      isDisabled: isReadOnly,
      onAction: () => onResume(schedule),
    };
    return [
      [
        run(false),
        ...(isPair ? [run(true)] : []),
        ...(schedule.state === "active" ? [pause] : schedule.state === "paused" ? [resume] : [resume, pause]),
      ],
      [
        {
          id: "change",
          label: "Change…",
          icon: "edit",
          description: "When it runs, and its name",
          isDisabled: isReadOnly,
          onAction: () => onChange(schedule),
        },
        { id: "sql", label: "Details and SQL", icon: "eye", onAction: () => onShow(schedule) },
        // Others are found there only with keys that the cluster does not tell.
        ...schedule.collection
          .filter((uri) => uri.startsWith("userfile://"))
          .map(
            (uri): MenuAction => ({
              id: "backups",
              label: "Show its backups",
              icon: "database",
              onAction: () => onBackups(uri),
            }),
          ),
      ],
      [
        {
          id: "drop",
          label: "Delete…",
          icon: "trash",
          isDanger: true,
          isDisabled: isReadOnly,
          onAction: () => onDrop(schedule),
        },
      ],
    ];
  };
  return (
    <Table
      label="Schedules"
      rows={schedules}
      rowKey={({ id }) => id}
      isAligned
      columns={[
        {
          id: "schedule",
          header: "Schedule",
          width: "27%",
          isRowHeader: true,
          cell: (schedule) => (
            <div className={styles.cell}>
              <span className={styles.name}>
                <MiddleEllipsis text={schedule.label} isFocusable={schedule.label.length > 24} />
                <State schedule={schedule} />
              </span>
              <span className={styles.beside}>
                {schedule.subject} into {schedule.collectionName}
                {schedule.owner !== null && schedule.owner !== cluster.user && `, of ${schedule.owner}`}
              </span>
            </div>
          ),
        },
        {
          id: "often",
          header: "How often",
          width: "24%",
          cell: (schedule) => <HowOften schedule={schedule} />,
        },
        { id: "next", header: "Next run", width: "22%", cell: (schedule) => <NextRun schedule={schedule} /> },
        {
          id: "last",
          header: "Last run",
          width: "20%",
          cell: (schedule) => <LastRun schedule={schedule} isAwaited={schedule.id === waitingFor} />,
        },
        {
          id: "actions",
          header: <VisuallyHidden>Actions</VisuallyHidden>,
          width: "7%",
          align: "end",
          cell: (schedule) => (
            <MenuButton
              label={`Actions for ${schedule.label}`}
              icon="more"
              size="small"
              actions={actionsOf(schedule)}
            />
          ),
        },
      ]}
    />
  );
}
