import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { Button, ButtonRow } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { Content } from "../../components/Content";
import { PageHeader } from "../../components/PageHeader";
import { ErrorState } from "../../components/States";
import { TextField } from "../../components/TextField";
import { announce } from "../../components/Toast";
import type { Connection, ConnectionFields, ParsedConnection } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import { AddressFields } from "./AddressFields";
import { CareFields } from "./CareFields";
import styles from "./ConnectionForm.module.css";
import { DoctorPanel } from "./DoctorPanel";
import {
  type ConnectionForm,
  draftOf,
  emptyForm,
  formOf,
  isAnotherLogin,
  pastedInto,
  portOf,
  withoutPaste,
} from "./draft";
import { EncryptionFields } from "./EncryptionFields";
import { PasteBox } from "./PasteBox";
import { useConnectionTest, useSaveConnection } from "./queries";

export interface ConnectionFormPageProps {
  /** The connection to edit; absent for a new one. */
  connection?: Connection;
  /** What was pasted on the screen before. */
  parsed?: ParsedConnection;
  /** Starts with a test: the person asked for one on the way here. */
  isTested?: boolean;
}

function initialForm({ connection, parsed }: ConnectionFormPageProps): ConnectionForm {
  const form = connection ? formOf(connection) : emptyForm();
  return parsed ? pastedInto(form, parsed) : form;
}

export function ConnectionFormPage(props: ConnectionFormPageProps) {
  const { connection } = props;
  const navigate = useNavigate();
  const [form, setForm] = useState(() => initialForm(props));
  const [portError, setPortError] = useState<string | null>(null);
  const goesOn = useRef(false);
  const save = useSaveConnection((saved) => {
    if (goesOn.current) void navigate({ to: "/clusters/$connectionId", params: { connectionId: saved.id } });
    else {
      announce(`${saved.fields.name} is saved.`);
      void navigate({ to: "/" });
    }
  });
  const { report, tested, test } = useConnectionTest();
  const startsTested = useRef(props.isTested ?? false);
  useEffect(() => {
    if (!startsTested.current) return;
    startsTested.current = false;
    test.mutate(draftOf(form));
  }, [test, form]);
  const testError = test.error && asCallError(test.error);
  const error = save.error && asCallError(save.error);
  const errors = { ...testError?.fields, ...error?.fields };
  const { fields } = form;

  const change = (next: Partial<ConnectionForm>) => setForm((now) => ({ ...now, ...next }));
  const changeFields = (next: Partial<ConnectionFields>) =>
    setForm((now) => ({ ...now, fields: { ...now.fields, ...next } }));
  const hasPort = () => {
    if (portOf(form.port) !== null) return true;
    setPortError("A port is a number from 1 to 65535. CockroachDB listens on 26257.");
    return false;
  };
  const runTest = () => {
    if (hasPort()) test.mutate(draftOf(form));
  };
  const submit = (connects: boolean) => {
    if (!hasPort()) return;
    goesOn.current = connects;
    save.mutate(draftOf(form));
  };
  // Where it listens and how it is entered is the app's own business.
  const isPractice = fields.environment === "practice";
  const changePort = (next: Partial<ConnectionForm>) => {
    if (next.port !== undefined) setPortError(null);
    change(next);
  };

  return (
    <>
      <Content>
        <PageHeader
          title={connection ? `Edit ${connection.fields.name}` : "Add a connection"}
          description={
            connection ? undefined : "Paste what you have, or fill in the fields. Everything stays editable."
          }
        />
        <div className={styles.layout}>
          <div className={styles.main}>
            {!connection && (
              <Card>
                <PasteBox
                  onParsed={(parsed) => setForm((now) => pastedInto(now, parsed))}
                  onRefused={() => setForm(withoutPaste)}
                  isFirst={props.parsed === undefined}
                />
              </Card>
            )}
            {form.notes.length > 0 && (
              <Callout title="From the pasted text">
                <ul>
                  {form.notes.map((note) => (
                    <li key={`${note.part} ${note.sentence}`}>{note.sentence}</li>
                  ))}
                </ul>
              </Callout>
            )}
            <Card title="Cluster">
              <div className={styles.fields}>
                <TextField
                  label="Name"
                  description="How it is called here. Empty: the host."
                  value={fields.name}
                  onChange={(name) => changeFields({ name })}
                  error={errors.name}
                />
                {!isPractice && (
                  <AddressFields
                    form={form}
                    onChange={changePort}
                    errors={portError ? { ...errors, port: portError } : errors}
                  />
                )}
              </div>
            </Card>
            {!isPractice && (
              <Card title="Encryption">
                <EncryptionFields form={form} onChange={change} errors={errors} />
              </Card>
            )}
            <Card title="Care">
              <CareFields fields={fields} onChange={changeFields} />
            </Card>
            {error && <ErrorState error={error} />}
          </div>
          <div className={styles.side}>
            <DoctorPanel
              report={report}
              isOutdated={tested !== null && isAnotherLogin(tested, draftOf(form))}
              isRunning={test.isPending}
              error={testError}
              onRun={runTest}
            />
          </div>
        </div>
      </Content>
      <div className={styles.foot}>
        <div className={styles.footInner}>
          <ButtonRow align="end">
            <Button variant="quiet" onPress={() => window.history.back()}>
              Cancel
            </Button>
            <Button onPress={() => submit(false)} isPending={save.isPending && !goesOn.current}>
              Save
            </Button>
            <Button
              variant="primary"
              onPress={() => submit(true)}
              isPending={save.isPending && goesOn.current}
            >
              Save and connect
            </Button>
          </ButtonRow>
        </div>
      </div>
    </>
  );
}
