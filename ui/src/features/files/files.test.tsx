import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, aJob, failure, mockBackend, opened, renderApp } from "../../../tests/app";
import { expectAccessible } from "../../../tests/axe";
import { aFile, aFolder, aRenamePlan, aTransferPlan, store } from "../../../tests/wire";
import type { UserfileEntry } from "../../ipc/bindings";

const staging = aConnection("c1", { name: "acme-staging", environment: "staging" });
const production = aConnection("c1", { name: "acme-prod", environment: "production" });
const readOnly = aConnection("c1", { name: "acme-staging", environment: "staging", readOnly: true });

const customers = aFile("customers.csv", { sizeBytes: 14_889_779 });
const old = aFile("customers-old.csv", { sizeBytes: 14_575_206 });
const exports: UserfileEntry = {
  kind: "folder",
  name: "exports",
  path: "exports/",
  files: 31,
  sizeBytes: 222_298_112,
  newest: null,
};
const collection: UserfileEntry = {
  kind: "collection",
  name: "bank-backup",
  path: "bank-backup/",
  backups: 3,
  files: 42,
  sizeBytes: 1_181_116_006,
  newest: null,
};

type Answers = Parameters<typeof mockBackend>[0];

function atFiles(answers: Answers, connection = staging) {
  return mockBackend({
    list_connections: () => ({ connections: [connection], healed: null }),
    connect_cluster: () => opened(connection),
    list_userfile_stores: () => [{ store, own: true, exists: true }],
    list_userfiles: () => aFolder([exports, collection, customers, old]),
    list_collections: () => [],
    ...answers,
  });
}

const sentOf = (backend: ReturnType<typeof mockBackend>, command: string) =>
  backend.sent.filter(([sent]) => sent === command).map(([, args]) => args);
const row = (name: RegExp) => screen.findByRole("row", { name });

describe("the files", () => {
  it("are listed with folders, collections, sizes and totals", async () => {
    atFiles({});
    renderApp("/clusters/c1/files");
    expect(await row(/^customers\.csv, 14\.2 MiB/)).toBeVisible();
    expect(await row(/^exports, folder, 31 files/)).toBeVisible();
    expect(within(await row(/^bank-backup, backup collection/)).getByText("3 backups")).toBeVisible();
    expect(screen.getByText("Your files · userfiles_ada")).toBeVisible();
    await expectAccessible();
  });

  it("say what they are when there are none, and offer the first upload", async () => {
    atFiles({ list_userfiles: () => aFolder([]) });
    renderApp("/clusters/c1/files");
    expect(await screen.findByRole("heading", { name: "No files yet" })).toBeVisible();
    expect(screen.getAllByRole("button", { name: "Upload…" }).length).toBeGreaterThan(0);
    await expectAccessible();
  });

  it("open folder by folder, and back by the crumbs", async () => {
    const user = userEvent.setup();
    const backend = atFiles({});
    renderApp("/clusters/c1/files");
    await user.click(within(await row(/^exports/)).getByRole("button", { name: "exports" }));
    await waitFor(() =>
      expect(sentOf(backend, "list_userfiles").at(-1)?.request).toMatchObject({ folder: "exports/" }),
    );
    await user.click(screen.getByRole("button", { name: "All files" }));
    expect(await row(/^exports/)).toBeVisible();
  });

  it("tell which grant is missing, where they would be", async () => {
    atFiles({
      list_userfiles: () => {
        throw failure({
          code: "noPrivilege",
          message: "ada may not read these files.",
          hint: "Ask for: GRANT SELECT",
        });
      },
    });
    renderApp("/clusters/c1/files");
    expect(await screen.findByText("Ask for: GRANT SELECT")).toBeVisible();
  });

  it("of a read-only connection can be downloaded, and nothing else", async () => {
    const user = userEvent.setup();
    atFiles({}, readOnly);
    renderApp("/clusters/c1/files");
    await user.click(await row(/^customers\.csv/));
    expect(screen.getByText("This connection is read-only")).toBeVisible();
    expect(screen.getByRole("button", { name: "Upload…" })).toBeDisabled();
    expect(screen.getByRole("button", { name: "Delete…" })).toBeDisabled();
    expect(screen.getByRole("button", { name: "Download…" })).toBeEnabled();
  });

  it("of a large folder are fetched as they come into view, and all when all are selected", async () => {
    const user = userEvent.setup();
    const all = Array.from({ length: 1200 }, (_, at) => aFile(`part-${String(at).padStart(4, "0")}.csv`));
    const backend = atFiles({
      list_userfiles: ({ request }) => {
        const { offset, limit } = request as { offset: number; limit: number };
        return aFolder(all.slice(offset, offset + limit), { offset, totalEntries: 1200, files: 1200 });
      },
    });
    renderApp("/clusters/c1/files");
    await row(/^part-0000/);
    expect(sentOf(backend, "list_userfiles")).toHaveLength(1);
    screen.getByRole("grid", { name: "Files" }).focus();
    await user.keyboard("{Control>}a{/Control}");
    expect(await screen.findByText("1,200 selected")).toBeVisible();
    expect(sentOf(backend, "list_userfiles")).toHaveLength(3);
  });
});

