import { useQueries, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { RadioMark } from "../../components/Choice";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Moment } from "../../components/Moment";
import { OpenCollection } from "../../components/OpenCollection";
import { Select } from "../../components/Select";
import { EmptyState, ErrorState, Skeleton } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import { type GridColumn, VirtualGrid } from "../../components/VirtualGrid";
import { backupListQuery, collectionsQuery, overviewQuery, useOpenCollection } from "../../ipc/backups";
import type { BackupList, Chain, Collection } from "../../ipc/bindings";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { bytes, count, counted } from "../../lib/quantity";
import { localMoment, relativeTime } from "../../lib/time";
import { ClosedChains } from "./ClosedChains";
import styles from "./MomentStep.module.css";
import { MoreMoments } from "./MoreMoments";
import { type Choice, choiceAt, holds, type Moment as MomentOf, momentsOf } from "./moments";
import { afterMoment, type StepProps } from "./search";
import { TimeField, type TimeQuestion } from "./TimeField";
import { TimeLine } from "./TimeLine";
import { WhichDatabase } from "./WhichDatabase";

const holdsAtMost = 2;

const heldColumn: GridColumn<MomentOf> = {
  id: "holds",
  header: "Holds",
  width: "132px",
  isMinor: true,
  cell: ({ chain }) => <MiddleEllipsis text={heldBy(chain)} />,
};

function heldBy({ isFullCluster, databases }: Chain): string {
  if (isFullCluster) return "whole cluster";
  const more = databases.length - holdsAtMost;
  return more > 0
    ? `${databases.slice(0, holdsAtMost).join(", ")} and ${count(more)} more`
    : databases.join(", ");
}

/** `database` is what one came for: then each moment holds it, and what else is in it does not matter. */
const columnsOf = (moments: readonly MomentOf[], database: string | undefined): GridColumn<MomentOf>[] => [
  {
    id: "chosen",
    header: "Chosen",
    hideHeader: true,
    width: "42px",
    cell: (_, { isSelected }) => <RadioMark isOn={isSelected} />,
  },
  {
    id: "moment",
    header: "Moment",
    // A time is read whole or not at all.
    width: "minmax(270px, 1fr)",
    cell: ({ time }) => <Moment value={time} withSeconds withRelative />,
  },
  {
    id: "kind",
    header: "Kind",
    // The badge needs its room only where there is one.
    width: moments.some(({ layer }) => layer.revisionsSince !== null) ? "186px" : "106px",
    cell: ({ layer }) => (
      <>
        {layer.kind}
        {layer.revisionsSince && <Badge>every second</Badge>}
      </>
    ),
  },
  ...(database === undefined ? [heldColumn] : []),
  {
    id: "size",
    header: "Size",
    width: "104px",
    align: "end",
    cell: ({ layer }) => (layer.sizeBytes === null ? "–" : bytes(layer.sizeBytes)),
  },
];

function keyOf(choice: Choice): string {
  return `${choice.subdirectory} ${choice.time}`;
}

