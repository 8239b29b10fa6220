import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { Logo } from "../../components/Logo";
import { ErrorState } from "../../components/States";
import { type Connection, commands } from "../../ipc/bindings";
import { connectionsQuery } from "../../ipc/connections";
import { asCallError } from "../../ipc/errors";
import styles from "./FirstRunPage.module.css";

const practice = ["bank and movr sample databases", "every wizard works", "reset at any time"];

export interface FirstRunPageProps {
  /** Where a connection string goes. */
  pasteBox: ReactNode;
  onPractice: (connection: Connection) => void;
  /** The button for whoever has a file of exported connections. */
  importButton: ReactNode;
}

/** The first screen of all: two doors. */
export function FirstRunPage({ pasteBox, onPractice, importButton }: FirstRunPageProps) {
  const queryClient = useQueryClient();
  const start = useMutation({
    mutationFn: commands.startPracticeCluster,
    onSuccess: async (connection) => {
      await queryClient.invalidateQueries(connectionsQuery);
      onPractice(connection);
    },
  });
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
          {pasteBox}
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
