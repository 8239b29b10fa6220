import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { aConnection, aJob, failure, mockBackend, opened, renderApp } from "../../../tests/app";
import { expectAccessible } from "../../../tests/axe";
import {
  aBackupList,
  aChain,
  aCheck,
  aCollection,
  aDatabase,
  aRestorePlan,
  bankBackup,
} from "../../../tests/wire";
import type { BackupContents, Job, RowProof } from "../../ipc/bindings";

const prod = aConnection("c1", { name: "acme-prod", environment: "production" });

const contents: BackupContents = {
  chain: aChain(),
  objects: [
    {
      database: null,
      schema: null,
      name: "bank",
      kind: "database",
      rows: null,
      sizeBytes: null,
    },
    {
      database: "bank",
      schema: "public",
      name: "accounts",
      kind: "table",
      rows: 24_000,
      sizeBytes: 1024,
    },
    {
      database: "bank",
      schema: "public",
      name: "customers",
      kind: "table",
      rows: 12_210,
      sizeBytes: 1024,
    },
  ],
};

function atRestore(answers: Parameters<typeof mockBackend>[0] = {}) {
  return mockBackend({
    list_connections: () => ({ connections: [prod], healed: null }),
    connect_cluster: () => opened(prod),
    list_collections: () => [aCollection()],
    list_backups: () => aBackupList(),
    get_backup: () => contents,
    list_databases: () => [aDatabase("bank"), aDatabase("movr")],
    plan_restore: () => aRestorePlan(),
    start_restore: () => "j1",
    get_overview: () => ({ databases: [], files: null, gaps: [], checkedAt: "2026-11-23T10:00:00Z" }),
    ...answers,
  });
}

const place = (search: Record<string, string>) =>
  `/clusters/c1/restore?${new URLSearchParams({
    collection: bankBackup,
    subdirectory: "/2026/11/23-110000.00",
    moment: "2026-11-23T11:00:00.123456Z",
    database: "bank",
    ...search,
  })}`;
const requestOf = (backend: ReturnType<typeof mockBackend>) =>
  backend.sent.filter(([command]) => command === "plan_restore").at(-1)?.[1].request;

const endedCan = { pause: false, resume: false, cancel: false, retryFailed: false, dismiss: true };
const restoreJob = (job: Partial<Job> = {}) =>
  aJob("j1", {
    kind: "restore",
    title: "Restore bank as bank_restored",
    progress: { done: 46, total: 100, unit: "percent" },
    secondsLeft: 170,
    ...job,
  });
const outcome = (tables: RowProof[], rest: { allMatch?: boolean; lostGrants?: string[] } = {}) => ({
  kind: "restore" as const,
  database: "bank_restored",
  fromDatabase: "bank",
  collection: bankBackup,
  subdirectory: "/2026/11/23-110000.00",
  moment: "2026-11-23T11:00:00Z",
  tables,
  allMatch: tables.every((table) => table.verdict === "match"),
  verdict: "Said by the back end.",
  lostGrants: [],
  ...rest,
});
const match: RowProof = {
  table: "public.accounts",
  expectedRows: 24_000,
  foundRows: 24_000,
  verdict: "match",
};