function Moments({
  list,
  search,
  onSearchChange,
  ways,
  more,
  onLookBack,
}: StepProps &
  Pick<MomentStepProps, "onLookBack"> & {
    list: BackupList /** What can be done where there is none. */;
    ways: ReactNode;
    /** Moments in other places. */
    more: ReactNode;
  }) {
  const { connection } = useCurrentCluster();
  const isProduction = connection.fields.environment === "production";
  const [isEvery, setEvery] = useState(false);
  const [question, setQuestion] = useState<TimeQuestion | null>(null);
  const fitting = list.chains.filter((chain) => holds(chain, isEvery ? undefined : search.database));
  const hidden = list.chains.length - fitting.length;
  const moments = momentsOf(fitting);
  const closed = fitting.filter((chain) => chain.layers.length === 0);
  const newest = moments[0];
  const given = moments.find(
    (moment) => moment.chain.subdirectory === search.subdirectory && moment.time === search.moment,
  );
  const [picked, setPicked] = useState<Choice | null>(
    search.subdirectory !== undefined && search.moment !== undefined
      ? { subdirectory: search.subdirectory, time: search.moment }
      : null,
  );
  // On production nothing is chosen beforehand.
  const fallback = given ?? (isProduction ? undefined : newest);
  const value =
    picked ?? (fallback ? { subdirectory: fallback.chain.subdirectory, time: fallback.time } : null);
  const hasWindows = list.windows.some((window) =>
    fitting.some((chain) => chain.subdirectory === window.subdirectory),
  );
  const use = (choice: Choice) =>
    onSearchChange(
      afterMoment({
        ...search,
        collection: list.collection.uri,
        subdirectory: choice.subdirectory,
        moment: choice.time,
        // Another chain may hold other things.
        ...(choice.subdirectory === search.subdirectory ? {} : { tables: undefined }),
      }),
    );

  if (list.chains.length === 0) {
    return (
      <Card flush>
        <EmptyState icon="clock" title={`No finished backup in ${list.collection.name}`} action={ways}>
          {list.unfinished.length > 0
            ? "One is being written, or was given up. Nothing can be restored from it."
            : "What was there may have been moved or deleted. Backups that were deleted from file storage a short while ago may still be undeleted."}
        </EmptyState>
      </Card>
    );
  }
  return (
    <>
      {hidden > 0 && (
        <Callout
          actions={
            <Button size="small" onPress={() => setEvery(true)}>
              Show all
            </Button>
          }
        >
          {counted(hidden, "backup")} without {search.database} {hidden === 1 ? "is" : "are"} left out.
        </Callout>
      )}
      {(moments.length > 1 || hasWindows) && (
        <Card>
          <TimeLine list={list} chains={fitting} value={value} onChange={setPicked} />
        </Card>
      )}
      {(moments.length > 1 || hasWindows) && (
        <div className={styles.buttons}>
          {newest && (
            <Button
              onPress={() => setPicked({ subdirectory: newest.chain.subdirectory, time: newest.time })}
            >{`Newest (${relativeTime(new Date(newest.at), new Date())})`}</Button>
          )}
          <Button onPress={() => setQuestion("accident")}>5 minutes before an accident…</Button>
          <Button onPress={() => setQuestion("time")}>Type a time…</Button>
        </div>
      )}
      {question && (
        <TimeField
          key={question}
          question={question}
          startAt={question === "accident" || !newest ? new Date() : new Date(newest.at)}
          choiceAt={(at) => choiceAt(list, fitting, at)}
          onChoose={(choice) => {
            setPicked(choice);
            setQuestion(null);
          }}
          onClose={() => setQuestion(null)}
        />
      )}
      {moments.length > 0 && (
        <Card flush>
          <VirtualGrid
            label="Moments"
            columns={columnsOf(moments, isEvery ? undefined : search.database)}
            rows={moments}
            rowKey={(moment) => keyOf({ subdirectory: moment.chain.subdirectory, time: moment.time })}
            rowLabel={({ at, layer, chain }) =>
              `${localMoment(new Date(at))}, ${layer.kind}, of ${heldBy(chain)}`
            }
            selection={new Set(value ? [keyOf(value)] : [])}
            isSingle
            onSelectionChange={(keys) => {
              const next = moments.find((moment) =>
                keys.has(keyOf({ subdirectory: moment.chain.subdirectory, time: moment.time })),
              );
              if (next) setPicked({ subdirectory: next.chain.subdirectory, time: next.time });
            }}
            onOpen={(moment) => use({ subdirectory: moment.chain.subdirectory, time: moment.time })}
            maxHeight="max(160px, calc(100vh - 560px))"
          />
        </Card>
      )}
      {more}
      {closed.length > 0 && (
        <ClosedChains
          chains={closed}
          onOpen={(chain) =>
            onSearchChange({
              ...search,
              collection: list.collection.uri,
              subdirectory: chain.subdirectory,
              moment: undefined,
              tables: undefined,
              step: "what",
            })
          }
        />
      )}
      {moments.length > 0 && !connection.fields.readOnly && (
        <Callout
          title="Is what you miss newer than these?"
          actions={
            <Button size="small" onPress={() => onLookBack(search.database)}>
              Back up an earlier moment…
            </Button>
          }
        >
          The cluster itself keeps what was changed, deleted or dropped for some hours. A backup of the moment
          before can be taken now, and then restored.
        </Callout>
      )}
      {moments.length > 0 && (
        <StepFoot
          note={
            value === null
              ? "Choose a moment first. On production none is chosen beforehand."
              : hasWindows
                ? "Any second in a shaded stretch will do."
                : undefined
          }
        >
          <Button variant="primary" isDisabled={value === null} onPress={() => value && use(value)}>
            {value ? `Use ${localMoment(new Date(value.time), true)}` : "Use this moment"}
          </Button>
        </StepFoot>
      )}
    </>
  );
}

/** So many other collections are looked through for moments of the same database. */
const lookedThrough = 8;

/** The collection in which the database most likely is. */
function bestOf(collections: readonly Collection[], database: string | undefined): Collection | undefined {
  const newestFirst = [...collections].sort((a, b) => (b.newestAt ?? "").localeCompare(a.newestAt ?? ""));
  return newestFirst.find((each) => each.name === `${database}-backup`) ?? newestFirst[0];
}

function leadOf(list: BackupList | undefined): string {
  if (list !== undefined && list.windows.length > 0)
    return "Shaded time can be restored to the second. Dots are single moments. Drag the marker, or type.";
  return list !== undefined && momentsOf(list.chains).length > 1
    ? "Each dot is a moment that was kept. Large dots are full backups."
    : "A restore brings a database back as it was when a backup was taken.";
}

