import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Badge } from "../../components/Badge";
import { Button, ButtonRow } from "../../components/Button";
import { Stack } from "../../components/Card";
import { RadioGroup } from "../../components/Choice";
import { Dialog } from "../../components/Dialog";
import { environments } from "../../components/environment";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Select } from "../../components/Select";
import { EmptyState, ErrorState } from "../../components/States";
import { TextField } from "../../components/TextField";
import { announce } from "../../components/Toast";
import {
  type ConnectionImportEntry,
  type ConnectionImportPlan,
  commands,
  type ImportChoice,
  type KeepSecret,
} from "../../ipc/bindings";
import { connectionsQuery } from "../../ipc/connections";
import { pickFile } from "../../ipc/dialogs";
import { asCallError, type CallError } from "../../ipc/errors";
import { addressOf } from "../../lib/address";
import { counted } from "../../lib/quantity";
import styles from "./Exchange.module.css";

const exported = [{ name: "Exported connections", extensions: ["json", "age"] }];

function Passphrase({
  isWrong,
  isPending,
  onOpen,
  onClose,
}: {
  isWrong: boolean;
  isPending: boolean;
  onOpen: (passphrase: string) => void;
  onClose: () => void;
}) {
  const [passphrase, setPassphrase] = useState("");
  return (
    <Dialog
      title="This file is encrypted"
      isOpen
      onClose={onClose}
      onSubmit={() => passphrase !== "" && onOpen(passphrase)}
      footer={
        <>
          <Button variant="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button variant="primary" type="submit" isDisabled={passphrase === ""} isPending={isPending}>
            Open the file
          </Button>
        </>
      }
    >
      <TextField
        label="Passphrase"
        type="password"
        description="The one that it was exported with. Opening takes a second or two: that is what makes guessing slow."
        value={passphrase}
        onChange={setPassphrase}
        error={isWrong ? "This passphrase does not open the file." : null}
        autoFocus
      />
    </Dialog>
  );
}

/** What is proposed for an entry: never to overwrite, and never a second one of the same. */
function proposed({ refused, sameAs }: ConnectionImportEntry): ImportChoice {
  return refused !== null || sameAs !== null ? "skip" : "add";
}

function answers(entry: ConnectionImportEntry): { value: ImportChoice; label: string }[] {
  return entry.sameAs === null
    ? [
        { value: "add", label: "Add" },
        { value: "skip", label: "Skip" },
      ]
    : [
        { value: "skip", label: "Skip" },
        { value: "replace", label: "Replace" },
        { value: "add", label: "Add as another" },
      ];
}