describe("the restore wizard", () => {
  it("leads from a moment to a running restore, with the name of the target typed on production", async () => {
    const user = userEvent.setup();
    const backend = atRestore({ plan_restore: () => aRestorePlan({ typeToConfirm: "bank_restored" }) });
    const router = renderApp("/clusters/c1/restore?database=bank");
    expect(await screen.findByRole("button", { name: "Use this moment" })).toBeDisabled();
    expect(screen.getByText(/On production none is chosen beforehand/)).toBeVisible();
    await user.click(screen.getByRole("row", { name: /^23 Nov 2026/ }));
    await user.click(screen.getByRole("button", { name: /^Use 23 Nov 2026/ }));
    expect(await screen.findByRole("textbox", { name: "Name of the restored database" })).toHaveValue("");
    expect(screen.getByRole("button", { name: "Check it" })).toBeDisabled();
    await user.keyboard("bank_restored{Enter}");
    expect(await screen.findByRole("heading", { name: "Will this work?" })).toBeVisible();
    expect(screen.getByRole("figure", { name: "The exact statement" })).toHaveTextContent(
      "RESTORE DATABASE bank",
    );
    expect(requestOf(backend)).toMatchObject({
      collection: bankBackup,
      subdirectory: "/2026/11/23-110000.00",
      moment: "2026-11-23T11:00:00.123456Z",
      target: { type: "database", database: "bank", newName: "bank_restored" },
    });
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Restore beside the live one" }));
    const dialog = await screen.findByRole("alertdialog", { name: "Restore on acme-prod?" });
    expect(within(dialog).getByText("Production")).toBeVisible();
    expect(within(dialog).getByRole("button", { name: "Restore beside the live one" })).toBeDisabled();
    expect(backend.sent.some(([command]) => command === "start_restore")).toBe(false);
    await user.type(within(dialog).getByRole("textbox"), "bank_restored{Enter}");
    await waitFor(() =>
      expect(backend.sent).toContainEqual(["start_restore", { plan: "plan-1", typedName: "bank_restored" }]),
    );
    await waitFor(() => expect(router.state.location.search).toMatchObject({ job: "j1" }));
  });

  it("loses no choice on the way back", async () => {
    const user = userEvent.setup();
    atRestore();
    renderApp(place({ as: "bank_monday", step: "check" }));
    await screen.findByRole("heading", { name: "Will this work?" });
    const steps = screen.getByRole("navigation", { name: "Steps of the restore" });
    await user.click(within(steps).getByRole("button", { name: /Moment/ }));
    expect(await screen.findByRole("heading", { name: "Which moment of bank?" })).toBeVisible();
    expect(within(steps).getByText("beside, as bank_monday")).toBeVisible();
    await user.click(within(steps).getByRole("button", { name: /Where/ }));
    expect(await screen.findByRole("textbox", { name: "Name of the restored database" })).toHaveValue(
      "bank_monday",
    );
  });

  it("says that a name is taken while it is typed", async () => {
    const user = userEvent.setup();
    atRestore();
    renderApp(place({ step: "where" }));
    const field = await screen.findByRole("textbox", { name: "Name of the restored database" });
    await user.clear(field);
    await user.type(field, "movr");
    expect(screen.getByText("A database named movr exists on acme-prod already.")).toBeVisible();
    expect(screen.getByRole("button", { name: "Check it" })).toBeDisabled();
    await expectAccessible();
  });

  it("takes single tables into a database that exists", async () => {
    const user = userEvent.setup();
    const backend = atRestore();
    renderApp(place({ step: "what" }));
    await user.click(await screen.findByRole("radio", { name: /Some tables/ }));
    await user.click(await screen.findByRole("row", { name: /public\.accounts/ }));
    await expectAccessible();
    await user.click(screen.getByRole("button", { name: "Take 1 table" }));
    await user.click(await screen.findByRole("button", { name: /Database for the 1 table/ }));
    await user.click(await screen.findByRole("option", { name: /movr/ }));
    await user.click(screen.getByRole("button", { name: "Check it" }));
    await screen.findByRole("heading", { name: "Will this work?" });
    expect(requestOf(backend)).toMatchObject({
      target: { type: "tables", database: "bank", tables: ["public.accounts"], intoDatabase: "movr" },
    });
  });

  it("opens an encrypted backup with its passphrase, which is in no address", async () => {
    const user = userEvent.setup();
    atRestore({
      get_backup: ({ passphrase }) => {
        if (passphrase !== "hunter2")
          throw failure({ code: "secretNeeded", message: "This backup is encrypted." });
        return contents;
      },
    });
    const router = renderApp(place({ step: "what" }));
    await user.type(await screen.findByLabelText("Passphrase"), "hunter2{Enter}");
    expect(await screen.findByRole("radio", { name: /The whole database bank/ })).toBeVisible();
    expect(router.state.location.href).not.toContain("hunter2");
  });

  it("offers for each obstacle the one thing that can be done, and plans again", async () => {
    const user = userEvent.setup();
    const backend = atRestore({
      plan_restore: () =>
        aRestorePlan({
          canStart: false,
          checks: [
            aCheck("nameFree", {
              level: "blocked",
              title: "Taken",
              fix: { type: "useName", name: "bank_restored_2" },
            }),
            aCheck("foreignKeys", {
              level: "blocked",
              fix: { type: "allow", option: "skipMissingForeignKeys", label: "Restore without them" },
            }),
          ],
        }),
    });
    renderApp(place({ as: "bank_restored", step: "check" }));
    expect(await screen.findByText("2 things in the way")).toBeVisible();
    expect(screen.getByRole("button", { name: "Restore beside the live one" })).toBeDisabled();
    await user.click(screen.getByRole("button", { name: "Use bank_restored_2" }));
    await waitFor(() => expect(requestOf(backend)).toMatchObject({ target: { newName: "bank_restored_2" } }));
    await user.click(await screen.findByRole("button", { name: "Restore without them" }));
    await waitFor(() => expect(requestOf(backend)).toMatchObject({ options: ["skipMissingForeignKeys"] }));
  });

  it("says why it did not start, and checks again", async () => {
    const user = userEvent.setup();
    atRestore({
      start_restore: () => {
        throw failure({ code: "planChanged", message: "bank_restored exists by now." });
      },
    });
    renderApp(place({ as: "bank_restored", step: "check" }));
    await user.click(await screen.findByRole("button", { name: "Restore beside the live one" }));
    expect(await screen.findByText("bank_restored exists by now.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Check again" }));
    await waitFor(() => expect(screen.queryByText("bank_restored exists by now.")).toBeNull());
  });
});

