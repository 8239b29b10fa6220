import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { Button, ButtonRow } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { Switch } from "../../components/Choice";
import { Content } from "../../components/Content";
import { Disclosure } from "../../components/Disclosure";
import { PageHeader } from "../../components/PageHeader";
import { ErrorState } from "../../components/States";
import { TextField } from "../../components/TextField";
import { announce } from "../../components/Toast";
import type { Connection, ConnectionFields, ParsedConnection } from "../../ipc/bindings";
import { asCallError } from "../../ipc/errors";
import { CareFields } from "./CareFields";
import styles from "./ConnectionForm.module.css";
import { type ConnectionForm, draftOf, emptyForm, formOf, pastedInto, portOf } from "./draft";
import { EncryptionFields } from "./EncryptionFields";
import { PasteBox } from "./PasteBox";
import { useSaveConnection } from "./queries";
import { SecretFields } from "./SecretFields";

export interface ConnectionFormPageProps {
  /** The connection to edit; absent for a new one. */
  connection?: Connection;
  /** What was pasted on the screen before. */
  parsed?: ParsedConnection;
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
  const error = save.error && asCallError(save.error);
  const errors = error?.fields ?? {};
  const { fields } = form;

  const change = (next: Partial<ConnectionForm>) => setForm((now) => ({ ...now, ...next }));
  const changeFields = (next: Partial<ConnectionFields>) =>
    setForm((now) => ({ ...now, fields: { ...now.fields, ...next } }));
  const submit = (connects: boolean) => {
    if (portOf(form.port) === null) {
      setPortError("A port is a number from 1 to 65535. CockroachDB listens on 26257.");
      return;
    }
    goesOn.current = connects;
    save.mutate(draftOf(form));
  };
  const secretLabel = fields.jwt ? "Sign-in token" : "Password";

  return (
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
                autoFocus={props.parsed === undefined}
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
              <div className={styles.most}>
                <TextField
                  label="Host"
                  mono
                  value={fields.host}
                  onChange={(host) => changeFields({ host })}
                  placeholder="blue-dog-147.6wr.cockroachlabs.cloud"
                  error={errors.host}
                />
              </div>
              <div className={styles.little}>
                <TextField
                  label="Port"
                  mono
                  inputMode="numeric"
                  value={form.port}
                  onChange={(port) => {
                    setPortError(null);
                    change({ port });
                  }}
                  error={portError ?? errors.port}
                />
              </div>
              <div className={styles.half}>
                <TextField
                  label="User"
                  mono
                  value={fields.user}
                  onChange={(user) => changeFields({ user })}
                  error={errors.user}
                />
              </div>
              <div className={styles.half}>
                <TextField
                  label="Database"
                  mono
                  value={fields.database}
                  onChange={(database) => changeFields({ database })}
                  error={errors.database}
                />
              </div>
              <SecretFields
                label={secretLabel}
                secret={form.password}
                onChange={(password) => change({ password })}
                error={errors.password}
              />
              <Disclosure
                title="Routing and sign-in tokens"
                isOpen={fields.jwt || fields.clusterOption !== null}
              >
                <div className={styles.fields}>
                  <TextField
                    label="Cluster option"
                    optional
                    mono
                    value={fields.clusterOption ?? ""}
                    onChange={(option) => changeFields({ clusterOption: option === "" ? null : option })}
                    placeholder="blue-dog-147"
                    description="Finds a Basic or Standard cluster when the host name does not, for instance through a tunnel."
                    error={errors.clusterOption}
                  />
                  <Switch
                    isSelected={fields.jwt}
                    onChange={(jwt) => changeFields({ jwt })}
                    description="For clusters with single sign-on: a JWT is sent in place of a password."
                  >
                    Sign in with a token
                  </Switch>
                </div>
              </Disclosure>
            </div>
          </Card>
          <Card title="Encryption">
            <EncryptionFields form={form} onChange={change} errors={errors} />
          </Card>
          <Card title="Care">
            <CareFields fields={fields} onChange={changeFields} />
          </Card>
          {error && <ErrorState error={error} />}
        </div>
      </div>
      <div className={styles.foot}>
        <ButtonRow align="end">
          <Button variant="quiet" onPress={() => window.history.back()}>
            Cancel
          </Button>
          <Button onPress={() => submit(false)} isPending={save.isPending && !goesOn.current}>
            Save
          </Button>
          <Button variant="primary" onPress={() => submit(true)} isPending={save.isPending && goesOn.current}>
            Save and connect
          </Button>
        </ButtonRow>
      </div>
    </Content>
  );
}
