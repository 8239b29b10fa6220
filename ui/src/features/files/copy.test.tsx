import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, failure, mockBackend, opened, renderApp } from "../../../tests/app";
import { expectAccessible } from "../../../tests/axe";
import { aBackupList, aCollection, aFile, aFolder, aTransferPlan, store } from "../../../tests/wire";

const staging = aConnection("c1", { name: "acme-staging", environment: "staging" });
const prod = aConnection("c2", { name: "acme-prod", environment: "production" });
const archive = aConnection("c3", { name: "acme-archive", readOnly: true });

type Answers = Parameters<typeof mockBackend>[0];

function atFiles(answers: Answers, connections = [staging, prod, archive]) {
  return mockBackend({
    list_connections: () => ({ connections, healed: null }),
    connect_cluster: ({ id }) => opened(connections.find((each) => each.id === id) ?? staging),
    list_userfile_stores: () => [{ store, own: true, exists: true }],
    list_userfiles: () => aFolder([aFile("exports/customers.csv"), aFile("exports/orders.csv")]),
    list_collections: () => [aCollection()],
    list_backups: () => aBackupList(),
    ...answers,
  });
}

const sentOf = (backend: ReturnType<typeof mockBackend>, command: string) =>
  backend.sent.filter(([sent]) => sent === command).map(([, args]) => args);
const row = (name: RegExp) => screen.findByRole("row", { name });

async function copyCustomers(user: ReturnType<typeof userEvent.setup>) {
  await user.click(await row(/^customers\.csv/));
  await user.click(screen.getByRole("button", { name: "Copy…" }));
  return screen.findByRole("dialog", { name: "Copy customers.csv" });
}

async function choose(user: ReturnType<typeof userEvent.setup>, field: RegExp, option: RegExp) {
  await user.click(screen.getByRole("button", { name: field }));
  await user.click(await screen.findByRole("option", { name: option }));
}

describe("a copy in the cluster", () => {
  it("gets a free name proposed, and takes another", async () => {
    const user = userEvent.setup();
    const backend = atFiles({ start_copy: () => "job-1" });
    renderApp("/clusters/c1/files");
    const dialog = await copyCustomers(user);
    const field = within(dialog).getByRole("textbox", { name: "Name of the copy" });
    expect(field).toHaveValue("exports/customers (2).csv");
    await expectAccessible();
    await user.clear(field);
    await user.type(field, "exports/customers.csv");
    expect(within(dialog).getByText("That is its own name.")).toBeVisible();
    await user.clear(field);
    await user.type(field, "kept/customers.csv{Enter}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(sentOf(backend, "start_copy")).toEqual([
      {
        connection: "c1",
        request: { store: null, moves: [{ from: "exports/customers.csv", to: "kept/customers.csv" }] },
      },
    ]);
  });

  it("of several goes into a folder", async () => {
    const user = userEvent.setup();
    const backend = atFiles({ start_copy: () => "job-1" });
    renderApp("/clusters/c1/files");
    await user.click(await row(/^customers\.csv/));
    await user.keyboard("{Control>}");
    await user.click(await row(/^orders\.csv/));
    await user.keyboard("{/Control}");
    await user.click(screen.getByRole("button", { name: "Copy…" }));
    const field = await screen.findByRole("textbox", { name: "Folder" });
    expect(screen.getByText("They are in this folder already.")).toBeVisible();
    await user.clear(field);
    await user.type(field, "kept{Enter}");
    await waitFor(() =>
      expect(sentOf(backend, "start_copy")[0]?.request).toMatchObject({
        moves: [{ to: "kept/customers.csv" }, { to: "kept/orders.csv" }],
      }),
    );
  });
});

