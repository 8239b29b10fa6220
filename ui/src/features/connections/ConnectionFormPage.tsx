import { useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { Pill } from "../../components/Badge";
import { Button, ButtonRow } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { Content } from "../../components/Content";
import { environments } from "../../components/environment";
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
  missingPart,
  pastedInto,
  portOf,
  standing,
  withoutPaste,
} from "./draft";
import { EncryptionFields } from "./EncryptionFields";
import { PasteBox, type PasteHandle } from "./PasteBox";
import { focusPart } from "./parts";
import { useConnectionTest, useSaveConnection } from "./queries";
import { useUnsavedQuestion } from "./UnsavedQuestion";

export interface ConnectionFormPageProps {
  /** The connection to edit; absent for a new one. */
  connection?: Connection;
  /** What was pasted on the screen before. */
  parsed?: ParsedConnection;
  /** Why what was pasted there is not in the form. */
  refusal?: string;
  /**
   * Starts with a test: the person asked for one on the way here. A new connection is saved and opened when it passes.
   */
  isTested?: boolean;
}

export function ConnectionFormPage({
  connection,
  parsed,
  refusal,
  isTested = false,
}: ConnectionFormPageProps) {
  const navigate = useNavigate();
  const router = useRouter();
  const [start] = useState(() => (connection ? formOf(connection) : emptyForm()));
  const [form, setForm] = useState(() => (parsed ? pastedInto(start, parsed) : start));
  const [portError, setPortError] = useState<string | null>(null);
  const goesOn = useRef(false);
  const connectButton = useRef<HTMLButtonElement>(null);
  const unsaved = useUnsavedQuestion(form, start);
  const save = useSaveConnection((saved) => {
    unsaved.letGo();
    if (goesOn.current) {
      void navigate({ to: "/clusters/$connectionId", params: { connectionId: saved.id } });
    } else {
      announce(`${saved.fields.name} is saved.`);
      void navigate({ to: "/" });
    }
  });
  const { report, tested, test } = useConnectionTest();
  const testError = test.error && asCallError(test.error);
  const saveError = save.error && asCallError(save.error);
  const draft = draftOf(form);
  const saveErrors = standing(saveError?.fields, save.variables, draft);
  const errors = { ...standing(testError?.fields, test.variables, draft), ...saveErrors };
  const isMended =
    saveError !== null && Object.keys(saveError.fields).length > 0 && Object.keys(saveErrors).length === 0;
  const error = isMended ? null : saveError;
  const { fields } = form;

  const change = (next: Partial<ConnectionForm>) => setForm((now) => ({ ...now, ...next }));
  const changeFields = (next: Partial<ConnectionFields>) =>
    setForm((now) => ({ ...now, fields: { ...now.fields, ...next } }));
  const paste = useRef<PasteHandle>(null);
  const fillIn = (parsed: ParsedConnection) => {
    setPortError(null);
    setForm((now) => pastedInto(now, parsed));
  };
  /** The form with what is still in the field for pasting; null where that is not understood, which is said there. */
  const whole = async (): Promise<ConnectionForm | null> => {
    try {
      const parsed = await paste.current?.take();
      return parsed ? pastedInto(form, parsed) : form;
    } catch {
      return null;
    }
  };
  const hasPort = ({ port }: ConnectionForm) => {
    if (portOf(port) !== null) return true;
    setPortError("A port is a number from 1 to 65535. CockroachDB listens on 26257.");
    focusPart("port");
    return false;
  };
  const runTest = async () => {
    const filled = await whole();
    if (filled && hasPort(filled)) test.mutate(draftOf(filled));
  };
  const submit = async (connects: boolean) => {
    const filled = await whole();
    if (!filled || !hasPort(filled)) return;
    goesOn.current = connects;
    save.mutate(draftOf(filled), {
      onError: (thrown) => {
        const [first] = Object.keys(asCallError(thrown).fields);
        if (first) focusPart(first);
      },
    });
  };
  // Where it listens and how it is entered is the app's own business.
  const isPractice = fields.environment === "practice";
  const changePort = (next: Partial<ConnectionForm>) => {
    if (next.port !== undefined) setPortError(null);
    change(next);
  };

  /** What is left to do: a field to fill in, or the button that connects. */
  const goOn = () => {
    const missing = missingPart(form);
    if (!(missing && focusPart(missing))) connectButton.current?.focus();
  };
  const [filled, setFilled] = useState(parsed && !isTested ? 1 : 0);
  const onFilled = useRef(goOn);
  onFilled.current = goOn;
  useEffect(() => {
    if (filled > 0) onFilled.current();
  }, [filled]);

  const startsTested = useRef(isTested);
  const current = useRef(form);
  current.current = form;
  useEffect(() => {
    if (!startsTested.current) return;
    startsTested.current = false;
    if (!connection && missingPart(current.current)) return onFilled.current();
    const first = draftOf(current.current);
    test.mutate(first, {
      onSuccess: (last) => {
        if (connection || !last.passed || isAnotherLogin(first, draftOf(current.current))) return;
        goesOn.current = true;
        save.mutate(draftOf(current.current));
      },
    });
  }, [test, save, connection]);

  return (
    <>
      <Content>
        <PageHeader
          title={connection ? `Edit ${connection.fields.name}` : "Add a connection"}
          beside={
            fields.environment === "production" && (
              <Pill tone={environments.production.tone}>{environments.production.label}</Pill>
            )
          }
          description={
            connection ? undefined : "Paste what you have, or fill in the fields. Everything stays editable."
          }
        />
        <div className={styles.layout} data-editing={connection ? true : undefined}>
          {!connection && (
            <div className={styles.first}>
              <Card>
                <PasteBox
                  handle={paste}
                  takesPasted
                  onParsed={(parsed) => {
                    fillIn(parsed);
                    setFilled((times) => times + 1);
                  }}
                  onRefused={() => setForm(withoutPaste)}
                  isFirst={parsed === undefined}
                  refusal={refusal}
                />
              </Card>
            </div>
          )}
          <div className={styles.side}>
            <DoctorPanel
              report={report}
              isOutdated={tested !== null && isAnotherLogin(tested, draft)}
              isRunning={test.isPending}
              error={testError}
              onRun={() => void runTest()}
              onFix={focusPart}
              onChooseDatabase={(database) => {
                changeFields({ database });
                focusPart("database");
              }}
            />
          </div>
          <div className={styles.rest}>
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
                <div data-part="name">
                  <TextField
                    label="Name"
                    description="How it is called here. Empty: the host."
                    value={fields.name}
                    onChange={(name) => changeFields({ name })}
                    error={errors.name}
                  />
                </div>
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
          </div>
        </div>
      </Content>
      <div className={styles.foot} data-environment={fields.environment}>
        <div className={styles.footInner}>
          {error && <ErrorState error={error} />}
          <ButtonRow align="end">
            <Button variant="quiet" onPress={() => router.history.back()}>
              Cancel
            </Button>
            <Button onPress={() => void submit(false)} isPending={save.isPending && !goesOn.current}>
              Save
            </Button>
            <Button
              ref={connectButton}
              variant="primary"
              onPress={() => void submit(true)}
              isPending={save.isPending && goesOn.current}
            >
              Save and connect
            </Button>
          </ButtonRow>
        </div>
      </div>
      {unsaved.dialog}
    </>
  );
}
