import { Switch } from "../../components/Choice";
import { Disclosure } from "../../components/Disclosure";
import { TextField } from "../../components/TextField";
import styles from "./ConnectionForm.module.css";
import type { ConnectionForm } from "./draft";
import { SecretFields } from "./SecretFields";

export interface AddressFieldsProps {
  form: ConnectionForm;
  onChange: (change: Partial<ConnectionForm>) => void;
  errors: Record<string, string>;
}

/** Where the cluster is and who one is in it. */
export function AddressFields({ form, onChange, errors }: AddressFieldsProps) {
  const { fields } = form;
  const setFields = (change: Partial<ConnectionForm["fields"]>) =>
    onChange({ fields: { ...fields, ...change } });
  const secretLabel = fields.jwt ? "Sign-in token" : "Password";
  return (
    <>
      <div className={styles.most} data-part="host">
        <TextField
          label="Host"
          mono
          value={fields.host}
          onChange={(host) => setFields({ host })}
          placeholder="blue-dog-147.6wr.cockroachlabs.cloud"
          error={errors.host}
        />
      </div>
      <div className={styles.little} data-part="port">
        <TextField
          label="Port"
          mono
          inputMode="numeric"
          value={form.port}
          onChange={(port) => onChange({ port })}
          error={errors.port}
        />
      </div>
      <div className={styles.half} data-part="user">
        <TextField
          label="User"
          mono
          value={fields.user}
          onChange={(user) => setFields({ user })}
          error={errors.user}
        />
      </div>
      <div className={styles.half} data-part="database">
        <TextField
          label="Database"
          mono
          value={fields.database}
          onChange={(database) => setFields({ database })}
          error={errors.database}
        />
      </div>
      <div className={styles.secret} data-part="password">
        <SecretFields
          label={secretLabel}
          secret={form.password}
          onChange={(password) => onChange({ password })}
          error={errors.password}
        />
      </div>
      <Disclosure title="Routing and sign-in tokens" isOpen={fields.jwt || fields.clusterOption !== null}>
        <div className={styles.fields} data-part="clusterOption">
          <TextField
            label="Cluster option"
            optional
            mono
            value={fields.clusterOption ?? ""}
            onChange={(option) => setFields({ clusterOption: option === "" ? null : option })}
            placeholder="blue-dog-147"
            description="Finds a Basic or Standard cluster when the host name does not, for instance through a tunnel."
            error={errors.clusterOption}
          />
          <Switch
            isSelected={fields.jwt}
            onChange={(jwt) => setFields({ jwt })}
            description="For clusters with single sign-on: a JWT is sent in place of a password."
          >
            Sign in with a token
          </Switch>
        </div>
      </Disclosure>
    </>
  );
}
