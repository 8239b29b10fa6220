import { useState } from "react";
import { Button } from "./Button";
import { Stack } from "./Card";
import { Dialog } from "./Dialog";
import { ErrorState, type ErrorStateProps } from "./States";
import { TextField } from "./TextField";

export interface OpenCollectionProps {
  clusterName: string;
  isPending: boolean;
  error: ErrorStateProps["error"] | null;
  /** The dialog was opened: an error of the time before is forgotten. */
  onAsk: () => void;
  /** `close` is called once the address was taken. */
  onOpen: (address: string, close: () => void) => void;
  /** The main thing to do where nothing else is. */
  isPrimary?: boolean;
}

/** The way to backups that a cluster does not tell of: in a bucket, or taken by another cluster. */
export function OpenCollection(props: OpenCollectionProps) {
  const [isAsked, setAsked] = useState(false);
  return (
    <>
      <Button
        variant={props.isPrimary ? "primary" : "quiet"}
        onPress={() => {
          props.onAsk();
          setAsked(true);
        }}
      >
        Open a backup elsewhere…
      </Button>
      {isAsked && <AddressDialog {...props} onClose={() => setAsked(false)} />}
    </>
  );
}

function AddressDialog({
  clusterName,
  isPending,
  error,
  onOpen,
  onClose,
}: OpenCollectionProps & { onClose: () => void }) {
  const [address, setAddress] = useState("");
  const [wasPressed, setPressed] = useState(false);
  const isMissing = address.trim() === "";
  return (
    <Dialog
      title="Open a backup elsewhere"
      isOpen
      onClose={onClose}
      onSubmit={() => {
        setPressed(true);
        if (!isMissing && !isPending) onOpen(address.trim(), onClose);
      }}
      footer={
        <>
          <Button variant="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button variant="primary" type="submit" isPending={isPending}>
            Open
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        <p>
          A backup of this or of another cluster, in a place that {clusterName} can reach. It is only read:
          nothing is changed.
        </p>
        <TextField
          label="Address"
          value={address}
          onChange={setAddress}
          placeholder="s3://bucket/path?AUTH=implicit"
          error={wasPressed && isMissing ? "Enter an address." : null}
          description="The address the backup was written to, without a date at its end. Keys in it stay in memory until Roachvault quits and are shown nowhere."
          mono
          autoFocus
        />
        {error && <ErrorState error={error} />}
      </Stack>
    </Dialog>
  );
}
