import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, failure, mockBackend, renderApp } from "../../../tests/app";
import { expectAccessible } from "../../../tests/axe";
import type { ConnectionImportEntry } from "../../ipc/bindings";

const acme = aConnection("c1", { name: "acme" });
const practice = aConnection("c2", { name: "Practice cluster", environment: "practice" });
const list = { list_connections: () => ({ connections: [acme, practice], healed: null }) };

const entry = (name: string, rest: Partial<ConnectionImportEntry> = {}): ConnectionImportEntry => ({
  fields: { ...acme.fields, name },
  ca: [],
  bringsSecrets: false,
  sameAs: null,
  refused: null,
  ...rest,
});

async function openMenu(user: ReturnType<typeof userEvent.setup>, item: string) {
  await user.click(await screen.findByRole("button", { name: "More for connections" }));
  await user.click(await screen.findByRole("menuitem", { name: item }));
}

describe("exporting connections", () => {
  it("leaves the practice cluster at home and writes no secrets unless asked to", async () => {
    const user = userEvent.setup();
    const backend = mockBackend({
      ...list,
      "plugin:dialog|save": () => "/home/ada/connections.json",
      export_connections: () => ({ connections: 1, withoutSecret: [] }),
    });
    renderApp("/");
    await openMenu(user, "Export…");
    const dialog = await screen.findByRole("dialog", { name: "Export connections" });
    expect(within(dialog).queryByText("Practice cluster")).toBeNull();
    await expectAccessible();
    await user.click(within(dialog).getByRole("button", { name: "Export 1 connection…" }));
    expect(await screen.findByText("1 connection exported.")).toBeVisible();
    expect(backend.sent.find(([command]) => command === "export_connections")?.[1]).toEqual({
      ids: ["c1"],
      path: "/home/ada/connections.json",
      passphrase: null,
    });
  });

  it("asks for a passphrase twice where secrets go along, and tells whose are missing", async () => {
    const user = userEvent.setup();
    const backend = mockBackend({
      ...list,
      "plugin:dialog|save": () => "/home/ada/connections.age",
      export_connections: () => ({ connections: 1, withoutSecret: ["acme"] }),
    });
    renderApp("/");
    await openMenu(user, "Export…");
    await user.click(await screen.findByRole("radio", { name: /Secrets too/ }));
    await user.type(screen.getByLabelText("Passphrase"), "correct horse");
    await user.type(screen.getByLabelText("The same once more"), "correct house");
    await user.click(screen.getByRole("button", { name: "Export 1 connection…" }));
    expect(await screen.findByText("The two are not the same.")).toBeVisible();
    expect(backend.sent.some(([command]) => command === "export_connections")).toBe(false);
    await user.clear(screen.getByLabelText("The same once more"));
    await user.type(screen.getByLabelText("The same once more"), "correct horse{Enter}");
    expect(await screen.findByText("Some secrets are not in the file")).toBeVisible();
  });
});

describe("importing connections", () => {
  it("takes all new ones or none of many at one press", async () => {
    const user = userEvent.setup();
    const names = ["one", "two", "three", "four"];
    mockBackend({
      ...list,
      "plugin:dialog|open": () => "/home/ada/connections.json",
      plan_import_connections: () => ({
        id: "plan-1",
        entries: [...names.map((name) => entry(name)), entry("known", { sameAs: "c1" })],
      }),
    });
    renderApp("/");
    await openMenu(user, "Import a file…");
    await user.click(await screen.findByRole("button", { name: "None" }));
    expect(screen.getByRole("button", { name: "Import 0 connections" })).toBeDisabled();
    await user.click(screen.getByRole("button", { name: "All new ones" }));
    expect(screen.getByRole("button", { name: "Import 4 connections" })).toBeEnabled();
  });

  it("shows first what would happen, and never overwrites by itself", async () => {
    const user = userEvent.setup();
    const backend = mockBackend({
      ...list,
      "plugin:dialog|open": () => "/home/ada/connections.json",
      plan_import_connections: () => ({
        id: "plan-1",
        entries: [
          entry("billing"),
          entry("acme", { sameAs: "c1" }),
          entry("odd", { refused: "A NUL character cannot be part of this." }),
        ],
      }),
      import_connections: () => 1,
    });
    renderApp("/");
    await openMenu(user, "Import a file…");
    const dialog = await screen.findByRole("dialog", { name: "3 connections in this file" });
    expect(within(dialog).getByText("You already have a connection to the same database.")).toBeVisible();
    expect(within(dialog).getByText(/Left out: A NUL character/)).toBeVisible();
    await expectAccessible();
    await user.click(within(dialog).getByRole("button", { name: "Import 1 connection" }));
    expect(await screen.findByText("1 connection imported.")).toBeVisible();
    expect(backend.sent.find(([command]) => command === "import_connections")?.[1]).toMatchObject({
      plan: "plan-1",
      choices: ["add", "skip", "skip"],
    });
  });

  it("asks for the passphrase, says when it is wrong, and forgets the plan when it is not wanted", async () => {
    const user = userEvent.setup();
    const backend = mockBackend({
      ...list,
      "plugin:dialog|open": () => "/home/ada/connections.age",
      plan_import_connections: ({ passphrase }) => {
        if (passphrase === null) throw failure({ code: "secretNeeded", message: "This file is encrypted." });
        if (passphrase !== "correct horse")
          throw failure({ code: "auth", message: "The passphrase does not open this file." });
        return { id: "plan-2", entries: [entry("billing", { bringsSecrets: true })] };
      },
      discard_connection_import: () => null,
    });
    renderApp("/");
    await openMenu(user, "Import a file…");
    await user.type(await screen.findByLabelText("Passphrase"), "correct house{Enter}");
    expect(await screen.findByText("This passphrase does not open the file.")).toBeVisible();
    await user.clear(screen.getByLabelText("Passphrase"));
    await user.type(screen.getByLabelText("Passphrase"), "correct horse{Enter}");
    const dialog = await screen.findByRole("dialog", { name: "1 connection in this file" });
    expect(within(dialog).getByRole("radio", { name: "In this computer's keyring" })).toBeChecked();
    await user.click(within(dialog).getByRole("button", { name: "Cancel" }));
    expect(backend.sent.find(([command]) => command === "discard_connection_import")?.[1]).toEqual({
      plan: "plan-2",
    });
  });
});

describe("the clipboard", () => {
  it("is offered for what it is, and taken only when the person says so", async () => {
    const user = userEvent.setup();
    const backend = mockBackend({
      ...list,
      get_clipboard_offer: () => ({ host: "blue-dog-147.6wr.cockroachlabs.cloud", user: "ada" }),
      read_clipboard_connection: () => ({
        fields: { ...acme.fields, host: "blue-dog-147.6wr.cockroachlabs.cloud" },
        password: "handle-1",
        clientKey: null,
        ca: [],
        clientCert: [],
        notes: [],
      }),
      get_keyring_state: () => ({
        status: "ready",
        name: "Keyring",
        message: null,
        hint: null,
        detail: null,
      }),
    });
    document.hasFocus = () => true;
    renderApp("/connections/new");
    expect(await screen.findByText("ada at blue-dog-147.6wr.cockroachlabs.cloud")).toBeVisible();
    expect(backend.sent.some(([command]) => command === "read_clipboard_connection")).toBe(false);
    await user.click(screen.getByRole("button", { name: "Use it" }));
    expect(await screen.findByDisplayValue("blue-dog-147.6wr.cockroachlabs.cloud")).toBeVisible();
    expect(screen.queryByText("There is a connection string in the clipboard")).toBeNull();
  });
});
