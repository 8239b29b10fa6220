import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { Button, ButtonRow } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { Logo } from "../../components/Logo";
import { ErrorState } from "../../components/States";
import { TextField } from "../../components/TextField";
import { type Connection, commands, type ParsedConnection } from "../../ipc/bindings";
import { connectionsQuery } from "../../ipc/connections";
import { asCallError } from "../../ipc/errors";
import styles from "./FirstRunPage.module.css";

const practice = ["bank and movr sample databases", "every wizard works", "reset at any time"];

export interface FirstRunPageProps {
  /** What was pasted, understood, to be shown as a form. */
  onParsed: (parsed: ParsedConnection) => void;
  onPractice: (connection: Connection) => void;
  /** The button for whoever has a file of exported connections. */
  importButton: ReactNode;
}

/** The first screen of all: two doors. */
export function FirstRunPage({ onParsed, onPractice, importButton }: FirstRunPageProps) {
  const queryClient = useQueryClient();
  const [text, setText] = useState("");
  const start = useMutation({
    mutationFn: commands.startPracticeCluster,
    onSuccess: async (connection) => {
      await queryClient.invalidateQueries(connectionsQuery);
      onPractice(connection);
    },
  });
  const parse = useMutation({ mutationFn: commands.parseConnection, onSuccess: onParsed });
  const parseError = parse.error && asCallError(parse.error);
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <Logo size={44} />
        <div>
          <h1 className={styles.title}>Backups and files for CockroachDB</h1>
          <p className={styles.muted}>
            Passwords stay in this computer's keyring. Nothing is sent anywhere else.
          </p>
        </div>
      </header>
      <div className={styles.doors}>
        <section className={styles.door} aria-labelledby="own-cluster">
          <h2 id="own-cluster">Connect to your cluster</h2>
          <form
            className={styles.form}
            onSubmit={(event) => {
              event.preventDefault();
              if (text.trim() !== "") parse.mutate(text);
            }}
          >
            <TextField
              label="Connection string"
              description="From the Cloud Console: Connect, then Connection string. A command line, JDBC address or parameters will do as well."
              value={text}
              onChange={setText}
              placeholder="postgresql://app_admin:…@blue-dog-147.6wr.cockroachlabs.cloud:26257/defaultdb?sslmode=verify-full"
              rows={3}
              mono
              error={parseError && [parseError.message, parseError.hint].filter(Boolean).join(" ")}
              autoFocus
            />
            <ButtonRow>
              <Button
                variant="primary"
                type="submit"
                isDisabled={text.trim() === ""}
                isPending={parse.isPending}
              >
                Check and connect
              </Button>
              <Link to="/connections/new" className={styles.link}>
                Fill in by hand
              </Link>
            </ButtonRow>
          </form>
        </section>
        <section className={styles.door} aria-labelledby="practice-cluster">
          <h2 id="practice-cluster">Try it without a cluster</h2>
          <p className={styles.muted}>
            A practice cluster on this computer, with sample data. Break it, restore it, learn in five
            minutes.
          </p>
          <ul className={styles.list}>
            {practice.map((line) => (
              <li key={line}>
                <Icon name="check" size={13} />
                {line}
              </li>
            ))}
          </ul>
          {start.error && <ErrorState error={asCallError(start.error)} onRetry={() => start.mutate()} />}
          <div className={styles.foot}>
            <Button onPress={() => start.mutate()} isPending={start.isPending}>
              {start.isPending ? "Starting the practice cluster" : "Start practice cluster"}
            </Button>
          </div>
        </section>
      </div>
      <p className={styles.moving}>Coming from another computer? {importButton}</p>
    </div>
  );
}