function Plan({
  plan,
  isPending,
  error,
  onImport,
  onClose,
}: {
  plan: ConnectionImportPlan;
  isPending: boolean;
  error: CallError | null;
  onImport: (choices: ImportChoice[], keep: KeepSecret) => void;
  onClose: () => void;
}) {
  const [choices, setChoices] = useState(() => plan.entries.map(proposed));
  const [keep, setKeep] = useState<KeepSecret>("keyring");
  const rows = plan.entries.map((entry, at) => ({ entry, at }));
  const wanted = choices.filter((choice) => choice !== "skip").length;
  const replaced = choices.filter((choice) => choice === "replace").length;
  const bringsSecrets = rows.some(({ entry, at }) => entry.bringsSecrets && choices[at] !== "skip");
  return (
    <Dialog
      title={`${counted(plan.entries.length, "connection")} in this file`}
      isOpen
      onClose={onClose}
      size="wide"
      onSubmit={() => wanted > 0 && !isPending && onImport(choices, keep)}
      footer={
        <>
          <Button variant="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button
            variant={replaced > 0 ? "danger" : "primary"}
            type="submit"
            isDisabled={wanted === 0}
            isPending={isPending}
          >
            {replaced > 0
              ? `Import ${counted(wanted, "connection")}, replace ${replaced}`
              : `Import ${counted(wanted, "connection")}`}
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        {rows.length === 0 && (
          <EmptyState icon="info" title="The file is empty">
            It was exported by Roachvault, but holds no connection.
          </EmptyState>
        )}
        {rows.length > 3 && (
          <ButtonRow>
            <Button size="small" variant="quiet" onPress={() => setChoices(plan.entries.map(proposed))}>
              All new ones
            </Button>
            <Button size="small" variant="quiet" onPress={() => setChoices(plan.entries.map(() => "skip"))}>
              None
            </Button>
          </ButtonRow>
        )}
        <ul className={styles.plan} aria-label="Connections in the file">
          {rows.map(({ entry, at }) => (
            <li key={`${at} ${entry.fields.name}`} className={styles.entry}>
              <div className={styles.words}>
                <span className={styles.name}>
                  <MiddleEllipsis text={entry.fields.name} isFocusable />
                  <Badge>{environments[entry.fields.environment].label}</Badge>
                  {entry.bringsSecrets && <Badge icon="lock">With secrets</Badge>}
                  {entry.fields.tls !== "verify-full" && (
                    <Badge tone="attention">Encryption: {entry.fields.tls}</Badge>
                  )}
                </span>
                <span className={styles.muted}>
                  <MiddleEllipsis text={`${entry.fields.user} at ${addressOf(entry.fields)}`} keepEnd={20} />
                </span>
                {entry.refused ? (
                  <span className={styles.refused}>Left out: {entry.refused}</span>
                ) : (
                  entry.sameAs !== null && (
                    <span className={styles.known}>You already have a connection to the same database.</span>
                  )
                )}
              </div>
              {entry.refused === null && (
                <Select
                  label={`What to do with ${entry.fields.name}`}
                  hideLabel
                  options={answers(entry)}
                  value={choices[at] ?? "skip"}
                  onChange={(choice) =>
                    setChoices(choices.map((other, place) => (place === at ? choice : other)))
                  }
                />
              )}
            </li>
          ))}
        </ul>
        {bringsSecrets && (
          <RadioGroup<KeepSecret>
            label="Where their secrets stay"
            look="row"
            value={keep}
            onChange={setKeep}
            options={[
              { value: "keyring", label: "In this computer's keyring" },
              { value: "memory", label: "In memory until Roachvault quits" },
            ]}
          />
        )}
        {error && <ErrorState error={error} />}
      </Stack>
    </Dialog>
  );
}

/** Reads a file of connections, shows what it would do, and does it. `begin` opens the system's file dialog. */
export function useImportConnections() {
  const queryClient = useQueryClient();
  const read = useMutation({
    mutationFn: async ({ path, passphrase }: { path: string; passphrase: string | null }) => ({
      path,
      plan: await commands.planImportConnections(path, passphrase),
    }),
  });
  const pick = useMutation({
    mutationFn: () => pickFile("Choose exported connections", exported),
    onSuccess: (path) => path !== null && read.mutate({ path, passphrase: null }),
  });
  const carryOut = useMutation({
    mutationFn: ({ plan, choices, keep }: { plan: string; choices: ImportChoice[]; keep: KeepSecret }) =>
      commands.importConnections(plan, choices, keep),
    onSuccess: (count) => {
      announce(`${counted(count, "connection")} imported.`, { tone: "good" });
      read.reset();
    },
    // After a failure half way some are there already.
    onSettled: () => queryClient.invalidateQueries(connectionsQuery),
  });
  const close = () => {
    // It holds the file's secrets in memory; they are not needed any more.
    if (read.data) void commands.discardConnectionImport(read.data.plan.id);
    read.reset();
    carryOut.reset();
  };
  const path = read.variables?.path ?? "";
  const error = read.error && asCallError(read.error);
  const isClosed = error?.code === "secretNeeded" || error?.code === "auth";
  // While a passphrase is tried, the question stays where it is.
  const isTrying = read.isPending && read.variables.passphrase !== null;
  return {
    begin: () => pick.mutate(),
    isPending: pick.isPending || (read.isPending && !isTrying),
    dialog: (
      <>
        {(isTrying || isClosed) && (
          <Passphrase
            isWrong={error?.code === "auth"}
            isPending={isTrying}
            onOpen={(passphrase) => read.mutate({ path, passphrase })}
            onClose={close}
          />
        )}
        {error && !isClosed && (
          <Dialog
            title="This file cannot be imported"
            isOpen
            onClose={close}
            footer={
              <>
                <Button variant="quiet" onPress={close}>
                  Cancel
                </Button>
                <Button
                  variant="primary"
                  onPress={() => {
                    close();
                    pick.mutate();
                  }}
                >
                  Choose another file…
                </Button>
              </>
            }
          >
            <ErrorState error={error} />
          </Dialog>
        )}
        {read.data && (
          <Plan
            key={read.data.plan.id}
            plan={read.data.plan}
            isPending={carryOut.isPending}
            error={carryOut.error && asCallError(carryOut.error)}
            onImport={(choices, keep) => carryOut.mutate({ plan: read.data.plan.id, choices, keep })}
            onClose={close}
          />
        )}
      </>
    ),
  };
}

/** The door for whoever has a file and no connection yet. */
export function ImportButton() {
  const { begin, isPending, dialog } = useImportConnections();
  return (
    <>
      <Button variant="quiet" onPress={begin} isPending={isPending}>
        Import a file…
      </Button>
      {dialog}
    </>
  );
}
