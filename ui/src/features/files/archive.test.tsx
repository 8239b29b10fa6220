import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, failure, mockBackend, opened, renderApp } from "../../../tests/app";
import { expectAccessible } from "../../../tests/axe";
import { aFile, aFolder, aTransferPlan, store } from "../../../tests/wire";

const staging = aConnection("c1", { name: "acme-staging", environment: "staging" });

type Answers = Parameters<typeof mockBackend>[0];

function atFiles(answers: Answers) {
  const backend = mockBackend({
    list_connections: () => ({ connections: [staging], healed: null }),
    connect_cluster: () => opened(staging),
    list_userfile_stores: () => [{ store, own: true, exists: true }],
    list_userfiles: () => aFolder([aFile("customers.csv")]),
    "plugin:dialog|open": () => "/home/ada/kept",
    ...answers,
  });
  renderApp("/clusters/c1/files");
  return backend;
}

const sentOf = (backend: ReturnType<typeof mockBackend>, command: string) =>
  backend.sent.filter(([sent]) => sent === command).map(([, args]) => args);

async function choose(user: ReturnType<typeof userEvent.setup>, menu: string, item: RegExp) {
  await user.click(await screen.findByRole("button", { name: menu }));
  await user.click(await screen.findByRole("menuitem", { name: item }));
}

describe("an archive", () => {
  it("is planned before it is made, and says where it will be", async () => {
    const user = userEvent.setup();
    const backend = atFiles({
      plan_export: () => aTransferPlan({ target: "/home/ada/kept/customers-2026-11-23" }),
      start_export: () => "job-1",
    });
    await user.click(await screen.findByRole("row", { name: /^customers\.csv/ }));
    await choose(user, "More for the selection", /Export…/);
    const dialog = await screen.findByRole("dialog", { name: "Export 1 file?" });
    expect(within(dialog).getByText("/home/ada/kept/customers-2026-11-23")).toBeVisible();
    expect(sentOf(backend, "plan_export")[0]?.request).toEqual({
      store: null,
      paths: ["customers.csv"],
      folder: "/home/ada/kept",
    });
    await expectAccessible();
    await user.click(within(dialog).getByRole("button", { name: "Export" }));
    await waitFor(() => expect(sentOf(backend, "start_export")).toEqual([{ plan: "plan-1" }]));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("is brought in after its origin, its conflicts and its missing files were shown", async () => {
    const user = userEvent.setup();
    const conflict = {
      source: "customers.csv",
      target: "customers.csv",
      sourceBytes: 1024,
      sourceTime: null,
      targetBytes: 2048,
      targetTime: null,
      contents: "different" as const,
    };
    const backend = atFiles({
      plan_import: () => ({
        exportedAt: "2026-11-20T10:00:00Z",
        exportedFrom: "defaultdb.public.userfiles_bob",
        clusterVersion: "CockroachDB CCL v25.4.2",
        transfer: aTransferPlan({
          files: 3,
          conflictCount: 1,
          conflicts: [conflict],
          leftOut: [{ path: "gone.csv", why: "it is not in the archive" }],
        }),
      }),
      start_import: () => "job-1",
    });
    await screen.findByRole("row", { name: /^customers\.csv/ });
    await choose(user, "More for files", /Import…/);
    const dialog = await screen.findByRole("alertdialog", { name: "Import 3 files from an archive?" });
    expect(within(dialog).getByText("userfile://defaultdb.public.userfiles_bob")).toBeVisible();
    expect(within(dialog).getByText("1 file not as exported, and will be refused")).toBeVisible();
    await expectAccessible();
    await user.click(within(dialog).getByRole("radio", { name: /Replace/ }));
    await user.click(within(dialog).getByRole("button", { name: "Import and replace 1 file" }));
    await waitFor(() =>
      expect(sentOf(backend, "start_import")).toEqual([
        { plan: "plan-1", choices: { all: "replace", each: {} }, typed: null },
      ]),
    );
  });

  it("that is none is refused in place", async () => {
    const user = userEvent.setup();
    atFiles({
      plan_import: () => {
        throw failure({ code: "invalidInput", message: "This folder is not an archive." });
      },
    });
    await screen.findByRole("row", { name: /^customers\.csv/ });
    await choose(user, "More for files", /Import…/);
    expect(await screen.findByText("This folder is not an archive.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Dismiss" }));
    expect(screen.queryByText("This folder is not an archive.")).toBeNull();
  });
});
