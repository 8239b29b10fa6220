import { describe, expect, it } from "vitest";
import { aConnection } from "../../../tests/app";
import type { Connection, ParsedConnection } from "../../ipc/bindings";
import {
  draftOf,
  emptyForm,
  formOf,
  isAnotherLogin,
  isEdited,
  missingPart,
  pastedInto,
  portOf,
  withoutPaste,
} from "./draft";

const parsed: ParsedConnection = {
  fields: {
    ...emptyForm().fields,
    name: "blue-dog-147",
    host: "blue-dog-147.6wr.cockroachlabs.cloud",
    user: "ada",
  },
  password: "handle-1",
  clientKey: null,
  ca: [],
  clientCert: [],
  notes: [],
};

const saved: Connection = {
  id: "c1",
  fields: { ...emptyForm().fields, name: "acme", host: "old.example", user: "ada", colour: "teal" },
  password: "keyring",
  clientKey: "none",
  ca: [],
  clientCert: [],
  createdAt: "2026-11-23T10:00:00Z",
  lastUsedAt: null,
  open: false,
};

describe("a form of a connection", () => {
  it("sends the handle of a pasted password, never the password", () => {
    const draft = draftOf(pastedInto(emptyForm(), parsed));
    expect(draft.password).toEqual({ kind: "staged", handle: "handle-1", keep: "keyring" });
    expect(draft.fields.name).toBe("blue-dog-147");
  });

  it("prefers what was typed to what was pasted", () => {
    const form = pastedInto(emptyForm(), parsed);
    const draft = draftOf({ ...form, password: { ...form.password, typed: "hunter2", mode: "askEachTime" } });
    expect(draft.password).toEqual({ kind: "typed", value: "hunter2", keep: "memory" });
  });

  it("leaves secrets alone when only other fields were edited", () => {
    expect(draftOf(formOf(saved))).toMatchObject({
      id: "c1",
      password: { kind: "unchanged" },
      clientKey: { kind: "unchanged" },
    });
  });

  it("removes a kept password when none is needed any more", () => {
    const form = formOf(saved);
    expect(draftOf({ ...form, password: { ...form.password, mode: "none" } }).password).toEqual({
      kind: "remove",
    });
  });

  it("asks at the first connect when no password was given", () => {
    expect(draftOf(emptyForm()).password).toEqual({ kind: "notGiven" });
  });

  it("keeps the person's own marks when another address is pasted over", () => {
    const form = pastedInto(formOf(saved), parsed);
    expect(form.fields).toMatchObject({
      name: "acme",
      colour: "teal",
      host: "blue-dog-147.6wr.cockroachlabs.cloud",
    });
  });

  it("lets the name of the former paste go with it, and keeps a typed one", () => {
    const other = { ...parsed, fields: { ...parsed.fields, name: "red-cat", host: "red-cat.example" } };
    const form = pastedInto(emptyForm(), parsed);
    expect(pastedInto(form, other).fields.name).toBe("red-cat");
    const typed = { ...form, fields: { ...form.fields, name: "acme" } };
    expect(pastedInto(typed, other).fields.name).toBe("acme");
  });

  it("keeps nothing of the former paste when the next one is not understood", () => {
    const form = pastedInto(emptyForm(), {
      ...parsed,
      notes: [{ part: "tls", sentence: "sslmode=require encrypts only." }],
    });
    const marked = { ...form, fields: { ...form.fields, colour: "teal" as const, note: "Ask Ann" } };
    const left = withoutPaste(marked);
    expect(left).toEqual({
      ...emptyForm(),
      fields: { ...emptyForm().fields, colour: "teal", note: "Ask Ann" },
    });
    expect(draftOf(left).password).toEqual({ kind: "notGiven" });
  });

  it("keeps what was typed by hand when a paste is not understood", () => {
    const form = { ...emptyForm(), fields: { ...emptyForm().fields, host: "db.example.com" } };
    expect(withoutPaste(form)).toBe(form);
  });

  it("is another login with another host or password, and the same one under another name", () => {
    const form = pastedInto(emptyForm(), parsed);
    const renamed = { ...form, fields: { ...form.fields, name: "acme", colour: "teal" as const } };
    const elsewhere = { ...form, fields: { ...form.fields, host: "red-cat.example" } };
    const typed = { ...form, password: { ...form.password, typed: "hunter2" } };
    const differs = (other: typeof form) => isAnotherLogin(draftOf(form), draftOf(other));
    expect([renamed, elsewhere, typed].map(differs)).toEqual([false, true, true]);
  });

  it("needs no password with a client certificate alone", () => {
    const withCert = {
      ...parsed,
      password: null,
      fields: { ...parsed.fields, clientCertPem: "PEM" },
      clientKey: "h",
    };
    const draft = draftOf(pastedInto(emptyForm(), withCert));
    expect(draft.password).toEqual({ kind: "unchanged" });
    expect(draft.clientKey).toEqual({ kind: "staged", handle: "h", keep: "keyring" });
  });

  it("needs none without encryption either, unless one was pasted", () => {
    const insecure = { ...parsed, password: null, fields: { ...parsed.fields, tls: "disable" as const } };
    expect(draftOf(pastedInto(emptyForm(), insecure)).password).toEqual({ kind: "unchanged" });
    const given = pastedInto(emptyForm(), { ...insecure, password: "h" });
    expect(draftOf(given).password).toEqual({ kind: "staged", handle: "h", keep: "keyring" });
  });

  it.each([
    ["26257", 26257],
    [" 5432 ", 5432],
    ["0", null],
    ["65536", null],
    ["2e3", null],
    ["", null],
  ])("reads the port %j as %j", (text, port) => {
    expect(portOf(text)).toBe(port);
  });
});

describe("what is still missing", () => {
  const complete = () => {
    const form = emptyForm();
    return { ...form, fields: { ...form.fields, host: "db.example", user: "ada" } };
  };

  it("is named first things first", () => {
    const form = complete();
    expect(missingPart(emptyForm())).toBe("host");
    expect(missingPart({ ...form, fields: { ...form.fields, user: " " } })).toBe("user");
    expect(missingPart(form)).toBe("password");
    expect(missingPart({ ...form, password: { ...form.password, handle: "h" } })).toBeNull();
  });

  it("is no password where none is used", () => {
    const form = complete();
    expect(missingPart({ ...form, fields: { ...form.fields, tls: "disable" } })).toBeNull();
    expect(missingPart({ ...form, password: { ...form.password, mode: "none" } })).toBeNull();
  });
});

it("leaves a secret that is still to be given as it is, and tells an edit from none", () => {
  const start = formOf(aConnection("c1", {}, { password: "notGiven" }));
  expect(start.password.mode).toBe("keyring");
  expect(draftOf(start).password).toEqual({ kind: "unchanged" });
  expect(isEdited({ ...start, notes: [] }, start)).toBe(false);
  expect(isEdited({ ...start, port: "26258" }, start)).toBe(true);
});