export interface MomentStepProps extends StepProps {
  /** Goes to where an earlier moment of the cluster itself is backed up. */
  onLookBack: (database?: string) => void;
  /** Deleted files of file storage, backups among them, may still be brought back. */
  onUndelete: () => void;
}

export function MomentStep({ search, onSearchChange, onLookBack, onUndelete }: MomentStepProps) {
  const { connection, cluster } = useCurrentCluster();
  const collections = useQuery(collectionsQuery(connection.id));
  const known = collections.data ?? [];
  // Where no collection is meant, the newest backup of each database tells which one is, or asks for which database.
  const overview = useQuery({ ...overviewQuery(connection.id), enabled: search.collection === undefined });
  const isLooking = search.collection === undefined && overview.isPending;
  const backedUp = overview.data?.databases.filter(({ newestBackup }) => newestBackup !== null) ?? [];
  const [isAny, setAny] = useState(false);
  const asks =
    search.collection === undefined && search.database === undefined && backedUp.length > 1 && !isAny;
  const newest = backedUp.find(({ name }) => name === search.database)?.newestBackup?.collection;
  const uri = isLooking ? undefined : (search.collection ?? newest ?? bestOf(known, search.database)?.uri);
  const list = useQuery({
    ...backupListQuery(connection.id, uri ?? ""),
    enabled: uri !== undefined && !asks,
  });
  // A database may have backups in several places: by hand and by a schedule.
  const others = known.filter((each) => each.uri !== uri && each.backups !== 0).slice(0, lookedThrough);
  const elsewhere = useQueries({
    queries: others.map((each) => ({
      ...backupListQuery(connection.id, each.uri),
      enabled: search.database !== undefined && list.data !== undefined,
    })),
  });
  const error = collections.error ?? list.error;
  const isEmpty = collections.data?.length === 0 && search.collection === undefined;
  const opening = useOpenCollection((opened) => onSearchChange({ collection: opened.uri }));
  const ways = (
    <div className={styles.ways}>
      <Button
        variant="primary"
        isDisabled={connection.fields.readOnly}
        onPress={() => onLookBack(search.database)}
      >
        Back up an earlier moment…
      </Button>
      <Button onPress={onUndelete}>Undelete files…</Button>
      <OpenCollection {...opening} />
    </div>
  );
  return (
    <>
      <StepTitle
        title={
          asks
            ? "Which database?"
            : search.database === undefined
              ? "Which moment?"
              : `Which moment of ${search.database}?`
        }
        aside={
          <div className={styles.aside}>
            {!isEmpty && !collections.isPending && list.data?.chains.length !== 0 && (
              <OpenCollection {...opening} />
            )}
            {known.some((each) => each.uri !== uri) && !asks && (
              <div className={styles.collection}>
                <Select
                  label="Collection"
                  hideLabel
                  options={known.map((each) => ({ value: each.uri, label: each.name }))}
                  value={uri ?? null}
                  onChange={(collection) =>
                    onSearchChange({ database: search.database, collection }, { replace: true })
                  }
                />
              </div>
            )}
          </div>
        }
      >
        {asks ? "The one you want something back from. Nothing you have now is touched." : leadOf(list.data)}
      </StepTitle>
      {error ? (
        <ErrorState
          error={asCallError(error)}
          alwaysRetry
          onRetry={() => void (collections.error ? collections : list).refetch()}
        />
      ) : isEmpty ? (
        <Card flush>
          <EmptyState icon="clock" title="No backup found here" action={ways}>
            The cluster itself keeps what was changed, deleted or dropped for some hours: back up the moment
            before, then restore from that. Only the file storage of {cluster.user} was looked at; there may
            be backups in another user’s or in a bucket, whose address opens them.
          </EmptyState>
        </Card>
      ) : asks ? (
        <WhichDatabase
          databases={backedUp}
          onChoose={(database) => onSearchChange({ ...search, database })}
          onAny={() => setAny(true)}
          onLookBack={connection.fields.readOnly ? undefined : () => onLookBack()}
        />
      ) : list.data ? (
        <Moments
          key={list.data.collection.uri}
          list={list.data}
          search={search}
          onSearchChange={onSearchChange}
          ways={ways}
          more={
            search.database !== undefined && (
              <MoreMoments
                database={search.database}
                lists={elsewhere.flatMap(({ data }) => data ?? [])}
                onShow={(collection) => onSearchChange({ database: search.database, collection })}
              />
            )
          }
          onLookBack={onLookBack}
        />
      ) : (
        <Card flush>
          <Skeleton label="Looking for moments" rows={6} />
        </Card>
      )}
    </>
  );
}