describe("the keyboard and the menu of the files", () => {
  const grid = () => screen.getByRole("grid", { name: "Files" });

  it("offer what can be done with the row under the pointer", async () => {
    const user = userEvent.setup();
    atFiles({ plan_delete: () => new Promise(() => {}) });
    renderApp("/clusters/c1/files");
    await user.pointer({ keys: "[MouseRight]", target: await row(/^customers\.csv/) });
    const menu = await screen.findByRole("menu", { name: "What to do with the selection" });
    expect(within(menu).getAllByRole("menuitem")).toHaveLength(8);
    for (const name of [
      /^Details/,
      /^Preview/,
      /^Download file…/,
      /^Export…/,
      /^Copy…/,
      /^Rename/,
      /^Delete…/,
    ])
      expect(within(menu).getByRole("menuitem", { name })).toBeVisible();
    await expectAccessible();
    await user.click(within(menu).getByRole("menuitem", { name: /^Delete…/ }));
    expect(await screen.findByRole("dialog", { name: "What would be deleted" })).toBeVisible();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(grid()).toHaveFocus());
  });

  it("open folders, and of several rows offer what fits all", async () => {
    const user = userEvent.setup();
    const backend = atFiles({});
    renderApp("/clusters/c1/files");
    await row(/^customers\.csv/);
    grid().focus();
    await user.keyboard("{Control>}a{/Control}{Shift>}{F10}{/Shift}");
    const all = await screen.findByRole("menu");
    expect(within(all).getByRole("menuitem", { name: /^Download 75 files…/ })).toBeVisible();
    expect(within(all).queryByRole("menuitem", { name: /^Open/ })).toBeNull();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(grid()).toHaveFocus());
    await user.pointer({ keys: "[MouseRight]", target: await row(/^exports/) });
    await user.keyboard("{Escape}");
    await waitFor(() => expect(grid()).toHaveFocus());
    await user.keyboard("{Escape}");
    await user.pointer({ keys: "[MouseRight]", target: await row(/^exports/) });
    await user.click(await screen.findByRole("menuitem", { name: /^Open/ }));
    await waitFor(() =>
      expect(sentOf(backend, "list_userfiles").at(-1)?.request).toMatchObject({ folder: "exports/" }),
    );
    grid().focus();
    await user.keyboard("{Backspace}");
    expect(await row(/^exports/)).toBeVisible();
  });

  it("rename with F2, look with Ctrl+Y, and have their keys listed", async () => {
    const user = userEvent.setup();
    const backend = atFiles({ preview_userfile: () => ({ kind: "text", text: "", truncated: false }) });
    renderApp("/clusters/c1/files");
    await row(/^customers\.csv/);
    grid().focus();
    await user.keyboard("{ArrowDown}{ArrowDown}{F2}");
    expect(await screen.findByRole("textbox", { name: "New name" })).toHaveValue("customers.csv");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(grid()).toHaveFocus());
    await user.keyboard("{Control>}y{/Control}");
    expect(await screen.findByText(/No byte of it can be read/)).toBeVisible();
    expect(sentOf(backend, "preview_userfile")).toHaveLength(1);
    await user.keyboard("{Escape}");
    await user.click(await screen.findByRole("button", { name: "More for files" }));
    await user.click(await screen.findByRole("menuitem", { name: /^Keyboard/ }));
    expect(await screen.findByRole("dialog", { name: "Keyboard" })).toHaveTextContent("The folder above");
    await expectAccessible();
  });

  const standsOn = (name: RegExp) => {
    expect(grid()).toHaveFocus();
    expect(document.getElementById(grid().getAttribute("aria-activedescendant") ?? "")).toHaveAccessibleName(
      name,
    );
  };

  it("are on a file again once it has its new name", async () => {
    const user = userEvent.setup();
    let rows: UserfileEntry[] = [exports, collection, customers, old];
    atFiles({
      list_userfiles: () => aFolder(rows),
      plan_rename: () => aRenamePlan(),
      rename_userfiles: () => {
        rows = [exports, collection, old, aFile("orders.csv")];
        return null;
      },
    });
    renderApp("/clusters/c1/files");
    await user.click(await row(/^customers\.csv/));
    await user.click(screen.getByRole("button", { name: "Rename" }));
    const field = await screen.findByRole("textbox", { name: "New name" });
    await user.clear(field);
    await user.type(field, "orders.csv{Enter}");
    expect(await row(/^orders\.csv/)).toBeVisible();
    await waitFor(() => standsOn(/^orders\.csv/));
    // What was told is there for some seconds, for the tests that follow as well.
    await user.click(screen.getByRole("button", { name: "Dismiss" }));
  });

  it("are on what takes the place of what is deleted", async () => {
    const user = userEvent.setup();
    const plan = { plan: "plan-1", store, files: 2, sizeBytes: 1, names: ["a", "b"], collections: [] };
    let rows: UserfileEntry[] = [exports, collection, customers, old];
    const backend = atFiles({
      list_userfiles: () => aFolder(rows),
      plan_delete: () => ({ ...plan, gcTtlSeconds: null, typeToConfirm: null }),
      start_delete: () => "x1",
    });
    renderApp("/clusters/c1/files");
    await user.click(await row(/^bank-backup/));
    await user.keyboard("{Shift>}");
    await user.click(await row(/^customers\.csv/));
    await user.keyboard("{/Shift}");
    await user.click(screen.getByRole("button", { name: "Delete…" }));
    await user.click(await screen.findByRole("button", { name: "Delete 2 files" }));
    await waitFor(() => standsOn(/^bank-backup/));
    rows = [exports, old];
    const deletion = aJob("x1", { kind: "deleteFiles" });
    act(() => backend.sendJobs({ full: true, jobs: [deletion], removed: [] }));
    act(() => backend.sendJobs({ full: false, jobs: [{ ...deletion, ended: true }], removed: [] }));
    await waitFor(() => standsOn(/^customers-old\.csv/));
  });

  it("keep the keyboard in the list when a deletion is not done after all", async () => {
    const user = userEvent.setup();
    const names = ["customers.csv"];
    const plan = {
      plan: "plan-1",
      store,
      files: 1,
      sizeBytes: 1,
      names,
      collections: [],
      gcTtlSeconds: null,
    };
    atFiles({ plan_delete: () => ({ ...plan, typeToConfirm: null }) });
    renderApp("/clusters/c1/files");
    await user.click(await row(/^customers\.csv/));
    grid().focus();
    await user.keyboard("{Delete}");
    await screen.findByRole("alertdialog", { name: "Delete customers.csv?" });
    await user.keyboard("{Escape}");
    await waitFor(() => expect(grid()).toHaveFocus());
  });
});

