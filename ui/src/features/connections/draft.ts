/** The form of a connection as a value: what it starts from, and what it sends. */
import type {
  Certificate,
  Connection,
  ConnectionDraft,
  ConnectionFields,
  FormNote,
  ParsedConnection,
  SecretInput,
  SecretState,
} from "../../ipc/bindings";

/** How a secret shall be had when it is needed. */
export type SecretMode = "keyring" | "askEachTime" | "none";

export interface SecretForm {
  mode: SecretMode;
  typed: string;
  /** Of a secret that came with a paste or a file and waits in the back end. */
  handle: string | null;
  /** What is kept now; `none` for a new connection. */
  saved: SecretState;
}

export interface ConnectionForm {
  id: string | null;
  fields: ConnectionFields;
  /** As typed: it may not be a number yet. */
  port: string;
  password: SecretForm;
  clientKey: SecretForm;
  ca: Certificate[];
  clientCert: Certificate[];
  notes: FormNote[];
  /** The name that came with the last paste; null when nothing in the form was pasted. */
  pastedName: string | null;
}

const emptyFields: ConnectionFields = {
  name: "",
  host: "",
  port: 26257,
  user: "",
  database: "defaultdb",
  tls: "verify-full",
  caPem: null,
  clientCertPem: null,
  clusterOption: null,
  jwt: false,
  environment: "development",
  readOnly: false,
  colour: null,
  group: null,
  note: "",
  favourite: false,
};

function secret(mode: SecretMode, saved: SecretState, handle: string | null = null): SecretForm {
  return { mode, typed: "", handle, saved };
}

export function emptyForm(): ConnectionForm {
  return {
    id: null,
    fields: emptyFields,
    port: "26257",
    password: secret("keyring", "none"),
    clientKey: secret("none", "none"),
    ca: [],
    clientCert: [],
    notes: [],
    pastedName: null,
  };
}

/** A secret that is still to be given is meant for the keyring. */
function modeOf(saved: SecretState): SecretMode {
  return saved === "notGiven" ? "keyring" : saved;
}

export function formOf(connection: Connection): ConnectionForm {
  return {
    id: connection.id,
    fields: connection.fields,
    port: String(connection.fields.port),
    password: secret(modeOf(connection.password), connection.password),
    clientKey: secret(modeOf(connection.clientKey), connection.clientKey),
    ca: connection.ca,
    clientCert: connection.clientCert,
    notes: [],
    pastedName: null,
  };
}

/** What no connection string knows: the person's own marks, and a name that was typed. */
function ownMarks({ fields, pastedName }: ConnectionForm) {
  const { name, environment, readOnly, colour, group, note, favourite } = fields;
  return { name: name === pastedName ? "" : name, environment, readOnly, colour, group, note, favourite };
}

/**
 * A pasted text in the form. What it cannot know (name, colour, group, care) stays as it was typed before; the rest
 * is replaced as a whole, so that nothing of another cluster is left standing.
 */
export function pastedInto(form: ConnectionForm, parsed: ParsedConnection): ConnectionForm {
  const own = ownMarks(form);
  // A client certificate takes its place, and a cluster without encryption knows none.
  const needsNone = parsed.fields.clientCertPem !== null || parsed.fields.tls === "disable";
  const passwordMode = parsed.password === null && needsNone ? "none" : "keyring";
  return {
    id: form.id,
    fields: {
      ...parsed.fields,
      ...own,
      name: own.name || parsed.fields.name,
    },
    port: String(parsed.fields.port),
    password: secret(passwordMode, form.password.saved, parsed.password),
    clientKey: secret(parsed.clientKey === null ? "none" : "keyring", form.clientKey.saved, parsed.clientKey),
    ca: parsed.ca,
    clientCert: parsed.clientCert,
    notes: parsed.notes,
    pastedName: parsed.fields.name,
  };
}

/**
 * The form after a paste that was not understood: what an earlier paste filled in is gone, because the next thing a
 * person does would otherwise happen to the former cluster, with its password.
 */
export function withoutPaste(form: ConnectionForm): ConnectionForm {
  if (form.pastedName === null) return form;
  const blank = emptyForm();
  return {
    ...blank,
    id: form.id,
    fields: { ...blank.fields, ...ownMarks(form) },
    password: secret(blank.password.mode, form.password.saved),
    clientKey: secret(blank.clientKey.mode, form.clientKey.saved),
  };
}

function secretInput({ mode, typed, handle, saved }: SecretForm): SecretInput {
  if (mode === "none") return saved === "none" ? { kind: "unchanged" } : { kind: "remove" };
  const keep = mode === "keyring" ? "keyring" : "memory";
  if (typed !== "") return { kind: "typed", value: typed, keep };
  if (handle !== null) return { kind: "staged", handle, keep };
  if (saved !== "none" && mode === modeOf(saved)) return { kind: "unchanged" };
  // Chosen to be kept, but not given yet: the first connect asks for it, and keeps it.
  return { kind: mode === "keyring" ? "notGiven" : "askEachTime" };
}

export function draftOf(form: ConnectionForm): ConnectionDraft {
  return {
    id: form.id,
    fields: { ...form.fields, port: portOf(form.port) ?? 0 },
    password: secretInput(form.password),
    clientKey: secretInput(form.clientKey),
  };
}

/** What is still to be filled in before a login makes sense, first things first. */
export function missingPart(form: ConnectionForm): "host" | "user" | "password" | null {
  const { fields, password, clientCert } = form;
  if (fields.host.trim() === "") return "host";
  if (fields.user.trim() === "") return "user";
  const isKnown = password.typed !== "" || password.handle !== null || password.saved === "keyring";
  // Insecure clusters and client certificates need none.
  const isNeeded = password.mode !== "none" && fields.tls !== "disable" && clientCert.length === 0;
  return isNeeded && !isKnown ? "password" : null;
}

/** Whether leaving the form would lose something that was typed, chosen or pasted into it. */
export function isEdited(form: ConnectionForm, start: ConnectionForm): boolean {
  const kept = ({ notes, pastedName, ...rest }: ConnectionForm) => JSON.stringify(rest);
  return kept(form) !== kept(start);
}

/** Whether a test of the one draft says nothing about the other: it would be another login at another place. */
export function isAnotherLogin(one: ConnectionDraft, other: ConnectionDraft): boolean {
  const login = ({ fields, password, clientKey }: ConnectionDraft) => {
    const { host, port, user, database, tls, caPem, clientCertPem, clusterOption, jwt } = fields;
    return JSON.stringify([
      [host, port, user, database, tls, caPem, clientCertPem, clusterOption, jwt],
      [password, clientKey],
    ]);
  };
  return login(one) !== login(other);
}

/** What was said of fields that are still as they were when it was said. */
export function standing(
  errors: { [part in string]: string } | undefined,
  sent: ConnectionDraft | undefined,
  now: ConnectionDraft,
): { [part in string]: string } {
  const told = ({ fields, ...secrets }: ConnectionDraft, part: string) =>
    JSON.stringify(({ ...fields, ...secrets } as Record<string, unknown>)[part]);
  return Object.fromEntries(
    Object.entries(errors ?? {}).filter(([part]) => sent && told(sent, part) === told(now, part)),
  );
}

/** The port, or null when the text is none. */
export function portOf(text: string): number | null {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return port >= 1 && port <= 65535 ? port : null;
}
