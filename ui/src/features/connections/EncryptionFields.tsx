import { useMutation } from "@tanstack/react-query";
import { Button, ButtonRow } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Select } from "../../components/Select";
import { ErrorState } from "../../components/States";
import { commands, type TlsMode } from "../../ipc/bindings";
import { pickFile } from "../../ipc/dialogs";
import { asCallError } from "../../ipc/errors";
import { CertificateList } from "./CertificateList";
import styles from "./ConnectionForm.module.css";
import type { ConnectionForm } from "./draft";
import { PageLink } from "./PageLink";

const modes: { value: TlsMode; label: string; description: string }[] = [
  {
    value: "verify-full",
    label: "Check everything (verify-full)",
    description: "Certificate and host name. What Cloud clusters expect.",
  },
  { value: "verify-ca", label: "Check the certificate only (verify-ca)", description: "Not the host name." },
  {
    value: "require",
    label: "Encrypt without checking (require)",
    description: "Whoever answers is believed.",
  },
  { value: "disable", label: "No encryption (disable)", description: "For insecure development clusters." },
];

const warnings: Partial<Record<TlsMode, string>> = {
  "verify-ca":
    "The host name is not checked. Another server with a certificate of the same authority could take the password.",
  require:
    "Nobody checks who answers. Someone between this computer and the cluster could pose as it and take the password.",
  disable: "Nothing is encrypted. Anyone on the way can read the data, and the password where one is sent.",
};

const advancedCa = "https://www.cockroachlabs.com/docs/cockroachcloud/connect-to-an-advanced-cluster";
const pemFiles = [{ name: "Certificates and keys", extensions: ["crt", "pem", "cer", "key"] }];

export interface EncryptionFieldsProps {
  form: ConnectionForm;
  onChange: (change: Partial<ConnectionForm>) => void;
  errors: Record<string, string>;
}

export function EncryptionFields({ form, onChange, errors }: EncryptionFieldsProps) {
  const { fields, ca, clientCert, clientKey } = form;
  const setFields = (change: Partial<ConnectionForm["fields"]>) => ({ fields: { ...fields, ...change } });

  const chooseCa = useMutation({
    mutationFn: async () => {
      const path = await pickFile("Choose the CA certificate of the cluster", pemFiles);
      return path === null ? null : commands.readCertificateFile(path);
    },
    onSuccess: (file) => file && onChange({ ...setFields({ caPem: file.pem }), ca: file.certificates }),
  });
  const chooseClientCert = useMutation({
    mutationFn: async () => {
      const path = await pickFile("Choose the client certificate", pemFiles);
      return path === null ? null : commands.readCertificateFile(path);
    },
    onSuccess: (file) =>
      file && onChange({ ...setFields({ clientCertPem: file.pem }), clientCert: file.certificates }),
  });
  const chooseKey = useMutation({
    mutationFn: async () => {
      const path = await pickFile("Choose the key of the client certificate", pemFiles);
      return path === null ? null : commands.readClientKeyFile(path);
    },
    onSuccess: (handle) => handle && onChange({ clientKey: { ...clientKey, mode: "keyring", handle } }),
  });
  const thrown = chooseCa.error ?? chooseClientCert.error ?? chooseKey.error;
  const wrong = errors.caPem ?? errors.clientCertPem ?? errors.clientKey;
  const warning = warnings[fields.tls];
  const hasKey = clientKey.handle !== null || (clientKey.saved !== "none" && clientKey.mode !== "none");

  return (
    <div className={styles.main}>
      <div data-part="tls">
        <Select
          label="Encryption"
          options={modes}
          value={fields.tls}
          onChange={(tls) => onChange(setFields({ tls }))}
          error={errors.tls}
        />
      </div>
      {warning && (
        <Callout tone="attention" title="Weaker than it should be">
          {warning}
        </Callout>
      )}
      {fields.tls !== "disable" && (
        <>
          <div className={styles.certificate} data-part="caPem">
            <span className={styles.label}>Trusted authority</span>
            {ca.length > 0 ? (
              <CertificateList label="CA certificates" certificates={ca} />
            ) : (
              <p className={styles.muted}>
                The authorities this computer trusts. Basic and Standard clusters need nothing else; for an
                Advanced cluster download the CA certificate from its Connect dialog in the Cloud Console, for
                your own cluster take its ca.crt.
              </p>
            )}
            <ButtonRow>
              <Button size="small" onPress={() => chooseCa.mutate()} isPending={chooseCa.isPending}>
                {ca.length > 0 ? "Choose another CA certificate…" : "Choose a CA certificate…"}
              </Button>
              {ca.length > 0 && (
                <Button
                  size="small"
                  variant="quiet"
                  onPress={() => onChange({ ...setFields({ caPem: null }), ca: [] })}
                >
                  Use only this computer's authorities
                </Button>
              )}
              {ca.length === 0 && <PageLink url={advancedCa}>Where an Advanced cluster has it</PageLink>}
            </ButtonRow>
          </div>
          <div className={styles.certificate} data-part="clientCertPem clientKey">
            <span className={styles.label}>Client certificate</span>
            {clientCert.length > 0 && (
              <CertificateList label="Client certificate" certificates={clientCert} />
            )}
            {clientCert.length > 0 && (
              <p className={styles.muted}>
                {hasKey
                  ? "Its key is kept in this computer's keyring."
                  : "Its key is missing: choose it as well."}
              </p>
            )}
            <ButtonRow>
              <Button
                size="small"
                onPress={() => chooseClientCert.mutate()}
                isPending={chooseClientCert.isPending}
              >
                {clientCert.length > 0 ? "Choose another certificate…" : "Choose a client certificate…"}
              </Button>
              {clientCert.length > 0 && (
                <>
                  <Button
                    size="small"
                    variant={hasKey ? "quiet" : "secondary"}
                    onPress={() => chooseKey.mutate()}
                    isPending={chooseKey.isPending}
                  >
                    {hasKey ? "Choose another key…" : "Choose its key…"}
                  </Button>
                  <Button
                    size="small"
                    variant="quiet"
                    onPress={() =>
                      onChange({
                        ...setFields({ clientCertPem: null }),
                        clientCert: [],
                        clientKey: { ...clientKey, mode: "none", handle: null },
                      })
                    }
                  >
                    Remove
                  </Button>
                </>
              )}
            </ButtonRow>
          </div>
        </>
      )}
      {thrown && <ErrorState error={asCallError(thrown)} />}
      {wrong && <Callout tone="bad">{wrong}</Callout>}
    </div>
  );
}