describe("the list's totals", () => {
  it("are said to be of what was read so far, until all was", async () => {
    atFiles({ list_userfiles: () => aFolder([customers], { complete: false, files: 95_500 }) });
    renderApp("/clusters/c1/files");
    expect(await screen.findByText(/95,500 files, 14.2 MiB so far/)).toBeVisible();
  });
});

describe("an upload", () => {
  const upload = { "plugin:dialog|open": () => ["/home/ada/customers.csv"] };

  it("starts at once when nothing stands in the way", async () => {
    const user = userEvent.setup();
    const backend = atFiles({ ...upload, plan_upload: () => aTransferPlan(), start_upload: () => "job-1" });
    renderApp("/clusters/c1/files?folder=exports%2F");
    await row(/^customers\.csv/);
    await user.click(screen.getByRole("button", { name: "Upload…" }));
    await waitFor(() => expect(sentOf(backend, "start_upload")).toHaveLength(1));
    expect(sentOf(backend, "plan_upload")[0]?.request).toEqual({
      store: null,
      folder: "exports/",
      paths: ["/home/ada/customers.csv"],
    });
  });

  it("asks about taken names before a byte moves, and sends the answers", async () => {
    const user = userEvent.setup();
    const conflict = {
      source: "/home/ada/customers.csv",
      target: "customers.csv",
      sourceBytes: 15_000_000,
      sourceTime: "2026-11-23T12:00:00Z",
      targetBytes: 14_889_779,
      targetTime: "2026-11-23T10:00:00Z",
      contents: "different" as const,
    };
    const backend = atFiles({
      ...upload,
      plan_upload: () => aTransferPlan({ files: 3, conflictCount: 1, conflicts: [conflict] }),
      start_upload: () => "job-1",
    });
    renderApp("/clusters/c1/files");
    await row(/^customers\.csv/);
    await user.click(screen.getByRole("button", { name: "Upload…" }));
    const dialog = await screen.findByRole("alertdialog", {
      name: "A file of this name is already in the cluster",
    });
    expect(within(dialog).getByText("14.3 MiB")).toBeVisible();
    expect(within(dialog).getByText("14.2 MiB")).toBeVisible();
    expect(within(dialog).getByText("newer")).toBeVisible();
    expect(sentOf(backend, "start_upload")).toHaveLength(0);
    await expectAccessible();
    await user.click(within(dialog).getByRole("radio", { name: /Replace/ }));
    await user.click(within(dialog).getByRole("button", { name: "Upload and replace 1 file" }));
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    expect(sentOf(backend, "start_upload")[0]).toEqual({
      plan: "plan-1",
      choices: { all: "replace", each: {} },
      typed: null,
    });
  });

  it("to a production cluster chooses nothing beforehand, and wants its name before it replaces", async () => {
    const user = userEvent.setup();
    const conflict = {
      source: "/home/ada/customers.csv",
      target: "customers.csv",
      sourceBytes: 15_000_000,
      sourceTime: null,
      targetBytes: 14_889_779,
      targetTime: null,
      contents: "different" as const,
    };
    const plan = aTransferPlan({
      files: 3,
      conflictCount: 1,
      conflicts: [conflict],
      typeToReplace: "acme-prod",
    });
    const backend = atFiles({ ...upload, plan_upload: () => plan, start_upload: () => "job-1" }, production);
    renderApp("/clusters/c1/files");
    await row(/^customers\.csv/);
    await user.click(screen.getByRole("button", { name: "Upload…" }));
    const dialog = await screen.findByRole("alertdialog");
    for (const radio of within(dialog).getAllByRole("radio")) expect(radio).not.toBeChecked();
    expect(within(dialog).getByRole("button", { name: /^Upload/ })).toBeDisabled();
    expect(within(dialog).queryByRole("textbox")).toBeNull();
    await user.click(within(dialog).getByRole("radio", { name: /Replace/ }));
    const start = within(dialog).getByRole("button", { name: "Upload and replace 1 file" });
    const name = within(dialog).getByRole("textbox", { name: "Name of the connection" });
    // Where the files go, and again where it is about to be overwritten.
    expect(within(dialog).getAllByText("Production")).toHaveLength(2);
    await user.type(name, "acme-pro");
    expect(start).toBeDisabled();
    await expectAccessible();
    await user.type(name, "d");
    await user.click(start);
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    expect(sentOf(backend, "start_upload")[0]).toMatchObject({ typed: "acme-prod" });
  });

  it("has its row, with how far it is, before the cluster lists it", async () => {
    const user = userEvent.setup();
    const backend = atFiles({
      "plugin:dialog|open": () => ["/home/ada/orders.csv"],
      plan_upload: () => aTransferPlan({ sizeBytes: 900 }),
      start_upload: () => "job-1",
    });
    renderApp("/clusters/c1/files");
    await row(/^customers\.csv/);
    await user.click(screen.getByRole("button", { name: "Upload…" }));
    await waitFor(() => expect(sentOf(backend, "start_upload")).toHaveLength(1));
    const job = aJob("job-1", { progress: { done: 414, total: 900, unit: "bytes" } });
    act(() => backend.sendJobs({ full: true, jobs: [job], removed: [] }));
    expect(within(await row(/^orders\.csv/)).getByText("uploading 46 %")).toBeVisible();
    await user.click(await row(/^orders\.csv/));
    expect(screen.queryByText("1 selected")).toBeNull();
    act(() =>
      backend.sendJobs({
        full: false,
        jobs: [{ ...job, state: "succeeded", ended: true }],
        removed: [],
      }),
    );
    await waitFor(() => expect(screen.queryByText(/^uploading/)).toBeNull());
  });

  it("takes what was copied in a file manager, and says so when there is nothing", async () => {
    const user = userEvent.setup();
    let copied: string[] = [];
    const backend = atFiles({
      read_clipboard_files: () => copied,
      plan_upload: () => aTransferPlan(),
      start_upload: () => "job-1",
    });
    renderApp("/clusters/c1/files");
    await row(/^customers\.csv/);
    screen.getByRole("grid", { name: "Files" }).focus();
    await user.keyboard("{Control>}v{/Control}");
    expect(await screen.findByText(/The clipboard holds no files/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Dismiss" }));
    screen.getByRole("grid", { name: "Files" }).focus();
    copied = ["/home/ada/orders.csv"];
    await user.keyboard("{Control>}v{/Control}");
    await waitFor(() => expect(sentOf(backend, "plan_upload")[0]?.request).toMatchObject({ paths: copied }));
    await user.click(screen.getByRole("searchbox", { name: "Filter names" }));
    await user.keyboard("{Control>}v{/Control}");
    expect(sentOf(backend, "read_clipboard_files")).toHaveLength(2);
  });

  it("of which nothing is left says why, and can only be closed", async () => {
    const user = userEvent.setup();
    const backend = atFiles({
      ...upload,
      plan_upload: () =>
        aTransferPlan({
          files: 0,
          leftOut: [{ path: "/home/ada/customers.csv", why: "it may not be read" }],
        }),
    });
    renderApp("/clusters/c1/files");
    await row(/^customers\.csv/);
    await user.click(screen.getByRole("button", { name: "Upload…" }));
    const dialog = await screen.findByRole("dialog", { name: "Nothing to upload" });
    expect(dialog).toHaveTextContent("/home/ada/customers.csv: it may not be read");
    expect(within(dialog).getAllByRole("button")).toEqual([
      within(dialog).getByRole("button", { name: "Close" }),
    ]);
    await expectAccessible();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(sentOf(backend, "start_upload")).toHaveLength(0);
  });

  it("of an empty folder says that there is nothing in it", async () => {
    const user = userEvent.setup();
    atFiles({ ...upload, plan_upload: () => aTransferPlan({ files: 0 }) });
    renderApp("/clusters/c1/files");
    await row(/^customers\.csv/);
    await user.click(screen.getByRole("button", { name: "Upload…" }));
    expect(await screen.findByText(/What you chose holds no files/)).toBeVisible();
  });

  it("of the same file finds nothing to do, and of a folder leaves what is there already", async () => {
    const user = userEvent.setup();
    const same = {
      source: "/home/ada/customers.csv",
      target: "customers.csv",
      sourceBytes: 14_889_779,
      sourceTime: "2026-11-23T12:00:00Z",
      targetBytes: 14_889_779,
      targetTime: "2026-11-23T10:00:00Z",
      contents: "identical" as const,
    };
    let plan = aTransferPlan({ conflictCount: 1, identicalCount: 1, conflicts: [same] });
    let chosen = "/home/ada/customers.csv";
    const backend = atFiles({
      "plugin:dialog|open": () => [chosen],
      plan_upload: () => plan,
      start_upload: () => "job-1",
    });
    renderApp("/clusters/c1/files");
    await row(/^customers\.csv/);
    await user.click(screen.getByRole("button", { name: "Upload…" }));
    const nothing = await screen.findByRole("dialog", { name: "Nothing to upload" });
    expect(nothing).toHaveTextContent("customers.csv is in the cluster already");
    expect(nothing).toHaveTextContent("they are identical");
    await user.click(within(nothing).getByRole("button", { name: "Close" }));
    plan = { ...plan, files: 3, sizeBytes: 20_000_000, folders: 1 };
    plan = { ...plan, conflicts: [{ ...same, target: "odd/customers.csv" }] };
    chosen = "/home/ada/odd";
    await user.click(screen.getByRole("button", { name: "Upload…" }));
    const dialog = await screen.findByRole("alertdialog", {
      name: "Upload 2 of 3 files to acme-staging, folder odd?",
    });
    expect(dialog).toHaveTextContent("3 files, 19.1 MiB, 1 of them in the cluster already");
    expect(within(dialog).getByText("odd/customers.csv")).toBeInTheDocument();
    expect(within(dialog).getByText(/1 file is in the cluster already, and identical/)).toBeVisible();
    expect(within(dialog).queryByText("newer")).toBeNull();
    expect(within(dialog).queryByRole("radio")).toBeNull();
    await expectAccessible();
    await user.click(within(dialog).getByRole("button", { name: "Upload 2 files" }));
    await waitFor(() => expect(sentOf(backend, "start_upload")).toHaveLength(1));
  });

  it("tells files of one size whose contents differ from those that were not compared", async () => {
    const user = userEvent.setup();
    const met = (name: string, contents: "different" | "notCompared") => ({
      source: `/home/ada/${name}`,
      target: name,
      sourceBytes: 1024,
      sourceTime: null,
      targetBytes: 1024,
      targetTime: null,
      contents,
    });
    const conflicts = [met("a.csv", "different"), met("b.csv", "notCompared")];
    atFiles({ ...upload, plan_upload: () => aTransferPlan({ files: 2, conflictCount: 2, conflicts }) });
    renderApp("/clusters/c1/files");
    await row(/^customers\.csv/);
    await user.click(screen.getByRole("button", { name: "Upload…" }));
    await screen.findByRole("alertdialog");
    const taken = within(screen.getByRole("list", { name: "Names that are taken" })).getAllByRole("listitem");
    expect(taken[0]).toHaveTextContent("a.csvsame size, other contents");
    expect(taken[1]).toHaveTextContent("b.csvsame size, contents not compared");
  });

  it("of a folder says to which cluster and folder it goes before anything moves", async () => {
    const user = userEvent.setup();
    const plan = aTransferPlan({
      files: 120,
      sizeBytes: 1_288_490_189,
      folders: 1,
      target: "exports/2026/",
      emptyFolderCount: 2,
      emptyFolders: ["/home/ada/d/none", "/home/ada/d/x/none"],
    });
    const backend = atFiles(
      {
        "plugin:dialog|open": () => ["/home/ada/d"],
        plan_upload: () => plan,
        start_upload: () => "job-1",
      },
      production,
    );
    renderApp("/clusters/c1/files?folder=exports%2F2026%2F");
    await row(/^customers\.csv/);
    await user.click(screen.getByRole("button", { name: "Upload…" }));
    const dialog = await screen.findByRole("alertdialog", {
      name: "Upload 120 files (1.2 GiB) to acme-prod, folder exports/2026/d?",
    });
    expect(within(dialog).getByText("Production")).toBeVisible();
    expect(within(dialog).getByText(/^2 empty folders are left out/)).toBeVisible();
    expect(sentOf(backend, "start_upload")).toHaveLength(0);
    await expectAccessible();
    await user.click(within(dialog).getByRole("button", { name: "Upload 120 files" }));
    await waitFor(() => expect(sentOf(backend, "start_upload")).toHaveLength(1));
  });

  it("of names that are all taken does not propose to do nothing", async () => {
    const user = userEvent.setup();
    const conflict = {
      source: "/home/ada/customers.csv",
      target: "customers.csv",
      sourceBytes: 15_000_000,
      sourceTime: null,
      targetBytes: 14_889_779,
      targetTime: null,
      contents: "different" as const,
    };
    atFiles({ ...upload, plan_upload: () => aTransferPlan({ conflictCount: 1, conflicts: [conflict] }) });
    renderApp("/clusters/c1/files");
    await row(/^customers\.csv/);
    await user.click(screen.getByRole("button", { name: "Upload…" }));
    const dialog = await screen.findByRole("alertdialog");
    expect(within(dialog).getByRole("radio", { name: /Keep both/ })).toBeChecked();
    await user.click(within(dialog).getByRole("radio", { name: /Skip/ }));
    expect(within(dialog).getByRole("button", { name: "Nothing left to upload" })).toBeDisabled();
  });

  it("that cannot be planned says why, in place", async () => {
    const user = userEvent.setup();
    atFiles({
      ...upload,
      plan_upload: () => {
        throw failure({ code: "localDisk", message: "customers.csv cannot be read." });
      },
    });
    renderApp("/clusters/c1/files");
    await row(/^customers\.csv/);
    await user.click(screen.getByRole("button", { name: "Upload…" }));
    expect(await screen.findByText("customers.csv cannot be read.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Dismiss" }));
    expect(screen.queryByText("customers.csv cannot be read.")).toBeNull();
  });
});

describe("a download", () => {
  it("of one file goes where the save dialog says", async () => {
    const user = userEvent.setup();
    const backend = atFiles({
      "plugin:dialog|save": () => "/home/ada/came-back.csv",
      plan_download: () => aTransferPlan({ conflictCount: 1 }),
      start_download: () => "job-1",
    });
    renderApp("/clusters/c1/files");
    await user.click(await row(/^customers\.csv/));
    await user.click(screen.getByRole("button", { name: "Download…" }));
    await waitFor(() => expect(sentOf(backend, "start_download")).toHaveLength(1));
    expect(sentOf(backend, "plan_download")[0]?.request).toEqual({
      store: null,
      paths: ["customers.csv"],
      target: "/home/ada/came-back.csv",
      asFile: true,
    });
    // The save dialog has asked already.
    expect(sentOf(backend, "start_download")[0]?.choices).toEqual({ all: "replace", each: {} });
  });

  it("of several goes into a folder", async () => {
    const user = userEvent.setup();
    const backend = atFiles({
      "plugin:dialog|open": () => "/home/ada/back",
      plan_download: () => aTransferPlan(),
      start_download: () => "job-1",
    });
    renderApp("/clusters/c1/files");
    await user.click(await row(/^customers\.csv/));
    await user.keyboard("{Control>}");
    await user.click(await row(/^exports/));
    await user.keyboard("{/Control}");
    await user.click(screen.getByRole("button", { name: "Download 32 files…" }));
    await waitFor(() => expect(sentOf(backend, "start_download")).toHaveLength(1));
    expect(sentOf(backend, "plan_download")[0]?.request).toMatchObject({
      paths: ["customers.csv", "exports/"],
      target: "/home/ada/back",
      asFile: false,
    });
  });
});

describe("a deletion", () => {
  const plan = {
    plan: "plan-1",
    store,
    files: 1,
    sizeBytes: 14_889_779,
    names: ["customers.csv"],
    collections: [],
    gcTtlSeconds: 14_400,
    typeToConfirm: null,
  };

  it("shows what goes and until when it can be had back, and starts on Cancel", async () => {
    const user = userEvent.setup();
    const backend = atFiles({ plan_delete: () => plan, start_delete: () => "job-1" });
    renderApp("/clusters/c1/files");
    await user.click(await row(/^customers\.csv/));
    await user.click(screen.getByRole("button", { name: "Delete…" }));
    const dialog = await screen.findByRole("alertdialog", { name: "Delete customers.csv?" });
    expect(dialog).toHaveTextContent(
      "The cluster keeps deleted data for 4 hours. It can be undeleted for so long",
    );
    expect(within(dialog).getByRole("button", { name: "Cancel" })).toHaveFocus();
    await expectAccessible();
    await user.click(within(dialog).getByRole("button", { name: "Delete 1 file" }));
    await waitFor(() => expect(sentOf(backend, "start_delete")).toEqual([{ plan: "plan-1", typed: null }]));
  });

  it("of what is gone already says so, and deletes nothing", async () => {
    const user = userEvent.setup();
    atFiles({ plan_delete: () => ({ ...plan, files: 0, sizeBytes: 0, names: [] }) });
    renderApp("/clusters/c1/files");
    await user.click(await row(/^customers\.csv/));
    await user.click(screen.getByRole("button", { name: "Delete…" }));
    const dialog = await screen.findByRole("dialog", { name: "Nothing to delete" });
    expect(within(dialog).getByRole("button", { name: "Close" })).toHaveFocus();
  });

  it("of backups asks for the typed name", async () => {
    const user = userEvent.setup();
    const backend = atFiles({
      plan_delete: () => ({
        ...plan,
        files: 42,
        collections: [{ path: "bank-backup", backups: 3, whole: true }],
        typeToConfirm: "bank-backup",
      }),
      start_delete: () => "job-1",
    });
    renderApp("/clusters/c1/files");
    await user.click(await row(/^bank-backup/));
    await user.click(screen.getByRole("button", { name: "Delete…" }));
    const dialog = await screen.findByRole("alertdialog", {
      name: "Delete bank-backup with 3 backups?",
    });
    expect(within(dialog).getByText("This deletes 3 backups: all of bank-backup")).toBeVisible();
    expect(within(dialog).queryByText("Production")).toBeNull();
    expect(within(dialog).getByRole("button", { name: "Delete 3 backups" })).toBeDisabled();
    await user.type(within(dialog).getByRole("textbox"), "bank-backup{Enter}");
    await waitFor(() => expect(sentOf(backend, "start_delete")[0]?.typed).toBe("bank-backup"));
  });
});

describe("a deletion of backups on production", () => {
  it("says where it happens, above the path to type", async () => {
    const user = userEvent.setup();
    const collections = [{ path: "bank-backup", backups: 3, whole: true }];
    const plan = {
      plan: "plan-1",
      store,
      files: 42,
      sizeBytes: 1,
      names: [],
      collections,
      gcTtlSeconds: 16_200,
    };
    atFiles({ plan_delete: () => ({ ...plan, typeToConfirm: "bank-backup" }) }, production);
    renderApp("/clusters/c1/files");
    await user.click(await row(/^bank-backup/));
    await user.click(screen.getByRole("button", { name: "Delete…" }));
    const dialog = await screen.findByRole("alertdialog");
    expect(within(dialog).getByText("Production")).toBeVisible();
    expect(dialog).toHaveTextContent("The cluster keeps deleted data for 4 hours 30 minutes.");
    expect(within(dialog).getByText("gc.ttlseconds")).not.toBeVisible();
  });
});

describe("a file", () => {
  it("is renamed in place of its old name", async () => {
    const user = userEvent.setup();
    const backend = atFiles({ plan_rename: () => aRenamePlan(), rename_userfiles: () => null });
    renderApp("/clusters/c1/files");
    await user.click(await row(/^customers\.csv/));
    await user.click(screen.getByRole("button", { name: "Rename" }));
    const field = await screen.findByRole("textbox", { name: "New name" });
    await user.clear(field);
    await user.type(field, "exports/customers.csv{Enter}");
    await waitFor(() =>
      expect(sentOf(backend, "plan_rename")[0]?.request).toEqual({
        store: null,
        moves: [{ from: "customers.csv", to: "exports/customers.csv" }],
      }),
    );
    expect(await screen.findByText("customers.csv is now exports/customers.csv.")).toBeVisible();
    expect(sentOf(backend, "rename_userfiles")).toEqual([{ plan: "plan-1", typed: null }]);
  });

  it("that is a part of a backup gets another name only when the collection is typed", async () => {
    const user = userEvent.setup();
    const torn = { path: "bank", backups: 2, whole: false };
    const plan = aRenamePlan({ collections: [torn], typeToConfirm: "bank" });
    const backend = atFiles({ plan_rename: () => plan, rename_userfiles: () => null });
    renderApp("/clusters/c1/files");
    await user.click(await row(/^customers\.csv/));
    await user.click(screen.getByRole("button", { name: "Rename" }));
    const field = await screen.findByRole("textbox", { name: "New name" });
    await user.clear(field);
    await user.type(field, "oops{Enter}");
    expect(await screen.findByText("This tears the backups in bank apart")).toBeVisible();
    expect(screen.queryByText("Production")).toBeNull();
    expect(sentOf(backend, "rename_userfiles")).toHaveLength(0);
    await expectAccessible();
    await user.type(screen.getByRole("textbox", { name: "Path of the collection" }), "bank{Enter}");
    await waitFor(() =>
      expect(sentOf(backend, "rename_userfiles")).toEqual([{ plan: "plan-1", typed: "bank" }]),
    );
  });

  it("in a folder is not mixed with those of another before that was said", async () => {
    const user = userEvent.setup();
    const plan = aRenamePlan({ files: 35, merges: [{ path: "kept", files: 1 }] });
    const backend = atFiles({ plan_rename: () => plan, rename_userfiles: () => null });
    renderApp("/clusters/c1/files");
    await user.click(await row(/^exports/));
    await user.click(screen.getByRole("button", { name: "Rename" }));
    const field = await screen.findByRole("textbox", { name: "New name" });
    await user.clear(field);
    await user.type(field, "kept{Enter}");
    expect(await screen.findByText("kept exists already, with 1 file")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Merge the folders" }));
    await waitFor(() => expect(sentOf(backend, "rename_userfiles")).toHaveLength(1));
  });

  it("of a production cluster is renamed once the cluster's name is typed", async () => {
    const user = userEvent.setup();
    const plan = aRenamePlan({ typeToConfirm: "acme-prod" });
    const backend = atFiles({ plan_rename: () => plan, rename_userfiles: () => null }, production);
    renderApp("/clusters/c1/files");
    await user.click(await row(/^customers\.csv/));
    await user.click(screen.getByRole("button", { name: "Rename" }));
    const field = await screen.findByRole("textbox", { name: "New name" });
    await user.clear(field);
    await user.type(field, "clients.csv{Enter}");
    expect(screen.getByRole("button", { name: "Rename" })).toBeDisabled();
    expect(sentOf(backend, "rename_userfiles")).toHaveLength(0);
    await user.type(screen.getByRole("textbox", { name: "Name of the connection" }), "acme-prod{Enter}");
    await waitFor(() => expect(sentOf(backend, "rename_userfiles")[0]?.typed).toBe("acme-prod"));
  });

  it("shows its digest, and its beginning only when asked", async () => {
    const user = userEvent.setup();
    const sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    const backend = atFiles({
      get_userfile: () => ({
        path: "customers.csv",
        store,
        uri: `userfile://${store}/customers.csv`,
        fileId: "f1",
        sizeBytes: 10,
        storedBytes: 10,
        uploadedAt: "2026-11-23T10:00:00Z",
        username: "ada",
        contiguous: true,
        sha256,
        chunks: [{ offset: 0, sizeBytes: 10, sha256 }],
      }),
      preview_userfile: () => ({ kind: "text", text: "id,name\n1,Ada\n2,B", truncated: true }),
    });
    renderApp("/clusters/c1/files");
    await user.dblClick(await row(/^customers\.csv/));
    expect(await screen.findByText(sha256)).toBeVisible();
    expect(sentOf(backend, "preview_userfile")).toHaveLength(0);
    await user.click(screen.getByRole("tab", { name: "Preview" }));
    expect(await screen.findByRole("cell", { name: "Ada" })).toBeVisible();
    expect(screen.getByText("The first 1 line.")).toBeVisible();
    await expectAccessible();
  });

  it("of which parts are missing says so where it is looked at, and one without bytes that it is empty", async () => {
    const user = userEvent.setup();
    const details = {
      path: "customers.csv",
      store,
      uri: `userfile://${store}/customers.csv`,
      fileId: "f1",
      sizeBytes: 10,
      storedBytes: 4,
      uploadedAt: null,
      username: "ada",
      contiguous: false,
      sha256: null,
      chunks: [{ offset: 6, sizeBytes: 4, sha256: "bb" }],
    };
    let sizes = { sizeBytes: 10, storedBytes: 4, contiguous: false };
    atFiles({
      get_userfile: () => ({ ...details, ...sizes }),
      preview_userfile: () => ({ kind: "text", text: "", truncated: sizes.sizeBytes > 0 }),
    });
    renderApp("/clusters/c1/files");
    await user.dblClick(await row(/^customers\.csv/));
    expect(await screen.findByText("10 bytes")).toBeVisible();
    await user.click(screen.getByRole("tab", { name: "Preview" }));
    expect(await screen.findByText("This file is damaged")).toBeVisible();
    expect(screen.getByText("No byte of it can be read.")).toBeVisible();
    await user.keyboard("{Escape}");
    sizes = { sizeBytes: 0, storedBytes: 0, contiguous: true };
    await user.dblClick(await row(/^customers-old\.csv/));
    await user.click(await screen.findByRole("tab", { name: "Preview" }));
    expect(await screen.findByText("The file is empty: it has no bytes.")).toBeVisible();
  });

  it("of many parts has its digest worked out when it is asked for", async () => {
    const user = userEvent.setup();
    const sha256 = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
    const backend = atFiles({
      get_userfile: () => ({
        path: "customers.csv",
        store,
        uri: `userfile://${store}/customers.csv`,
        fileId: "f1",
        sizeBytes: 10,
        storedBytes: 10,
        uploadedAt: "2026-11-23T10:00:00Z",
        username: "ada",
        contiguous: true,
        chunks: [
          { offset: 0, sizeBytes: 6, sha256: "aa" },
          { offset: 6, sizeBytes: 4, sha256: "bb" },
        ],
        sha256: null,
      }),
      start_digest: () => "job-1",
    });
    renderApp("/clusters/c1/files");
    await user.dblClick(await row(/^customers\.csv/));
    await user.click(await screen.findByRole("button", { name: "Work it out" }));
    await waitFor(() =>
      expect(sentOf(backend, "start_digest")).toEqual([
        { connection: "c1", store: null, path: "customers.csv" },
      ]),
    );
    const job = aJob("job-1", { kind: "digest", title: "SHA-256 of customers.csv" });
    act(() => backend.sendJobs({ full: false, jobs: [job], removed: [] }));
    expect(await screen.findByRole("progressbar", { name: "SHA-256 of customers.csv" })).toBeVisible();
    await expectAccessible();
    await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Cancel" }));
    expect(sentOf(backend, "cancel_job")).toEqual([{ id: "job-1" }]);
    const end = { end: "done" as const, sha256 };
    const result = { source: "customers.csv", target: "customers.csv", sizeBytes: 10, end };
    const sums = { done: 1, skipped: 0, failed: 0, doneBytes: 10, notes: [] };
    const outcome = { kind: "files" as const, ...sums, results: [result] };
    act(() =>
      backend.sendJobs({
        full: false,
        jobs: [{ ...job, state: "succeeded", ended: true, outcome }],
        removed: [],
      }),
    );
    expect(await within(screen.getByRole("dialog")).findByText(sha256)).toBeVisible();
  });
});

describe("names that somebody else chose", () => {
  const nasty = "a\nb\u202egpj.exe";

  it("are shown on one line, with a sign for what has none, wherever they stand", async () => {
    const user = userEvent.setup();
    const long = `${"very-long-".repeat(60)}name.csv`;
    atFiles({
      list_userfiles: () => aFolder([aFile(nasty), aFile(long), aFile("x\ty/ z.csv")]),
      plan_delete: ({ request }) => ({
        plan: "plan-1",
        store,
        files: 1,
        sizeBytes: 1,
        names: (request as { paths: string[] }).paths,
        collections: [],
        gcTtlSeconds: null,
        typeToConfirm: null,
      }),
    });
    renderApp("/clusters/c1/files");
    const shown = "a↵b⟨U+202E⟩gpj.exe";
    expect(await screen.findByText(shown)).toBeVisible();
    expect(screen.getByText("␣z.csv")).toBeVisible();
    await user.click(await row(/^a↵b/));
    await user.click(screen.getByRole("button", { name: "Delete…" }));
    await screen.findByRole("alertdialog", { name: `Delete ${shown}?` });
    await user.keyboard("{Escape}");
    await user.click(await row(/^very-long-/));
    await user.click(await screen.findByRole("button", { name: "Rename" }));
    const dialog = await screen.findByRole("dialog", { name: /^Rename very-long-.*…-long-name\.csv$/ });
    expect(within(dialog).getByRole("heading").textContent?.length).toBeLessThan(80);
    await user.keyboard("{Escape}");
  });

  it("lose a line break when they are renamed, and that is said", async () => {
    const user = userEvent.setup();
    const backend = atFiles({
      list_userfiles: () => aFolder([aFile("a\nb.csv")]),
      plan_rename: () => aRenamePlan(),
      rename_userfiles: () => null,
    });
    renderApp("/clusters/c1/files");
    await user.click(await row(/^a↵b/));
    await user.click(screen.getByRole("button", { name: "Rename" }));
    expect(await screen.findByRole("textbox", { name: "New name" })).toHaveValue("ab.csv");
    expect(screen.getByText(/line breaks in it were taken out/)).toBeVisible();
    await user.keyboard("{Enter}");
    await waitFor(() =>
      expect(sentOf(backend, "plan_rename")[0]?.request).toMatchObject({
        moves: [{ from: "a\nb.csv", to: "ab.csv" }],
      }),
    );
    expect(await screen.findByText("a↵b.csv is now ab.csv.")).toBeVisible();
  });
});
