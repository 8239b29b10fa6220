import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button, ButtonRow } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Stack } from "../../components/Card";
import { Checkbox, RadioGroup } from "../../components/Choice";
import { Dialog } from "../../components/Dialog";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { ErrorState } from "../../components/States";
import { TextField } from "../../components/TextField";
import { announce } from "../../components/Toast";
import { type Connection, commands } from "../../ipc/bindings";
import { pickSaveTarget } from "../../ipc/dialogs";
import { asCallError } from "../../ipc/errors";
import { addressOf } from "../../lib/address";
import { counted } from "../../lib/quantity";
import styles from "./Exchange.module.css";

type Contents = "addresses" | "secrets";

export interface ExportDialogProps {
  /** What can be exported: all but the practice cluster, which belongs to this computer. */
  connections: Connection[];
  onClose: () => void;
}

/** Writes connections to a file: readable and without secrets, or with them and closed by a passphrase. */
export function ExportDialog({ connections, onClose }: ExportDialogProps) {
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [contents, setContents] = useState<Contents>("addresses");
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const [differs, setDiffers] = useState(false);
  const chosen = connections.filter(({ id }) => !left.has(id));
  const withSecrets = contents === "secrets";
  const write = useMutation({
    mutationFn: async () => {
      const path = await pickSaveTarget(
        "Export connections",
        withSecrets ? "connections.age" : "connections.json",
      );
      if (path === null) return null;
      return commands.exportConnections(
        chosen.map(({ id }) => id),
        path,
        withSecrets ? passphrase : null,
      );
    },
    onSuccess: (done) => {
      if (done === null) return;
      if (done.withoutSecret.length > 0) return;
      announce(`${counted(done.connections, "connection")} exported.`, { tone: "good" });
      onClose();
    },
  });
  const error = write.error && asCallError(write.error);
  if (write.data && write.data.withoutSecret.length > 0) {
    return (
      <Dialog
        title={`${counted(write.data.connections, "connection")} exported`}
        isOpen
        onClose={onClose}
        footer={
          <Button variant="primary" onPress={onClose}>
            Close
          </Button>
        }
      >
        <Callout tone="attention" title="Some secrets are not in the file">
          They were not at hand on this computer: {write.data.withoutSecret.join(", ")}. Whoever imports the
          file is asked for them.
        </Callout>
      </Dialog>
    );
  }
  const submit = () => {
    if (chosen.length === 0 || write.isPending) return;
    const isDifferent = withSecrets && passphrase !== again;
    setDiffers(isDifferent);
    if (!isDifferent) write.mutate();
  };
  return (
    <Dialog
      title="Export connections"
      isOpen
      onClose={onClose}
      onSubmit={submit}
      footer={
        <>
          <Button variant="quiet" onPress={onClose}>
            Cancel
          </Button>
          <Button
            variant="primary"
            type="submit"
            isDisabled={chosen.length === 0 || (withSecrets && passphrase === "")}
            isPending={write.isPending}
          >
            Export {counted(chosen.length, "connection")}…
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        {connections.length > 3 && (
          <ButtonRow>
            <Button size="small" variant="quiet" onPress={() => setLeft(new Set())}>
              All
            </Button>
            <Button
              size="small"
              variant="quiet"
              onPress={() => setLeft(new Set(connections.map(({ id }) => id)))}
            >
              None
            </Button>
          </ButtonRow>
        )}
        <fieldset className={styles.list} aria-label="Connections to export">
          {connections.map(({ id, fields }) => (
            <Checkbox
              key={id}
              isSelected={!left.has(id)}
              onChange={(isChosen) => {
                const next = new Set(left);
                if (isChosen) next.delete(id);
                else next.add(id);
                setLeft(next);
              }}
              description={<MiddleEllipsis text={`${fields.user} at ${addressOf(fields)}`} keepEnd={20} />}
            >
              <MiddleEllipsis text={fields.name} />
            </Checkbox>
          ))}
        </fieldset>
        <RadioGroup<Contents>
          label="What goes into the file"
          look="cards"
          value={contents}
          onChange={setContents}
          options={[
            {
              value: "addresses",
              label: "Addresses only",
              description:
                "No passwords and no keys. Hosts, users, groups and notes are in it for anyone who opens the file.",
            },
            {
              value: "secrets",
              label: "Secrets too",
              description: "Passwords and keys, encrypted under a passphrase (age).",
            },
          ]}
        />
        {withSecrets && (
          <>
            <TextField
              label="Passphrase"
              type="password"
              description="At least 8 characters; several words are best. Nobody can open the file without it."
              value={passphrase}
              onChange={(text) => {
                setPassphrase(text);
                write.reset();
              }}
              error={error?.fields.passphrase}
            />
            <TextField
              label="The same once more"
              type="password"
              value={again}
              onChange={(text) => {
                setAgain(text);
                setDiffers(false);
              }}
              error={differs ? "The two are not the same." : null}
            />
          </>
        )}
        {error && !error.fields.passphrase && <ErrorState error={error} />}
      </Stack>
    </Dialog>
  );
}