describe("the moment", () => {
  it("is moved by keyboard along the line, and typed", async () => {
    const user = userEvent.setup();
    const layer = aChain().layers[0];
    if (!layer) throw new Error("no layer");
    atRestore({
      list_backups: () =>
        aBackupList({
          chains: [
            aChain({
              layers: [
                { ...layer, endTime: "2026-11-20T22:00:00Z" },
                {
                  ...layer,
                  kind: "incremental",
                  endTime: "2026-11-21T22:00:00Z",
                  revisionsSince: "2026-11-20T22:00:00Z",
                },
              ],
            }),
          ],
          windows: [
            {
              subdirectory: "/2026/11/23-110000.00",
              from: "2026-11-20T22:00:00Z",
              to: "2026-11-21T22:00:00Z",
            },
          ],
        }),
    });
    const router = renderApp("/clusters/c1/restore?database=bank");
    const line = await screen.findByRole("slider", { name: "Moment to go back to" });
    expect(line).toHaveAttribute("aria-valuetext", "none chosen");
    await expectAccessible();
    line.focus();
    await user.keyboard("{ArrowLeft}");
    expect(line).toHaveAttribute("aria-valuetext", "21 Nov 2026, 22:00:00 UTC");
    await user.keyboard("{ArrowLeft}");
    expect(line).toHaveAttribute("aria-valuetext", "20 Nov 2026, 22:00:00 UTC");
    await user.click(screen.getByRole("button", { name: "5 minutes before an accident…" }));
    await user.type(
      screen.getByRole("textbox", { name: "When did it happen?" }),
      "2026-11-21 10:42 UTC{Enter}",
    );
    expect(line).toHaveAttribute("aria-valuetext", "21 Nov 2026, 10:37:00 UTC");
    await user.click(screen.getByRole("button", { name: /^Use / }));
    await waitFor(() =>
      expect(router.state.location.search).toMatchObject({ moment: "2026-11-21T10:37:00.000Z" }),
    );
  });

  it("opens a backup that lies elsewhere by its address", async () => {
    const user = userEvent.setup();
    const bucket = aCollection({ uri: "s3://acme/bank?AWS_SECRET_ACCESS_KEY=redacted", storage: "s3" });
    const backend = atRestore({ list_collections: () => [], save_collection: () => bucket });
    const router = renderApp("/clusters/c1/restore");
    expect(await screen.findByRole("heading", { name: "Nothing to go back to yet" })).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Open a backup elsewhere…" }));
    await user.keyboard("{Enter}");
    expect(screen.getByText("Enter an address.")).toBeVisible();
    await expectAccessible();
    await user.keyboard(" s3://acme/bank?AWS_SECRET_ACCESS_KEY=k {Enter}");
    await waitFor(() => expect(router.state.location.search).toEqual({ collection: bucket.uri }));
    expect(backend.sent).toContainEqual([
      "save_collection",
      { connection: "c1", uri: "s3://acme/bank?AWS_SECRET_ACCESS_KEY=k" },
    ]);
    expect(await screen.findByRole("row", { name: /^23 Nov 2026/ })).toBeVisible();
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("leaves out backups without the database, and says so", async () => {
    const user = userEvent.setup();
    atRestore({
      list_backups: () =>
        aBackupList({ chains: [aChain(), aChain({ subdirectory: "/other", databases: ["movr"] })] }),
    });
    renderApp("/clusters/c1/restore?database=bank");
    expect(await screen.findByText(/1 backup without bank is left out/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Show all" }));
    expect(screen.queryByText(/left out/)).toBeNull();
  });

  it("of an encrypted backup is known only once it was opened", async () => {
    const user = userEvent.setup();
    atRestore({
      list_backups: () => aBackupList({ chains: [aChain({ layers: [], databases: [], encrypted: true })] }),
    });
    const router = renderApp("/clusters/c1/restore?database=bank");
    await user.click(await screen.findByRole("button", { name: "Open /2026/11/23-110000.00" }));
    await waitFor(() =>
      expect(router.state.location.search).toMatchObject({
        subdirectory: "/2026/11/23-110000.00",
        step: "what",
      }),
    );
  });

  it("says what is missing when nothing was backed up", async () => {
    atRestore({ list_collections: () => [] });
    renderApp("/clusters/c1/restore");
    expect(await screen.findByRole("heading", { name: "Nothing to go back to yet" })).toBeVisible();
    expect(screen.getByRole("button", { name: "Back up…" })).toBeVisible();
  });
});

describe("the running restore", () => {
  it("shows how far it is and that the window may be closed", async () => {
    const backend = atRestore();
    renderApp(place({ as: "bank_restored", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    act(() =>
      backend.sendJobs({ full: true, jobs: [restoreJob({ phase: "Writing the tables" })], removed: [] }),
    );
    expect(await screen.findByText("46 %")).toBeVisible();
    expect(screen.getByText("Writing the tables")).toBeVisible();
    expect(screen.getByText("about 3 minutes left")).toBeVisible();
    expect(screen.getByText(/You may close the window meanwhile/)).toBeVisible();
    await expectAccessible();
  });

  it("is cancelled only after a question", async () => {
    const user = userEvent.setup();
    const backend = atRestore({ cancel_job: () => null });
    renderApp(place({ as: "bank_restored", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    act(() => backend.sendJobs({ full: true, jobs: [restoreJob()], removed: [] }));
    await user.click(await screen.findByRole("button", { name: "Cancel the restore…" }));
    expect(backend.sent.some(([command]) => command === "cancel_job")).toBe(false);
    await user.click(await screen.findByRole("button", { name: "Cancel the restore" }));
    expect(backend.sent).toContainEqual(["cancel_job", { id: "j1" }]);
  });

  it.each([
    ["paused", "The restore is paused"],
    ["reverting", "The cluster takes back what it has written"],
    ["waiting", "The connection was lost"],
  ] as const)("that is %s says so", async (state, title) => {
    const backend = atRestore();
    renderApp(place({ as: "bank_restored", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    act(() => backend.sendJobs({ full: true, jobs: [restoreJob({ state })], removed: [] }));
    expect((await screen.findAllByText(title))[0]).toBeVisible();
  });
});

describe("the end of a restore", () => {
  const endings: [string, Partial<Job>, string][] = [
    [
      "is good when every table was counted and matches",
      { state: "succeeded", outcome: outcome([match]) },
      "bank is back, as bank_restored",
    ],
    [
      "is not good when a table has other rows",
      {
        state: "partlyDone",
        outcome: outcome([match, { ...match, table: "public.b", foundRows: 1, verdict: "differs" }]),
      },
      "bank_restored is there, but does not match the backup",
    ],
    [
      "is not good when nothing could be compared, whatever the job says",
      {
        state: "succeeded",
        outcome: outcome([{ ...match, expectedRows: null, verdict: "notComparable" }], { allMatch: false }),
      },
      "bank_restored is there, but its rows could not all be compared",
    ],
    [
      "says that nothing was restored",
      { state: "failed", error: failure({ message: "A file is missing." }) },
      "bank was not restored",
    ],
    ["says that it was cancelled", { state: "cancelled" }, "The restore was cancelled"],
    ["says when nobody knows", { state: "unknown" }, "What became of the restore is not known"],
    [
      "says when the cluster says it is there and nobody could look",
      { state: "unknown", outcome: outcome([], { allMatch: false }) },
      "The cluster says that bank_restored is restored, but it could not be checked",
    ],
    [
      "is not good when a table could not be counted",
      { state: "unknown", outcome: outcome([{ ...match, foundRows: null, verdict: "notCounted" }]) },
      "bank_restored is there, but its rows could not all be compared",
    ],
  ];
  it.each(endings)("%s", async (_, job, title) => {
    const backend = atRestore();
    renderApp(place({ as: "bank_restored", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    act(() =>
      backend.sendJobs({
        full: true,
        jobs: [restoreJob({ ...job, ended: true, can: endedCan })],
        removed: [],
      }),
    );
    expect(await screen.findByRole("heading", { name: title })).toBeVisible();
  });

  it("lists what does not match first, and the grants to give back", async () => {
    const user = userEvent.setup();
    const backend = atRestore();
    renderApp(place({ as: "bank_restored", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    const job = restoreJob({
      state: "partlyDone",
      ended: true,
      can: endedCan,
      outcome: outcome([match, { ...match, table: "public.zebra", foundRows: null, verdict: "missing" }], {
        lostGrants: ["GRANT SELECT ON TABLE bank_restored.public.accounts TO report"],
      }),
    });
    act(() => backend.sendJobs({ full: true, jobs: [job], removed: [] }));
    const rows = within(await screen.findByRole("table", { name: "Restored tables" })).getAllByRole("row");
    expect(rows[1]).toHaveTextContent(/zebra.*missing/);
    await expectAccessible();
    await user.click(screen.getByText("Review 1 grant"));
    expect(screen.getByRole("figure", { name: "Grants to run" })).toHaveTextContent("TO report;");
  });

  it("that nobody saw is looked for before it is tried again", async () => {
    const user = userEvent.setup();
    const backend = atRestore({ list_databases: () => [aDatabase("bank"), aDatabase("bank_restored")] });
    renderApp(place({ as: "bank_restored", job: "j1" }));
    await screen.findByRole("heading", { name: "Restore" });
    act(() =>
      backend.sendJobs({
        full: true,
        jobs: [restoreJob({ state: "unknown", ended: true, can: endedCan })],
        removed: [],
      }),
    );
    await user.click(await screen.findByRole("button", { name: "Look" }));
    expect(await screen.findByText("bank_restored exists")).toBeVisible();
  });
});
