import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button, ButtonRow } from "../../components/Button";
import { TextField } from "../../components/TextField";
import { commands, type ParsedConnection } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import styles from "./ConnectionForm.module.css";

/** Takes whatever people have in the clipboard and fills the form from it. */
export interface PasteBoxProps {
  onParsed: (parsed: ParsedConnection) => void;
  autoFocus?: boolean;
}

export function PasteBox({ onParsed, autoFocus }: PasteBoxProps) {
  const [text, setText] = useState("");
  const [isEmptyHanded, setEmptyHanded] = useState(false);
  const take = (parsed: ParsedConnection) => {
    // The text holds a password: it does not stay on the screen once it is understood.
    setText("");
    onParsed(parsed);
  };
  const parse = useMutation({ mutationFn: commands.parseConnection, onSuccess: take });
  const clipboard = useMutation({
    mutationFn: commands.readClipboardConnection,
    onSuccess: (parsed) => (parsed ? take(parsed) : setEmptyHanded(true)),
  });
  const thrown = parse.error ?? clipboard.error;
  const error = thrown && asCallError(thrown);
  return (
    <form
      className={styles.paste}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== "") parse.mutate(text);
      }}
    >
      <TextField
        label="Connection string"
        description={
          isEmptyHanded
            ? "The clipboard holds nothing like a connection string."
            : "A URL, a cockroach or ccloud command line, JDBC, key=value parameters or a line of an .env file."
        }
        value={text}
        onChange={(next) => {
          setText(next);
          parse.reset();
          setEmptyHanded(false);
        }}
        error={error && [error.message, error.hint].filter(Boolean).join(" ")}
        placeholder="postgresql://app_admin:…@blue-dog-147.6wr.cockroachlabs.cloud:26257/defaultdb?sslmode=verify-full"
        rows={2}
        mono
        autoFocus={autoFocus}
      />
      <ButtonRow>
        <Button type="submit" isDisabled={text.trim() === ""} isPending={parse.isPending}>
          Fill in the form
        </Button>
        <Button variant="quiet" onPress={() => clipboard.mutate()} isPending={clipboard.isPending}>
          Take it from the clipboard
        </Button>
      </ButtonRow>
    </form>
  );
}