describe("a copy to another cluster", () => {
  it("opens the cluster that is chosen, shows its plan with conflicts, and starts with the answers", async () => {
    const user = userEvent.setup();
    const conflict = {
      source: "exports/customers.csv",
      target: "kept/customers.csv",
      sourceBytes: 1024,
      sourceTime: "2026-11-23T12:00:00Z",
      targetBytes: 2048,
      targetTime: "2026-11-23T10:00:00Z",
      contents: "different" as const,
    };
    const backend = atFiles({
      plan_copy_to_cluster: () =>
        aTransferPlan({
          files: 1,
          target: "kept/",
          conflictCount: 1,
          conflicts: [conflict],
          typeToReplace: "acme-prod",
        }),
      start_copy_to_cluster: () => "job-1",
    });
    renderApp("/clusters/c1/files");
    const dialog = await copyCustomers(user);
    await user.click(within(dialog).getByRole("radio", { name: /To another cluster/ }));
    await choose(user, /Cluster/, /acme-prod/);
    const folder = await screen.findByRole("textbox", { name: /Folder/ });
    expect(screen.getByText("acme-prod is a production cluster")).toBeVisible();
    await user.clear(folder);
    await user.type(folder, "kept");
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "See what would be copied" }));
    const plan = await screen.findByRole("alertdialog", { name: "Copy customers.csv to acme-prod?" });
    expect(sentOf(backend, "plan_copy_to_cluster")[0]?.request).toEqual({
      store: null,
      paths: ["exports/customers.csv"],
      targetConnection: "c2",
      targetStore: null,
      targetFolder: "kept/",
    });
    expect(plan).toHaveTextContent("On acme-prod2.0 KiB");
    expect(sentOf(backend, "start_copy_to_cluster")).toHaveLength(0);
    await expectAccessible();
    await user.click(within(plan).getByRole("radio", { name: /Replace/ }));
    expect(within(plan).getByRole("button", { name: "Copy and replace 1 file" })).toBeDisabled();
    await user.type(within(plan).getByRole("textbox", { name: "Name of the connection" }), "acme-prod");
    await user.click(within(plan).getByRole("button", { name: "Copy and replace 1 file" }));
    await waitFor(() =>
      expect(sentOf(backend, "start_copy_to_cluster")).toEqual([
        { plan: "plan-1", choices: { all: "replace", each: {} }, typed: "acme-prod" },
      ]),
    );
  });

  it("cannot go to a read-only connection, and says when there is no other at all", async () => {
    const user = userEvent.setup();
    atFiles({}, [staging, archive]);
    renderApp("/clusters/c1/files");
    const dialog = await copyCustomers(user);
    await user.click(within(dialog).getByRole("radio", { name: /To another cluster/ }));
    await user.click(screen.getByRole("button", { name: /Cluster/ }));
    expect(await screen.findByRole("option", { name: /acme-archive/ })).toHaveAttribute(
      "aria-disabled",
      "true",
    );
  });

  it("says where a password that is not at hand can be given", async () => {
    const user = userEvent.setup();
    atFiles({
      connect_cluster: ({ id }) => {
        if (id === "c1") return opened(staging);
        throw failure({ code: "secretNeeded", message: "acme-prod asks for its password." });
      },
    });
    renderApp("/clusters/c1/files");
    const dialog = await copyCustomers(user);
    await user.click(within(dialog).getByRole("radio", { name: /To another cluster/ }));
    await choose(user, /Cluster/, /acme-prod/);
    expect(await screen.findByText(/Open acme-prod once from the list/)).toBeVisible();
    expect(screen.getByRole("button", { name: "See what would be copied" })).toBeDisabled();
  });

  it("is reached from a backup collection, and explains its order", async () => {
    const user = userEvent.setup();
    atFiles({ plan_copy_to_cluster: () => aTransferPlan({ files: 42 }) });
    renderApp("/clusters/c1/backups");
    await user.click(await screen.findByRole("button", { name: "Copy bank-backup…" }));
    await screen.findByRole("dialog", { name: "Copy bank-backup" });
    await choose(user, /Cluster/, /acme-prod/);
    await screen.findByRole("textbox", { name: /Folder/ });
    await user.click(screen.getByRole("button", { name: "See what would be copied" }));
    expect(await screen.findByText(/data goes first and its index last/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Back" }));
    expect(await screen.findByRole("dialog", { name: "Copy bank-backup" })).toBeVisible();
  });

  it("that is given up leads back to the backups, where it was asked for", async () => {
    const user = userEvent.setup();
    atFiles({});
    const router = renderApp("/clusters/c1/backups");
    await user.click(await screen.findByRole("button", { name: "Copy bank-backup…" }));
    expect(await screen.findByRole("dialog", { name: "Copy bank-backup" })).toBeVisible();
    expect(router.state.location.pathname).toBe("/clusters/c1/files");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.getByRole("heading", { name: "Backups" })).toHaveFocus());
    expect(router.state.location.pathname).toBe("/clusters/c1/backups");
    expect(screen.queryByRole("dialog")).toBeNull();
  });
});
