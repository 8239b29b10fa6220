/** Commands whose bindings are not generated yet. */
import { call } from "./call";

export type TlsMode = "verify-full" | "verify-ca" | "require" | "disable";
export type Environment = "practice" | "development" | "staging" | "production";
export type Colour = "red" | "orange" | "amber" | "green" | "teal" | "blue" | "violet" | "grey";
export type ConnectionFields = {
  name: string;
  host: string;
  port: number;
  user: string;
  database: string;
  tls: TlsMode;
  caPem: string | null;
  clientCertPem: string | null;
  clusterOption: string | null;
  jwt: boolean;
  environment: Environment;
  readOnly: boolean;
  colour: Colour | null;
  group: string | null;
  note: string;
  favourite: boolean;
};
export type SecretState = "none" | "keyring" | "askEachTime";
export type Certificate = {
  subject: string;
  issuer: string;
  names: Array<string>;
  notAfter: string;
  expired: boolean;
  isAuthority: boolean;
};
export type Connection = {
  id: string;
  fields: ConnectionFields;
  password: SecretState;
  clientKey: SecretState;
  ca: Array<Certificate>;
  clientCert: Array<Certificate>;
  createdAt: string;
  lastUsedAt: string | null;
  open: boolean;
};
export type HealedIndex = { keptAside: string; recovered: number; lost: number | null };
export type ConnectionList = { connections: Array<Connection>; healed: HealedIndex | null };
export type KeepSecret = "keyring" | "memory";
export type SecretInput =
  | { kind: "unchanged" }
  | { kind: "remove" }
  | { kind: "askEachTime" }
  | { kind: "typed"; value: string; keep: KeepSecret }
  | { kind: "staged"; handle: string; keep: KeepSecret };
export type ConnectionDraft = {
  id: string | null;
  fields: ConnectionFields;
  password: SecretInput;
  clientKey: SecretInput;
};
export type FormPart =
  | "whole"
  | "host"
  | "port"
  | "user"
  | "password"
  | "database"
  | "tls"
  | "caPem"
  | "clientCertPem"
  | "clientKey"
  | "clusterOption";
export type FormNote = { part: FormPart; sentence: string };
export type ParsedConnection = {
  fields: ConnectionFields;
  password: string | null;
  clientKey: string | null;
  ca: Array<Certificate>;
  clientCert: Array<Certificate>;
  notes: Array<FormNote>;
};
export type CertificateFile = { pem: string; certificates: Array<Certificate> };
export type Product = "cockroachDb" | "postgreSql" | "other";
export type OpenedCluster = {
  id: string;
  name: string;
  environment: Environment;
  readOnly: boolean;
  host: string;
  user: string;
  database: string;
  version: string | null;
  versionText: string;
  product: Product;
};
export type SecretKind = "password" | "clientKey";
export type KeyringStatus = "ready" | "locked" | "absent" | "failing";
export type KeyringState = {
  status: KeyringStatus;
  name: string;
  message: string | null;
  hint: string | null;
  detail: string | null;
};

export const commands = {
  listConnections: (): Promise<ConnectionList> => call("list_connections"),
  getConnection: (id: string): Promise<Connection> => call("get_connection", { id }),
  parseConnection: (text: string): Promise<ParsedConnection> => call("parse_connection", { text }),
  readClipboardConnection: (): Promise<ParsedConnection | null> => call("read_clipboard_connection"),
  readCertificateFile: (path: string): Promise<CertificateFile> => call("read_certificate_file", { path }),
  readClientKeyFile: (path: string): Promise<string> => call("read_client_key_file", { path }),
  saveConnection: (draft: ConnectionDraft): Promise<Connection> => call("save_connection", { draft }),
  duplicateConnection: (id: string): Promise<Connection> => call("duplicate_connection", { id }),
  deleteConnection: (id: string): Promise<void> => call("delete_connection", { id }),
  reorderConnections: (ids: Array<string>): Promise<void> => call("reorder_connections", { ids }),
  connectCluster: (id: string): Promise<OpenedCluster> => call("connect_cluster", { id }),
  disconnectCluster: (id: string): Promise<void> => call("disconnect_cluster", { id }),
  provideSecret: (id: string, kind: SecretKind, value: string, keep: KeepSecret): Promise<void> =>
    call("provide_secret", { id, kind, value, keep }),
  getKeyringState: (): Promise<KeyringState> => call("get_keyring_state"),
  retryKeyring: (): Promise<KeyringState> => call("retry_keyring"),
  startPracticeCluster: (): Promise<Connection> => call("start_practice_cluster"),
};
