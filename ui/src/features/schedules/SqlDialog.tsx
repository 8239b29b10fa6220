import { useQuery } from "@tanstack/react-query";
import { Button } from "../../components/Button";
import { Stack } from "../../components/Card";
import { Dialog } from "../../components/Dialog";
import { KeyValueList } from "../../components/KeyValueList";
import { Moment } from "../../components/Moment";
import { SqlBlock } from "../../components/SqlBlock";
import { ErrorState, Skeleton } from "../../components/States";
import { commands, type OnFailure, type OnPrevious, type Schedule } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import styles from "./SqlDialog.module.css";

const onFailure: Record<OnFailure, string> = {
  retry: "it is tried again soon",
  reschedule: "the next one comes at its time",
  pause: "the schedule is paused",
};
const onPrevious: Record<OnPrevious, string> = {
  start: "the next one starts beside it",
  skip: "the next one is left out",
  wait: "the next one waits for it",
};

/** Everything that the list has no room for, and the statement. */
export function SqlDialog({
  connectionId,
  schedule,
  onClose,
}: {
  connectionId: string;
  schedule: Schedule;
  onClose: () => void;
}) {
  const { data, error, refetch } = useQuery({
    queryKey: ["schedule sql", connectionId, schedule.id],
    queryFn: () => commands.getScheduleSql(connectionId, schedule.id),
    gcTime: 0,
  });
  return (
    <Dialog
      title={schedule.label}
      size="wide"
      isOpen
      onClose={onClose}
      footer={
        <Button onPress={onClose} autoFocus>
          Close
        </Button>
      }
    >
      <Stack gap={4}>
        <KeyValueList
          entries={[
            ["Backs up", schedule.subject],
            [
              "Into",
              schedule.collection.map((uri) => (
                <code key={uri} className={styles.uri}>
                  {uri}
                </code>
              )),
            ],
            ["Every second can be restored", schedule.revisionHistory ? "yes" : "no"],
            ["Encrypted", schedule.encrypted ? "yes" : "no"],
            ["When a run fails", schedule.onFailure && onFailure[schedule.onFailure]],
            ["When a run is not done in time", schedule.onPrevious && onPrevious[schedule.onPrevious]],
            ["Runs with the rights of", schedule.owner],
            ["Made", schedule.createdAt && <Moment value={schedule.createdAt} withUtc />],
            ["Number", <code key="id">{schedule.id}</code>],
          ]}
        />
        {error ? (
          <ErrorState error={asCallError(error)} onRetry={() => void refetch()} />
        ) : data ? (
          <>
            <SqlBlock sql={data.sql} />
            {data.isBackupOnly && (
              <p>
                This is the backup that it takes. How the schedule was made is told to administrators alone.
              </p>
            )}
          </>
        ) : (
          <Skeleton label="Looking at the statement" rows={2} rowHeight={24} />
        )}
      </Stack>
    </Dialog>
  );
}
